// Run, Stop and Reset.

import { add, follow } from "../../plot/js/dom.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { Command } from "./keys.js"
 */

const STOP_REACHES = "Space. Cancels what is being awaited. " +
  "Blocking code such as time.sleep has to return first.";

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
    className: `ifl-outlined ifl-button ifl-${command}`,
    textContent,
    title,
    onclick: () => obey(command),
  });
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {(command: Command) => void} obey
 * @param {AbortSignal} signal Ends them.
 */
export function addActions(parent, model, obey, signal) {
  const run = addButton(parent, "run", "Run", "Space", obey);
  const stop = addButton(parent, "stop", "Stop", STOP_REACHES, obey);
  addButton(parent, "reset", "Reset", "R", obey);
  follow(model, ["running"], () => {
    const running = model.get("running");
    run.disabled = running;
    stop.disabled = !running;
  }, signal);
}
