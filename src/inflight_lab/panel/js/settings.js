// The settings of a panel, each a slider or a list, by name.

import { div } from "../../plot/js/dom.js";
import { addChoice } from "./choice.js";
import { addSlider } from "./slider.js";
import { latencyInWords, rateInWords, speedInWords, viewInWords } from "./words.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 *
 * @typedef {(parent: HTMLElement, model: Model, signal: AbortSignal) => void} Adder
 */

/** @type {Record<string, Adder>} */
const ADDERS = {
  limit: addLimit,
  count: addCount,
  latency: addLatency,
  quota: addQuota,
  rate: addRate,
  slow: addSpeed,
  view: addView,
};

/**
 * @param {HTMLElement} parent
 * @param {string[]} names
 * @param {Model} model
 * @param {AbortSignal} signal Ends them.
 */
export function addSettings(parent, names, model, signal) {
  for (const name of names) ADDERS[name](parent, model, signal);
}

/** @type {Adder} */
function addLimit(parent, model, signal) {
  const disabled = !model.get("_page").adjustable;
  const options = { name: "limit", label: "limit", disabled };
  const row = addSlider(parent, model, signal, options);
  if (disabled) div("ifl-why", row, "this code has no limit to set");
}

/** @type {Adder} */
function addCount(parent, model, signal) {
  addSlider(parent, model, signal, { name: "count", label: "requests" });
}

/** @type {Adder} */
function addQuota(parent, model, signal) {
  const values = model.get("_page").quotas;
  addChoice(parent, model, signal, { name: "quota", label: "quota", values });
}

/** @type {Adder} */
function addLatency(parent, model, signal) {
  addSlider(parent, model, signal, {
    name: "latency",
    label: "latency",
    step: 0.05,
    least: 0,
    words: latencyInWords,
  });
}

/** @type {Adder} */
function addRate(parent, model, signal) {
  const { period } = model.get("_page");
  addSlider(parent, model, signal, {
    name: "rate",
    label: "rate",
    words: (rate) => rateInWords(rate, period),
  });
}

/** @type {Adder} */
function addSpeed(parent, model, signal) {
  addChoice(parent, model, signal, {
    name: "slow",
    label: "slow motion",
    values: model.get("_page").slow,
    words: speedInWords,
  });
}

/** @type {Adder} */
function addView(parent, model, signal) {
  addChoice(parent, model, signal, {
    name: "view",
    label: "show",
    values: ["both", "requests", "lines"],
    words: viewInWords,
  });
}
