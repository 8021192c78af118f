// A lane: the name of its runner, its goals, and the view of its run.

import { add, div, follow } from "../../plot/js/dom.js";
import { View } from "../../plot/js/view.js";
import { hintInWords } from "./words.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { Neighbours } from "../../plot/js/view.js"
 *
 * @typedef {object} Goal
 * @property {string} text
 * @property {boolean | null} met Null before it is judged.
 *
 * @typedef {object} Lane What the model says of one, in `_headings`.
 * @property {string} name
 * @property {Goal[]} goals
 */

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {number} number Its place in `_headings`.
 * @param {Neighbours} neighbours
 * @param {AbortSignal} signal Ends it.
 */
export function addLane(parent, model, number, neighbours, signal) {
  /** @returns {Lane} */
  const lane = () => model.get("_headings")[number];
  const root = div("ifl-lane", parent);
  if (lane().name) div("ifl-name", root, lane().name);
  const goals = div("ifl-goals", root);
  const view = new View(root, model, signal, neighbours);
  const hint = div("ifl-hint", root);
  follow(model, ["_headings"], () => showGoals(goals, lane().goals), signal);
  follow(model, ["limit", "quota", "rate"], () => {
    hint.textContent = hintOf(model);
  }, signal);
  return view;
}

/**
 * @param {HTMLElement} parent
 * @param {Goal[]} goals
 */
function showGoals(parent, goals) {
  parent.textContent = goals.length > 0 ? "goals:" : "";
  for (const { text, met } of goals) {
    add("span", parent, { textContent: text, className: classOf(met) });
  }
}

/** @param {boolean | null} met */
function classOf(met) {
  if (met === null) return "";
  return met ? "ifl-met" : "ifl-missed";
}

/**
 * What stands over a plot that has nothing to show yet.
 *
 * @param {Model} model
 */
function hintOf(model) {
  return hintInWords({
    limit: model.get("_page").adjustable ? model.get("limit") : null,
    quota: model.get("quota"),
    rate: model.get("rate"),
  });
}
