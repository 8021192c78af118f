// What an input or a button asks of the kernel, and whether the kernel has heard it.

import { listen } from "../../plot/page/widget.js";

/** @import { Model } from "../../plot/page/widget.js" */

/** Milliseconds that the kernel may take: blocking code delays every answer. */
const PATIENCE = 20_000;

/**
 * Numbers what it sends.
 *
 * It is sent as messages, which also arrive where a kernel lets changes of the model
 * wait. They are numbered, because in marimo one may overtake another.  The kernel says
 * in `_heard` which it has dealt with.  Until then the model's value is that of an
 * older move: shown, it would pull a handle back from under a person's finger.
 */
export class Mover {
  /** Tells the kernel this input from all others. */
  #id = `${Math.random()}`;
  #moves = 0;
  #givenUp = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #model;
  #settled;

  /**
   * @param {Model} model
   * @param {() => void} settled Called when the kernel has dealt with all of it.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, settled, signal) {
    this.#model = model;
    this.#settled = settled;
    listen(model, "change:_heard", () => this.#hear(), signal);
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  get isPending() {
    const heard = this.#model.get("_heard")[this.#id] ?? 0;
    return this.#moves > Math.max(heard, this.#givenUp);
  }

  /** @param {object} message */
  send(message) {
    this.#moves += 1;
    this.#model.send({ ...message, input: this.#id, move: this.#moves });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#giveUp(), PATIENCE);
  }

  #hear() {
    if (this.isPending) return;
    clearTimeout(this.#timer);
    this.#settled();
  }

  #giveUp() {
    this.#givenUp = this.#moves;
    this.#settled();
  }
}
