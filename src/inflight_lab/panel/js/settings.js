// The sliders: the limit, then what is asked of the server, then its quota.

import { div } from "../../plot/js/dom.js";
import { addChoice } from "./choice.js";
import { addSlider } from "./slider.js";
import { latencyInWords, rateInWords } from "./words.js";

/** @import { Model } from "../../plot/js/dom.js" */

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal Ends them.
 */
export function addSettings(parent, model, signal) {
  const rows = div("ifl-settings", parent);
  addLimit(rows, model, signal);
  addLoad(div("ifl-pair", rows), model, signal);
  addQuota(div("ifl-pair", rows), model, signal);
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function addLimit(parent, model, signal) {
  const disabled = !model.get("_page").adjustable;
  const options = { name: "limit", label: "limit", disabled };
  const row = addSlider(parent, model, signal, options);
  if (disabled) div("ifl-why", row, "this runner takes no limiter to set");
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function addLoad(parent, model, signal) {
  addSlider(parent, model, signal, { name: "count", label: "requests" });
  addSlider(parent, model, signal, {
    name: "latency",
    label: "latency",
    step: 0.05,
    least: 0,
    words: latencyInWords,
  });
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function addQuota(parent, model, signal) {
  const { quotas, period } = model.get("_page");
  addChoice(parent, model, signal, { name: "quota", label: "quota", values: quotas });
  addSlider(parent, model, signal, {
    name: "rate",
    label: "rate",
    words: (rate) => rateInWords(rate, period),
  });
}
