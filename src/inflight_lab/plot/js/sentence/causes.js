// Why requests were refused, and why they failed.

import { isOverload, isRefusal } from "../outcomes.js";
import { maxConcurrentAt, policyAt } from "../run.js";
import { areAllowed, everyPeriod, inOnePeriod, spacing, withCommas } from "../words.js";
import { busiestPeriod, extremes, flightsIn } from "../spans.js";

/** A shorter wait is not worth a number; in seconds. */
const AT_ONCE = 0.01;

/** Tokens are to blame if at least this share of them was used. */
const TOKENS_USED_UP = 0.7;

/**
 * @import { QuotaPolicy } from "../run.js"
 * @import { RunSoFar } from "./run_so_far.js"
 */

/**
 * Why requests were refused, or "" if nobody knows.
 *
 * @param {RunSoFar} soFar
 */
export function whyRefused(soFar) {
  const when = soFar.lastRefusal();
  const most = maxConcurrentAt(soFar.run, when);
  if (most && isOverload(refusalOf(soFar))) {
    return `more than ${withCommas(most)} came at once`;
  }
  const policy = when === -Infinity ? soFar.policy : policyAt(soFar.run, when);
  return policy ? whyTheQuotaRefused(soFar, policy) : statusOf(soFar);
}

/**
 * @param {RunSoFar} soFar
 * @param {QuotaPolicy} policy
 */
function whyTheQuotaRefused(soFar, policy) {
  const most = busiest(soFar, policy);
  const { kind, rate, period, burst } = policy;
  if (policy.tokens && most <= rate) return tokensUsed(soFar, policy);
  if (kind === "gcra") return `they came faster than ${spacing(policy)}`;
  if (kind === "token-bucket") {
    const refill = `${withCommas(rate)} ${everyPeriod(period)}`;
    return `the bucket of ${withCommas(burst)} was empty, ${refill} refill it`;
  }
  if (most <= rate) return statusOf(soFar);
  return `${withCommas(most)} came ${inOnePeriod(period)}, ${areAllowed(rate)}`;
}

/**
 * The most requests that arrived in any one period so far.
 *
 * @param {RunSoFar} soFar
 * @param {QuotaPolicy} policy
 */
export function busiest({ run, time, whole }, { period }) {
  if (time >= run.now && run.counts.busiestPeriod) return run.counts.busiestPeriod;
  return busiestPeriod(run, whole, period);
}

/**
 * The most tokens that were used in any one period so far; 0 if they were not counted.
 *
 * @param {RunSoFar} soFar
 */
export function mostTokens({ run, time, whole }) {
  if (time >= run.now && run.counts.mostTokens) return run.counts.mostTokens;
  return extremes(run.levels.tokens, whole).highest;
}

/**
 * Why requests failed: the most frequent reason, with the name of the error.
 *
 * @param {RunSoFar} soFar
 */
export function whyFailed(soFar) {
  const kinds = soFar.endings("failed").map(({ detail }) => detail ?? "");
  const kind = mostFrequent(kinds);
  const most = kinds.some((each) => each !== kind) ? "most: " : "";
  if (typeof kind === "number") return `${most}the API answered ${kind}`;
  if (!kind) return "no answer";
  return `${most}${reasonFor(kind, soFar)} (${kind})`;
}

/**
 * @param {string} kind The name of an error, as httpx has them.
 * @param {RunSoFar} soFar
 */
function reasonFor(kind, soFar) {
  const waited = kind.includes("Timeout") ? withinSeconds(kind, soFar) : "";
  if (kind === "ConnectTimeout") return `no connection ${waited}`;
  if (kind === "PoolTimeout") return `no free connection ${waited}`;
  if (waited) return `no answer ${waited}`;
  if (kind === "ConnectError") return "no connection to the API";
  if (kind === "OutsideError") return "not sent to another machine";
  return "no answer";
}

/**
 * For how long the most impatient of them waited, where that is known.
 *
 * @param {string} kind
 * @param {RunSoFar} soFar
 */
function withinSeconds(kind, { run, whole }) {
  const isIt = (/** @type {import("../run.js").RequestEvent} */ { what, detail }) =>
    what === "failed" && detail === kind;
  const flights = flightsIn(run, whole, isIt);
  const shortest = Math.min(...flights);
  if (!flights.length || shortest < AT_ONCE) return "in time";
  const digits = shortest < 1 ? 100 : 10;
  return `within ${Math.floor(shortest * digits + 1e-6) / digits} s`;
}

/** @param {RunSoFar} soFar */
function statusOf(soFar) {
  const status = refusalOf(soFar);
  return status === undefined ? "" : `the API answered ${status}`;
}

/**
 * The status of most refusals; undefined if there are none.
 *
 * @param {RunSoFar} soFar
 */
function refusalOf(soFar) {
  const statuses = soFar.endings("refused").map(({ detail }) => Number(detail));
  return mostFrequent(statuses.filter(isRefusal));
}

/**
 * @param {RunSoFar} soFar
 * @param {QuotaPolicy} policy
 */
function tokensUsed(soFar, { tokens, period }) {
  const highest = mostTokens(soFar);
  if (highest < TOKENS_USED_UP * tokens) return statusOf(soFar);
  const used = `${withCommas(highest)} of ${withCommas(tokens)} ${inOnePeriod(period)}`;
  return `the tokens ran out (${used}), not the requests`;
}

/**
 * @template Value
 * @param {Value[]} values
 * @returns {Value | undefined}
 */
function mostFrequent(values) {
  /** @type {Map<Value, number>} */
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return [...counts.keys()].find((value) => counts.get(value) === most);
}
