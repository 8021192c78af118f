// Run, Stop and Reset; for a replay Play and Stop.

import { add, follow } from "../../plot/js/dom.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { KernelWatch } from "./kernel_watch.js"
 * @import { Command } from "./keys.js"
 */

const STOP_REACHES = "ends what awaits; code that blocks, such as time.sleep, " +
  "only once it returns";

/**
 * A button that says its `command` when it is pressed.
 *
 * @param {HTMLElement} parent
 * @param {Command} command
 * @param {string} textContent
 * @param {string} title
 * @param {(command: Command) => void} obey
 */
export function addButton(parent, command, textContent, title, obey) {
  return add("button", parent, {
    type: "button",
    className: `ifl-button ifl-${command}`,
    textContent,
    title,
    onclick: () => obey(command),
  });
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {KernelWatch} kernel Without it no button does anything.
 * @param {(command: Command) => void} obey
 * @param {AbortSignal} signal Ends them.
 */
export function addActions(parent, model, kernel, obey, signal) {
  const { replay = false } = model.get("_page");
  const run = addButton(parent, "run", replay ? "Play" : "Run", "Space", obey);
  const stop = addButton(parent, "stop", "Stop", `Space; ${STOP_REACHES}`, obey);
  if (!replay) addButton(parent, "reset", "Reset", "R", obey);
  function show() {
    const running = model.get("running");
    run.disabled = running || kernel.gone;
    stop.disabled = !running || kernel.gone;
  }
  follow(model, ["running"], show, signal);
  kernel.addEventListener("change", show);
}
