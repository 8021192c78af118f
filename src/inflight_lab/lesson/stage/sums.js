// The sums that sentences have: a rate beside what is allowed, and what came of it.

import { busiest, everyInWords, whyFailed, whyRefused } from "./causes.js";
import { inWords, secondsInWords } from "./quota.js";

/**
 * @import { Counts, Quota, Run, Setting } from "./run.js"
 * @import { Look, View, Words } from "./sentence.js"
 */

/** A run has begun when the first are all on their way, in seconds. */
export const BEGINNING = 0.1;

/** From the first that was sent to the last that was back. @param {Run} run */
export function lasted({ ends, sent }) {
  const last = Object.values(ends).map((each) => each.lastUpTo(Infinity));
  return Math.max(0, ...last) - (sent.list[0] ?? 0);
}

/**
 * The answers, divided by what was allowed until the last request left, in percent; if
 * more were sent, by those.  The scoreboard's share is less than 1 % from it.
 *
 * @param {Run} run All are answered.
 * @param {Quota | null} quota
 */
export function usedShare({ ends, sent }, quota) {
  if (!quota) return null;
  const { rate, period } = quota;
  const leaving = sent.lastUpTo(Infinity) - (sent.list[0] ?? 0);
  const evenly = 1 + rate * leaving / period; // the first leaves at once
  const most = Math.max(sent.upTo(Infinity), rate, evenly);
  const share = ends.answered.upTo(Infinity) / most;
  return share < 1 ? Math.min(99, Math.round(100 * share)) : 100;
}

/**
 * A number in the colour of its dots.
 *
 * @param {number} count
 * @param {Look} look
 * @param {string} [words]
 * @returns {Words}
 */
export function counted(count, look, words = look) {
  return [`${inWords(count)} ${words}`, look];
}

/** Those that got no answer. @param {Counts} counts @returns {Words[]} */
export function lostOf({ refused, failed }) {
  return [
    ...(refused ? [", ", counted(refused, "refused")] : []),
    ...(failed ? [", ", counted(failed, "failed")] : []),
  ];
}

/**
 * A rate, beside what is allowed and what has come of it.
 *
 * @param {View} view
 * @param {number} perSecond
 * @returns {Words[]}
 */
export function ratedWords(view, perSecond) {
  const { setting: { quota } } = view;
  const period = quota?.period ?? 1;
  const rate = perSecond * period;
  const rated = `${inWords(rate)} ${perInWords(period)}`;
  const rest = quota
    ? besideAllowed(view, quota, Math.round(rate))
    : newsOfLosses(view);
  return [[rated, "strong"], ...rest, "."];
}

/** What was lost where nobody knows what is allowed. @param {View} view */
function newsOfLosses({ run, time, counts: { refused, failed } }) {
  if (refused) return ["; ", counted(refused, "refused")];
  if (failed) return ["; ", counted(failed, "failed"), `: ${whyFailed(run, time)}`];
  return [];
}

/**
 * @param {View} view
 * @param {Quota} quota
 * @param {number} rate Requests in its period.
 * @returns {Words[]}
 */
function besideAllowed(view, quota, rate) {
  const { run, time, setting, counts: { refused, failed } } = view;
  if (!refused && failed) return newsOfLosses(view);
  const allowed = quota.shape === "spacing" ? everyInWords(quota) : inWords(quota.rate);
  const isTooFast = rate > quota.rate || quota.shape === "spacing";
  const bad = counted(refused, "refused");
  if (refused && isTooFast) return [`; ${allowed} allowed, `, bad];
  const since = heldSince(setting);
  if (refused && run.turned.within(since, time)) {
    const most = busiest(run, quota.period, since, time);
    const isBurst = quota.shape === "window" && most > quota.rate;
    if (!isBurst) return ["; ", bad, `: ${whyRefused(run, time, since)}`];
    return [`, ${inWords(most)} in the busiest; ${allowed} allowed, `, bad];
  }
  const unused = quota.rate - rate; // so that the sum is right
  const isUnused = unused > 1 && !isTooFast;
  return [`; ${allowed} allowed${isUnused ? `, ${unused} unused` : ""}`];
}

/**
 * Since when refusals are those of what is set now: what was sent before counts for one
 * more period.
 *
 * @param {Setting} setting
 */
function heldSince({ time, quota }) {
  return time + Math.min(time, quota?.period ?? 0) - BEGINNING;
}

/** @param {Quota} quota */
export function quotaInWords(quota) {
  const { shape, rate, period } = quota;
  if (shape === "spacing") return everyInWords(quota);
  return `${inWords(rate)} ${perInWords(period)}`;
}

/** As it was set, so that the sum is right. @param {number} seconds */
export function latencyInWords(seconds) {
  return seconds < 0.1 ? secondsInWords(seconds) : `${Number(seconds.toFixed(2))} s`;
}

/** "a second", "in 10 s". @param {number} period */
function perInWords(period) {
  if (period === 1) return "a second";
  return period === 60 ? "a minute" : `in ${secondsInWords(period)}`;
}
