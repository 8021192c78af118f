// Whether the kernel is still there.  A front end says nothing when it has gone.

import { follow } from "../../plot/js/dom.js";

/** @import { Model } from "../../plot/js/dom.js" */

/**
 * @typedef {"there" | "gone" | "silent"} KernelState
 *
 * "gone": there is no message from a run, although they come many times a second, even
 * while a cell blocks the kernel.  "silent": there is no answer; another cell may keep the
 * kernel busy.
 */

/** Watches the messages of a kernel, and dispatches "change" when its `state` changes. */
export class KernelWatch extends EventTarget {
  /** @type {KernelState} */
  state = "there";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #model;
  /** How many milliseconds without a message mean something. */
  #patience;

  /**
   * @param {Model} model `silence` of its `_page` is how many seconds without a message
   *   mean something.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, signal) {
    super();
    this.#model = model;
    this.#patience = 1000 * model.get("_page").silence;
    const listen = () => this.#listen();
    model.on("msg:custom", listen);
    follow(model, ["running"], listen, signal);
    signal.addEventListener("abort", () => {
      model.off("msg:custom", listen);
      clearTimeout(this.#timer);
    });
  }

  /** A button has been pressed: the kernel is to say that it has dealt with it. */
  expectAnswer() {
    if (this.#model.get("running")) return; // its messages are expected anyway
    this.#wait("silent");
  }

  #listen() {
    clearTimeout(this.#timer);
    this.#turn("there");
    if (this.#model.get("running")) this.#wait("gone");
  }

  /** @param {KernelState} state What it is in if no message comes. */
  #wait(state) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(state), this.#patience);
  }

  /** @param {KernelState} state */
  #turn(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}
