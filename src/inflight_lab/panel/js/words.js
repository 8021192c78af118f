// Settings in words.

import { rounded } from "../../plot/js/words.js";

/**
 * What to press before there is a run.
 *
 * @param {object} settings
 * @param {number | null} settings.limit Null if the runner has none.
 * @param {string | undefined} settings.quota Undefined for a replay, which has no settings.
 * @param {number} settings.rate
 */
export function hintInWords({ limit, quota, rate }) {
  if (quota === undefined) return "Press Play, or Space";
  const limited = limit === null ? "no limit" : `at most ${limit} in flight`;
  const allowed = quota === "none" ? "no quota" : `quota ${rate}`;
  return `Press Run, or Space: ${limited}, ${allowed}`;
}

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
