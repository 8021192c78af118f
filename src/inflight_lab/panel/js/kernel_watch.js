// Whether the kernel is still there.  A front end says nothing when it has gone.

import { follow } from "../../plot/js/dom.js";

/** @import { Model } from "../../plot/js/dom.js" */

/**
 * Watches the messages of a run, which come many times a second, even while a cell
 * blocks the kernel.  It dispatches "change" when the kernel has `gone`, or is back.
 */
export class KernelWatch extends EventTarget {
  gone = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #model;

  /**
   * @param {Model} model `silence` of its `_page` is how many seconds without a message
   *   mean that the kernel has gone; without one, silence means nothing.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, signal) {
    super();
    this.#model = model;
    const { silence } = model.get("_page");
    if (silence === undefined) return;
    const listen = () => this.#listen(1000 * silence);
    model.on("msg:custom", listen);
    follow(model, ["running"], listen, signal);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", listen);
      clearTimeout(this.#timer);
    });
  }

  /** @param {number} patience In milliseconds. */
  #listen(patience) {
    clearTimeout(this.#timer);
    this.#say(false);
    if (!this.#model.get("running")) return;
    this.#timer = setTimeout(() => this.#say(true), patience);
  }

  /** @param {boolean} gone */
  #say(gone) {
    if (gone === this.gone) return;
    this.gone = gone;
    this.dispatchEvent(new Event("change"));
  }
}
