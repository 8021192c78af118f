// The sums that sentences have: a rate beside what is allowed, and what came of it.

import { everyInWords } from "./causes.js";
import { inWords, secondsInWords } from "./quota.js";

/**
 * @import { Facts } from "./facts.js"
 * @import { Counts, Quota } from "./run.js"
 * @import { Look, Words } from "./sentence.js"
 */

/**
 * A number in the colour of its dots.
 *
 * @param {number} count
 * @param {Look} look
 * @param {string} [words]
 * @returns {[text: string, look: Look]}
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
 * @param {Facts} facts
 * @param {number} perSecond
 * @returns {Words[]}
 */
export function ratedWords(facts, perSecond) {
  const { quota } = facts;
  const period = quota?.period ?? 1;
  const rate = perSecond * period;
  const rated = `${inWords(rate)} ${perInWords(period)}`;
  const rest = quota
    ? besideAllowed(facts, quota, Math.round(rate))
    : newsOfLosses(facts);
  return [[rated, "strong"], ...rest, "."];
}

/**
 * What was lost where nobody knows what is allowed.
 *
 * @param {Facts} facts
 * @returns {Words[]}
 */
function newsOfLosses({ why, counts: { refused, failed } }) {
  if (refused) return ["; ", counted(refused, "refused")];
  return failed ? ["; ", counted(failed, "failed"), `: ${why}`] : [];
}

/**
 * @param {Facts} facts
 * @param {Quota} quota
 * @param {number} rate Requests in its period.
 * @returns {Words[]}
 */
function besideAllowed(facts, quota, rate) {
  const { refused, failed } = facts.counts;
  if (!refused && failed) return newsOfLosses(facts);
  const allowed = quota.shape === "spacing" ? everyInWords(quota) : inWords(quota.rate);
  const isTooFast = rate > quota.rate || quota.shape === "spacing";
  const bad = counted(refused, "refused");
  if (refused && isTooFast) return [`; ${allowed} allowed, `, bad];
  if (refused && facts.isRefusedNow) {
    const { busiest } = facts;
    const isBurst = quota.shape === "window" && busiest > quota.rate;
    if (!isBurst) return ["; ", bad, `: ${facts.whyNow}`];
    return [`, ${inWords(busiest)} in the busiest; ${allowed} allowed, `, bad];
  }
  const unused = quota.rate - rate; // so that the sum is right
  const isUnused = unused > 1 && !isTooFast;
  return [`; ${allowed} allowed${isUnused ? `, ${unused} unused` : ""}`];
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
