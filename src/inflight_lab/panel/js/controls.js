// All that stands above the plots: buttons, choices, the status and the settings.

import { div, follow } from "../../plot/js/dom.js";
import { addButton, addButtons } from "./buttons.js";
import { addChoice } from "./choice.js";
import { listenToKeys } from "./keys.js";
import { Presentation } from "./presentation.js";
import { addSettings } from "./settings.js";
import { speedInWords, viewInWords } from "./words.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { Command } from "./keys.js"
 */

/**
 * @param {HTMLElement} root
 * @param {Model} model
 * @param {() => void} layout Called when the panel gets another size.
 * @param {AbortSignal} signal Ends them.
 */
export function addControls(root, model, layout, signal) {
  const replay = model.get("_page").replay === true;
  const presentation = new Presentation(root, layout, signal);

  /** @param {Command} command */
  function obey(command) {
    if (command === "present") presentation.toggle();
    else if (command !== "reset" || !replay) model.send({ press: command });
    keepFocus(root);
  }

  const bar = div("ifl-buttons", root);
  addButtons(bar, model, replay, obey, signal);
  const aside = div("ifl-aside", bar);
  addStatus(root, model, signal);
  if (!replay) {
    addSettings(root, model, signal);
    addSpeed(aside, model, signal);
  }
  addView(aside, model, signal);
  addButton(aside, "present", "Present", "F; Escape leaves it", obey);
  const state = () => ({
    presented: presentation.on,
    running: model.get("running"),
  });
  listenToKeys(root, state, obey, signal);
}

/**
 * A button that was pressed and is disabled now would swallow all further keys.
 *
 * @param {HTMLElement} root
 */
function keepFocus(root) {
  /** @type {HTMLElement | null} */
  const input = root.querySelector("input:enabled");
  (input ?? root).focus({ preventScroll: true });
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function addStatus(parent, model, signal) {
  const status = div("ifl-status", parent);
  follow(model, ["status"], () => {
    status.textContent = model.get("status");
  }, signal);
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function addSpeed(parent, model, signal) {
  addChoice(parent, model, signal, {
    name: "slow",
    label: "slow motion",
    values: model.get("_page").slow,
    words: speedInWords,
  });
}

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {AbortSignal} signal
 */
function addView(parent, model, signal) {
  addChoice(parent, model, signal, {
    name: "view",
    label: "show",
    values: ["both", "requests", "lines"],
    words: viewInWords,
  });
}
