// The settings that are needed less often, behind a button.

import { add, div, follow } from "../../plot/js/dom.js";

/** @import { Model } from "../../plot/js/dom.js" */

/**
 * @param {HTMLElement} bar Gets the button.
 * @param {HTMLElement} root Gets the place for the settings.
 * @param {Model} model Its `more` keeps whether they are shown.
 * @param {AbortSignal} signal Ends them.
 * @returns The place.
 */
export function addMore(bar, root, model, signal) {
  const place = div("ifl-settings ifl-folded", root);
  const button = add("button", bar, {
    type: "button",
    className: "ifl-outlined ifl-button ifl-more",
    textContent: "More",
    title: "More settings",
    onclick: toggle,
  });

  function toggle() {
    model.set("more", !model.get("more"));
    model.save_changes();
    if (!place.hidden) place.scrollIntoView({ block: "nearest" });
  }

  follow(model, ["more"], () => {
    const open = model.get("more");
    place.hidden = !open;
    button.setAttribute("aria-expanded", `${open}`);
  }, signal);
  return place;
}
