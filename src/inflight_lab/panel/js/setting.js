// A setting of the model as an input: what a person does with it, and what the kernel says.

import { add, div, follow } from "../../plot/js/dom.js";
import { PendingMoves } from "./pending_moves.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 *
 * @typedef {HTMLInputElement | HTMLSelectElement} Input
 * @typedef {number | string} Value
 */

/**
 * Keeps an input and a setting of the model alike.
 *
 * Moves are sent as messages, which also arrive where a kernel lets changes of the model
 * wait.  They are numbered, because in marimo one may overtake another.
 */
export class Setting {
  #pending = new PendingMoves(() => this.#follow());
  /** Tells the kernel this input from those of other pages. */
  #id = Math.random();
  #moves = 0;
  /** @type {Value | undefined} What it was when the pointer went down. */
  #before;

  /**
   * @param {Model} model
   * @param {string} name
   * @param {Input} input
   * @param {(value: any) => void} show Puts the input where the value is.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, name, input, show, signal) {
    this.model = model;
    this.name = name;
    this.input = input;
    this.show = show;
    input.addEventListener("input", () => this.#choose(this.#shown));
    input.addEventListener("pointerdown", () => {
      this.#before = this.#value;
    });
    input.addEventListener("pointercancel", () => this.#takeBack());
    this.#listen(signal);
    follow(model, [name], () => this.#follow(), signal);
  }

  /** @returns {Value} */
  get #value() {
    return this.model.get(this.name);
  }

  /** @returns {Value} */
  get #shown() {
    const { value } = this.input;
    return typeof this.#value === "number" ? Number(value) : value;
  }

  #follow() {
    if (!this.#pending.any) this.show(this.#value);
  }

  /** @param {Value} value */
  #choose(value) {
    this.show(value);
    this.#moves += 1;
    const set = { [this.name]: value };
    this.model.send({ set, input: this.#id, move: this.#moves });
    this.#pending.add();
  }

  /** The swipe that began here has turned out to scroll the page. */
  #takeBack() {
    if (this.#before === undefined || this.#before === this.#shown) return;
    this.#choose(this.#before);
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    /** @param {{ settled?: string }} message */
    const receive = ({ settled }) => {
      if (settled === this.name) this.#pending.settle();
    };
    this.model.on("msg:custom", receive);
    signal.addEventListener("abort", () => {
      this.model.off("msg:custom", receive);
      this.#pending.forget();
    });
  }
}

/**
 * A row with the input and its label.
 *
 * @param {HTMLElement} parent
 * @param {string} name
 * @param {string} label
 * @param {Input} input
 */
export function addRow(parent, name, label, input) {
  const row = div(`ifl-setting ifl-${name}`, parent);
  const labelled = add("label", row);
  add("span", labelled, { textContent: label });
  labelled.append(input);
  return row;
}
