// One of several values, chosen from a list.

import { add, make } from "../../plot/js/dom.js";
import { addRow, Setting } from "./setting.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 *
 * @typedef {object} ChoiceOptions
 * @property {string} name Of the setting.
 * @property {string} label
 * @property {any[]} values
 * @property {(value: any) => string} [words] What stands in the list.
 */

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal Ends it.
 * @param {ChoiceOptions} options
 */
export function addChoice(parent, model, signal, options) {
  const { name, label, values, words = String } = options;
  const input = make("select", { name, className: "ifl-outlined" });
  for (const value of values) {
    add("option", input, { value, textContent: words(value) });
  }
  addRow(parent, name, label, input);

  /** @param {any} value */
  function show(value) {
    input.value = value;
  }

  new Setting(model, name, input, show, signal);
}
