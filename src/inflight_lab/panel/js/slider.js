// A setting as a slider, with its number beside it.

import { follow } from "../../plot/page/widget.js";
import { make } from "../../stage/dom.js";
import { Mover } from "./kernel.js";

/**
 * @import { Model } from "../../plot/page/widget.js"
 *
 * @typedef {object} Setting A row of the kernel's settings.
 * @property {string} name
 * @property {string} label
 * @property {number} min
 * @property {number} max
 * @property {number} step
 * @property {string} unit
 */

/**
 * @param {Model} model
 * @param {Setting} setting
 * @param {string} why Why it cannot be set; empty if it can.
 * @param {AbortSignal} signal Ends it.
 */
export function slider(model, { name, label, min, max, step, unit }, why, signal) {
  const input = make("input", { type: "range", name, step, disabled: why !== "" });
  const output = make("output");
  const row = make(
    "label",
    { className: "ifl-slider", title: why, data: { name } },
    make("span", {}, label),
    output,
    input,
    ...(why ? [make("small", {}, why)] : []),
  );
  let end = max;

  /** @param {number} value */
  function show(value) {
    // The end never moves back: it would pull the handle with it.
    end = Math.max(end, value);
    Object.assign(input, { min: Math.min(min, value), max: end, value });
    const words = `${Math.round(value * 1000) / 1000} ${unit}`.trim();
    output.textContent = words;
    input.ariaValueText = words;
  }

  const mover = new Mover(model, () => show(model.get(name)), signal);

  /** @param {number} value */
  function choose(value) {
    show(value);
    mover.send({ set: name, value });
  }

  /** @type {number | undefined} What it was when the pointer went down. */
  let before;
  input.oninput = () => choose(Number(input.value));
  input.onpointerdown = () => before = Number(input.value);
  input.onpointercancel = () => {
    // The swipe that began here has turned out to scroll the page.
    if (before !== undefined && before !== Number(input.value)) choose(before);
  };
  follow(model, [name], () => {
    if (!mover.isPending) show(model.get(name));
  }, signal);
  return row;
}
