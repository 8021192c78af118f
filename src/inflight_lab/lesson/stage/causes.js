// Why requests were refused, failed, or are kept back, as far as a page knows: of a
// refusal it is sent the status alone.

import { inWords, secondsInWords, spanInWords } from "./quota.js";
import { countsAt } from "./run.js";

/** @import { Quota, Run } from "./run.js" */

/** How many connections httpx opens: a request without one waits inside the client. */
export const CONNECTIONS = 100;

/** A shorter gap after a refusal is no pause, in seconds. */
const SHORTEST_PAUSE = 0.5;

/**
 * Why the last that was refused was.
 *
 * @param {Run} run
 * @param {number} time
 * @param {number} [since] What came before is not counted.
 */
export function whyRefused(run, time, since = -Infinity) {
  const last = run.journeys.findLast(({ outcome, arrived }) =>
    outcome === "refused" && arrived <= time
  );
  const status = last?.reason ?? 429;
  if (status === 402) return "the plan is used up";
  const { quota, maxConcurrent } = run.settingAt(last?.arrived ?? time);
  if (maxConcurrent && status !== 429) {
    return `more than ${inWords(maxConcurrent)} came at once`;
  }
  if (!quota) return `the API answered ${status}`;
  const { shape, rate, period, burst } = quota;
  const most = busiest(run, period, since, time);
  if (quota.tokens && most <= rate) return "the tokens ran out, not the requests";
  if (shape === "spacing") return `they came faster than ${everyInWords(quota)}`;
  if (shape === "bucket") return `the bucket of ${inWords(burst)} was empty`;
  if (most <= rate) return `the API answered ${status}`;
  const upTo = run.isUnlimited ? "" : "up to "; // refused in several periods, perhaps
  const came = `${upTo}${inWords(most)} came within ${spanInWords(period)}`;
  return `${came}, ${inWords(rate)} allowed`;
}

/**
 * The pause after a refusal in which nobody sends, if there is one at a time.  While a
 * run goes on, nobody knows when it ends.
 *
 * @param {Run} run
 * @param {number} time
 * @returns {{ since: number, until: number } | null}
 */
export function pauseAt(run, time) {
  const since = run.ends.refused.firstAfter(run.sent.lastUpTo(time));
  const until = run.sent.firstAfter(time);
  const isPause = Math.min(until, run.now) - since >= SHORTEST_PAUSE;
  if (time < since || !isPause || isAnyKept(run, time)) return null;
  return until < Infinity || isAnyLeft(run, time) ? { since, until } : null;
}

/**
 * Whether a slot is kept after its answer: its runner sleeps.
 *
 * @type {typeof isAnyLeft}
 */
function isAnyKept({ holds }, time) {
  return holds.some((each) => {
    const { until = 0, last } = each.at(time) ?? {};
    return time < until && (last?.sent ?? Infinity) <= time;
  });
}

/**
 * Whether more may be sent, as far as anybody knows.
 *
 * @param {Run} run
 * @param {number} time
 */
function isAnyLeft(run, time) {
  return run.isLive && (!run.knowsWaiting || countsAt(run, time).waiting > 0);
}

/** Why the last that failed did. @param {Run} run @param {number} time */
export function whyFailed(run, time) {
  const last = run.journeys.findLast(({ outcome, ended }) =>
    outcome === "failed" && ended <= time
  );
  const { reason = null, sent = 0, ended = 0 } = last ?? {};
  if (reason === null) return "";
  if (typeof reason === "number") return `the API answered ${reason}`;
  const within = `within ${secondsInWords(ended - sent)} (${reason})`;
  if (reason === "PoolTimeout") return `no free connection ${within}`;
  return reason.endsWith("Timeout") ? `no answer ${within}` : reason;
}

/** @param {Quota} quota */
export function everyInWords({ rate, period }) {
  return `one every ${secondsInWords(period / rate)}`;
}

/**
 * The most that came to the API within any one period.
 *
 * @param {Run} run
 * @param {number} period
 * @param {number} since
 * @param {number} until
 */
export function busiest({ letIn, turned }, period, since, until) {
  const times = [letIn, turned].flatMap((each) => each.between(since, until));
  times.sort((one, other) => one - other);
  let first = 0;
  let most = 0;
  times.forEach((time, index) => {
    while (times[first] <= time - period) first += 1;
    most = Math.max(most, index + 1 - first);
  });
  return most;
}
