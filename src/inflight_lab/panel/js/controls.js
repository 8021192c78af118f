// All that stands above the lanes: buttons, the settings, and a line for what goes wrong.

import { div } from "../../plot/js/dom.js";
import { addActions, addButton } from "./buttons.js";
import { listenToKeys } from "./keys.js";
import { addMore } from "./more.js";
import { addNotice } from "./notice.js";
import { Presentation } from "./presentation.js";
import { addSettings } from "./settings.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { Command } from "./keys.js"
 * @import { KernelWatch } from "./kernel_watch.js"
 */

/**
 * @param {HTMLElement} root
 * @param {Model} model
 * @param {KernelWatch} kernel
 * @param {() => void} layout Called when the panel gets another size.
 * @param {AbortSignal} signal Ends them.
 */
export function addControls(root, model, kernel, layout, signal) {
  const { knobs, more } = model.get("_page");

  /** @param {Command} command */
  function obey(command) {
    if (command === "present") presentation.toggle();
    else press(command);
    keepFocus(root);
  }

  /** @param {Command} button */
  function press(button) {
    model.send({ press: button });
    kernel.expectAnswer();
  }

  const controls = div("ifl-controls", root);
  const bar = div("ifl-buttons", controls);
  addActions(bar, model, obey, signal);
  const aside = div("ifl-aside", bar);
  addSettings(div("ifl-settings", controls), knobs, model, signal);
  addSettings(addMore(aside, root, model, signal), more, model, signal);
  addNotice(root, model, kernel, signal);
  const present = addButton(aside, "present", "Present", "F; Escape leaves it", obey);
  const presentation = new Presentation(root, present, layout, signal);
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
  const input = root.querySelector("input:enabled:not([hidden] *)");
  (input ?? root).focus({ preventScroll: true });
}
