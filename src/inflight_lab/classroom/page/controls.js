// Sliders and buttons of both pages.

import { make, write } from "../../stage/dom.js";

/**
 * @typedef {object} Range
 * @property {string} name
 * @property {string} label
 * @property {number} min
 * @property {number} max
 * @property {number} step
 * @property {number} value
 * @property {(value: number) => string} inWords
 */

/**
 * @param {Range} range
 * @param {(value: number) => void} [choose]
 */
export function slider({ name, label, inWords, ...range }, choose = () => {}) {
  const input = make("input", { type: "range", name, ariaLabel: label, ...range });
  const output = make("output");
  const row = make(
    "label",
    { className: "ifl-slider", data: { name } },
    make("span", {}, label),
    output,
    input,
  );
  /** @param {number} value */
  function show(value) {
    input.valueAsNumber = value;
    write(output, inWords(value));
    input.ariaValueText = inWords(value);
  }
  input.oninput = () => {
    show(input.valueAsNumber);
    choose(input.valueAsNumber);
  };
  show(range.value);
  return { row, input, show };
}

/** @param {string} label @param {() => void} onclick @param {string} [className] */
export function button(label, onclick, className = "ifl-button") {
  return make("button", { type: "button", className, onclick }, label);
}

/** @param {string} label @param {() => void} onchange */
export function checkbox(label, onchange) {
  const input = make("input", { type: "checkbox", onchange });
  const row = make("label", { className: "ifl-check" }, input, label);
  return { row, input };
}
