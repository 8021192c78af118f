// A line for what no picture shows: code that blocks or raised, or a kernel that has gone.

import { add, follow } from "../../plot/js/dom.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { KernelWatch } from "./kernel_watch.js"
 */

/** What is said of a kernel, by its state. */
const OF_KERNEL = {
  there: "",
  gone: "the kernel is gone: run the cell again",
  silent: "no answer: the kernel is busy, or it is gone (then run the cell again)",
};

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {KernelWatch} kernel
 * @param {AbortSignal} signal Ends it.
 */
export function addNotice(parent, model, kernel, signal) {
  const line = add("div", parent, { className: "ifl-notice", role: "status" });
  function show() {
    line.textContent = OF_KERNEL[kernel.state] || model.get("notice");
  }
  follow(model, ["notice"], show, signal);
  kernel.addEventListener("change", show);
}
