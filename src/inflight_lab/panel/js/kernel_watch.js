// Whether the kernel is still there.  A front end says nothing when it has gone.

import { listen } from "../../plot/page/widget.js";

/** @import { Model } from "../../plot/page/widget.js" */

const GONE = "the kernel is gone: run the cell again";
const SILENT = "no answer: the kernel is busy, or it is gone (then run the cell again)";

export class KernelWatch {
  /** What is wrong with the kernel; empty if nothing is. */
  problem = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #model;
  #changed;

  /**
   * @param {Model} model
   * @param {() => void} changed Called when there is another problem, or none.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, changed, signal) {
    this.#model = model;
    this.#changed = changed;
    for (const event of ["msg:custom", "change:running", "change:_heard"]) {
      listen(model, event, () => this.#hear(), signal);
    }
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#hear();
  }

  /** A button has been pressed: the kernel is to say that it has dealt with it. */
  expectAnswer() {
    if (this.#model.get("running")) return; // its messages are expected anyway
    this.#expect(SILENT);
  }

  #hear() {
    clearTimeout(this.#timer);
    this.#turn("");
    // A run sends many times a second, even while a cell blocks the kernel.
    if (this.#model.get("running")) this.#expect(GONE);
  }

  /** @param {string} problem What is wrong if nothing comes. */
  #expect(problem) {
    const { silence } = this.#model.get("_fixed");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(problem), 1000 * silence);
  }

  /** @param {string} problem */
  #turn(problem) {
    if (problem === this.problem) return;
    this.problem = problem;
    this.#changed();
  }
}
