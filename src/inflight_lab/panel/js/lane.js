// A lane: the name of its runner, its goals, and the view of its run.

import { div, follow } from "../../plot/js/dom.js";
import { View } from "../../plot/js/view.js";
import { settingsOf } from "../../plot/js/view_settings.js";
import { addGoals } from "./goals.js";
import { PLANNED, planOf } from "./plan.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { Neighbours } from "../../plot/js/view.js"
 */

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {number} number Its place in `_headings`.
 * @param {Neighbours} neighbours
 * @param {AbortSignal} signal Ends it.
 */
export function addLane(parent, model, number, neighbours, signal) {
  const root = div("ifl-lane", parent);
  const { name } = model.get("_headings")[number];
  if (name) div("ifl-name", root, name);
  addGoals(root, model, number, signal);
  const view = new View(root, settingsOf(model), signal, neighbours);
  follow(model, ["view"], () => view.choose(settingsOf(model)), signal);
  follow(model, PLANNED, () => view.plan(planOf(model, number)), signal);
  return view;
}
