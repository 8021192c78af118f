// The goals of a lane: a card each, and words for those who listen.

import { add, div, follow } from "../../plot/js/dom.js";
import { goalInWords, markOf, verdictInWords } from "./words.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 *
 * @typedef {object} Goal
 * @property {string} name
 * @property {boolean | null} met Null before it is judged.
 * @property {string} seen What the run had to show for it, or nothing.
 */

/**
 * @param {HTMLElement} parent
 * @param {Model} model
 * @param {number} number The lane's place in `_headings`.
 * @param {AbortSignal} signal Ends them.
 */
export function addGoals(parent, model, number, signal) {
  const cards = div("ifl-goals", parent);
  const spoken = add("div", parent, { className: "ifl-spoken", role: "status" });
  function show() {
    /** @type {Goal[]} */
    const goals = model.get("_headings")[number].goals;
    cards.replaceChildren();
    for (const goal of goals) addCard(cards, goal);
    const judged = goals.filter((goal) => goal.met !== null);
    spoken.textContent = judged.map(goalInWords).join("; ");
  }
  follow(model, ["_headings"], show, signal);
}

/**
 * @param {HTMLElement} parent
 * @param {Goal} goal
 */
function addCard(parent, goal) {
  const card = div(`ifl-goal ifl-${standingOf(goal)}`, parent);
  add("b", card, { textContent: goal.name });
  add("span", card, { textContent: markOf(goal) });
  const words = verdictInWords(goal);
  add("span", card, { className: "ifl-verdict", textContent: words });
}

/** @param {Goal} goal */
function standingOf({ met }) {
  if (met === null) return "open";
  return met ? "met" : "missed";
}
