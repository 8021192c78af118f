// Settings and goals in words.

import { rounded } from "../../plot/js/words.js";

/** @import { Goal } from "./goals.js" */

/** @param {number} latency In seconds. */
export const latencyInWords = (latency) => `${rounded(latency, 3)} s`;

/**
 * @param {number} rate Requests in a period.
 * @param {number} period In seconds.
 */
export function rateInWords(rate, period) {
  return period === 1 ? `${rate} / s` : `${rate} / ${period} s`;
}

/** @param {number} slow By how much a run is slowed down. */
export function speedInWords(slow) {
  return slow === 1 ? "off" : `${slow} × slower`;
}

/** @param {string} view */
export function viewInWords(view) {
  return view === "both" ? "both, if they fit" : view;
}

/**
 * What became of a goal as a mark, so that colour is not needed.
 *
 * @param {Goal} goal
 */
export function markOf({ met }) {
  if (met === null) return "○";
  return met ? "✔" : "✘";
}

/** @param {Goal} goal */
export function verdictInWords({ met, seen }) {
  if (met === null) return "open";
  const verdict = met ? "met" : "missed";
  return seen ? `${verdict}: ${seen}` : verdict;
}

/** @param {Goal} goal */
export function goalInWords(goal) {
  return `goal ${goal.name}: ${markOf(goal)} ${verdictInWords(goal)}`;
}
