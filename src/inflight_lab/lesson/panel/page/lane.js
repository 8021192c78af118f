// A lane: what it would send before there is a run, its goals, and the last tries.

import { settingsFor, valueInWords } from "../../stage/controls.js";
import { make } from "../../stage/dom.js";
import { Run } from "../../stage/run.js";

/**
 * @import { Setting } from "../../stage/controls.js"
 * @import { PanelModel } from "./kernel.js"
 *
 * @typedef {object} Goal
 * @property {string} name
 * @property {boolean | null} met Null before it is judged.
 * @property {string} seen What the run had to show for it, or nothing.
 *
 * @typedef {object} Try
 * @property {Record<string, number>} settings
 * @property {Goal[]} goals
 *
 * @typedef {object} Lane
 * @property {string} name
 * @property {boolean} adjustable Whether its limit can be set.
 * @property {boolean} unlimited Whether it is known to have none.
 * @property {Goal[]} goals
 * @property {Try[]} tries
 */

/** How a goal stands, as a mark, so that colour is not needed. */
const MARKS = { open: "○", met: "✔", missed: "✘" };

/** The traits of the model on which a plan depends. */
export const PLANNED = settingsFor().map(({ name }) => name);

/**
 * What would be sent if it were run now: shown until there is a run.
 *
 * @param {PanelModel} model
 * @param {number} lane
 */
export function planFor(model, lane) {
  const { adjustable, unlimited } = model.get("_lanes")[lane];
  const { terms: { quota, max_concurrent: maxConcurrent } } = model.get("_fixed");
  const run = new Run();
  run.goOn({ asked: model.get("count"), isUnlimited: unlimited });
  run.set(0, {
    limit: adjustable ? model.get("limit") : null,
    latency: model.get("latency"),
    quota: quota && { ...quota, rate: model.get("rate") },
    maxConcurrent,
  });
  return run;
}

/**
 * @param {HTMLElement} root
 * @param {Lane} lane
 * @param {Setting[]} settings Those that are named for each try.
 */
export function showGoals(root, { goals, tries }, settings) {
  const cards = goals.map((goal) =>
    make(
      "li",
      { className: `ifl-goal ifl-${standingOf(goal)}` },
      make("b", {}, `${markOf(goal)} ${goal.name}`),
      ` ${verdictInWords(goal)}`,
    )
  );
  const rows = tries.map((each) => make("li", {}, tryInWords(each, settings)));
  const list = make("ol", { className: "ifl-tries", ariaLabel: "Tries" }, ...rows);
  root.replaceChildren(
    make("div", { role: "status" }, make("ul", { className: "ifl-cards" }, ...cards)),
    ...(tries.length ? [list] : []),
  );
  list.scrollTop = list.scrollHeight;
}

/** @param {Goal} goal */
function verdictInWords(goal) {
  const standing = standingOf(goal);
  return standing !== "open" && goal.seen ? `${standing}: ${goal.seen}` : standing;
}

/** @param {Try} one @param {Setting[]} settings */
function tryInWords({ settings: values, goals }, settings) {
  const set = settings.map((each) =>
    `${each.label} ${valueInWords(values[each.name], each)}`
  );
  const judged = goals.map((goal) => `${markOf(goal)} ${goal.seen || goal.name}`);
  return `${set.join(", ")}: ${judged.join(" · ")}`;
}

/** @param {Goal} goal */
function markOf(goal) {
  return MARKS[standingOf(goal)];
}

/** @param {Goal} goal */
function standingOf({ met }) {
  if (met === null) return "open";
  return met ? "met" : "missed";
}
