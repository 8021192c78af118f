// A number that is set by a slider, with its value beside it.

import { add, make } from "../../plot/js/dom.js";
import { addRow, Setting } from "./setting.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 *
 * @typedef {object} SliderOptions
 * @property {string} name Of the setting.
 * @property {string} label
 * @property {number} [step]
 * @property {number} [least]
 * @property {boolean} [disabled]
 * @property {(value: number) => string} [words] What stands beside it.
 */

/**
 * @param {HTMLElement} parent
 * @param {Model} model `most` of its `_page` says where each slider ends.
 * @param {AbortSignal} signal Ends it.
 * @param {SliderOptions} options
 * @returns The row that it stands in.
 */
export function addSlider(
  parent,
  model,
  signal,
  { name, label, step = 1, least = 1, disabled = false, words = String },
) {
  const input = make("input", { type: "range", name, step, disabled });
  const row = addRow(parent, name, label, input);
  const output = add("output", row);
  let most = model.get("_page").most[name];

  /** @param {number} value */
  function show(value) {
    // The end never moves back: it would pull the handle with it.
    most = Math.max(most, value);
    Object.assign(input, { min: Math.min(least, value), max: most, value });
    output.textContent = words(value);
    input.setAttribute("aria-valuetext", words(value));
  }

  new Setting(model, name, input, show, signal);
  return row;
}
