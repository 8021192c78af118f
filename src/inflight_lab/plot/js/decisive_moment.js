// The moment of a finished run that shows best what became of it.

import { wasLetIn } from "./flow/arrivals.js";
import { inSlowMotion, MOVING } from "./flow/request.js";
import { Requests } from "./flow/requests.js";
import { beginningOf, policyAt } from "./run.js";
import { perWords, rounded } from "./words.js";

/**
 * A refused request is shown this many seconds after it has come to the API, at most: for as
 * long as the API's frame is red.
 */
const REFUSED_SECONDS = 0.1;

/** Seconds before a run is stopped: all that this ends is still under way. */
const JUST_BEFORE = 0.01;

/** A window is full enough to be shown if it holds this share of what is allowed. */
const NEARLY_FULL = 0.9;

/**
 * @import { Arrival } from "./flow/arrivals.js"
 * @import { FlowRequest } from "./flow/request.js"
 * @import { Point, QuotaPolicy, Run } from "./run.js"
 *
 * @typedef {object} Moment
 * @property {number} time
 * @property {string} words What is seen, and when.
 *
 * @typedef {object} FullWindow
 * @property {number} time When the last request in it arrived.
 * @property {number} count How many were let in within it.
 * @property {QuotaPolicy} policy
 */

/**
 * The first refusal; or else the moment before the run was stopped; or the fullest window, if
 * it was nearly full; or the steady middle.
 *
 * @param {Run} run A run that is over.
 * @returns {Moment}
 */
export function decisiveMoment(run) {
  const motion = inSlowMotion(MOVING, run.slow);
  const requests = new Requests(run, motion);
  const refusal = firstRefusal(requests.takeSentUpTo(Infinity), run.slow);
  const isFirst = run.dropped.refused === 0;
  if (refusal !== null) {
    return momentOf(isFirst ? "the first refusal" : "a refusal", refusal);
  }
  const stop = timeOfStop(run);
  if (stop !== null) return momentOf("right before it was stopped", stop);
  const letIn = requests.arrivals.filter(wasLetIn);
  const window = fullestWindow(letIn, run);
  if (window && window.count >= NEARLY_FULL * window.policy.rate) {
    const { count, policy } = window;
    const name = `the fullest ${perWords(policy.period)}, ${count} of ${policy.rate}`;
    return momentOf(name, timeOfWindow(letIn, window, run.phase, motion.fly));
  }
  return momentOf("the steady middle", steadyMiddle(run));
}

/**
 * @param {string} name
 * @param {number} time
 * @returns {Moment}
 */
function momentOf(name, time) {
  return { time, words: `${name}, at ${rounded(time, 1)} s` };
}

/**
 * When the first refused request is at the API.
 *
 * @param {FlowRequest[]} requests
 * @param {number} slow
 */
function firstRefusal(requests, slow) {
  const refused = requests.filter(({ outcome }) => outcome === "refused");
  if (refused.length === 0) return null;
  const first = refused.reduce((one, other) => {
    return other.apiTime < one.apiTime ? other : one;
  });
  const halfOfItsStay = (first.answerTime - first.apiTime) / 2;
  return first.apiTime + Math.min(halfOfItsStay, REFUSED_SECONDS / slow);
}

/**
 * Right before the rest was cancelled; or the end of a run that was cut short.
 *
 * @param {Run} run
 */
function timeOfStop({ events, counts, now }) {
  const lastSent = events.findLastIndex(({ what }) => what === "sent");
  const cancelled = events.slice(lastSent + 1).find(({ what }) => what === "cancelled");
  if (cancelled) return Math.max(0, cancelled.time - JUST_BEFORE);
  return counts.inFlight + counts.waiting > 0 ? now : null;
}

/**
 * The window in which most requests were let in, where there is a quota.
 *
 * @param {Arrival[]} letIn
 * @param {Run} run
 * @returns {FullWindow | null}
 */
function fullestWindow(letIn, run) {
  /** @type {FullWindow | null} */
  let fullest = null;
  let first = 0;
  letIn.forEach(({ time }, last) => {
    const policy = policyAt(run, time);
    if (!policy) return;
    const begin = beginOfWindow(policy, time, run.phase);
    while (letIn[first].time <= begin) first += 1;
    const count = last - first + 1;
    if (!fullest || count > fullest.count) fullest = { time, count, policy };
  });
  return fullest;
}

/**
 * When the last dot of a full window has come to the API, if the window is as full by then.
 *
 * @param {Arrival[]} letIn
 * @param {FullWindow} window
 * @param {number} phase Seconds into a fixed window at time 0.
 * @param {number} fly Seconds on the way there.
 */
function timeOfWindow(letIn, { time, count, policy }, phase, fly) {
  const later = time + fly;
  const begin = beginOfWindow(policy, later, phase);
  const inWindow = letIn.filter((each) => each.time > begin && each.time <= later);
  return inWindow.length >= count ? later : time;
}

/**
 * @param {QuotaPolicy} policy
 * @param {number} time
 * @param {number} phase Seconds into a fixed window at time 0.
 */
function beginOfWindow({ kind, period }, time, phase) {
  return kind === "fixed-window" ? time - ((time + phase) % period) : time - period;
}

/**
 * Half way through the level in flight that lasted longest, in the middle half of the run.
 *
 * @param {Run} run
 */
function steadyMiddle(run) {
  const { levels, now } = run;
  const points = levels.server.length > 0 ? levels.server : levels.client;
  const begin = beginningOf(run);
  const quarter = (now - begin) / 4;
  const middle = { from: begin + quarter, until: now - quarter };
  let longest = { from: begin + 2 * quarter, until: begin + 2 * quarter };
  points.forEach((point, i) => {
    const lasts = {
      from: Math.max(middle.from, point.time),
      until: Math.min(middle.until, points[i + 1]?.time ?? now),
    };
    if (lasts.until - lasts.from > longest.until - longest.from) longest = lasts;
  });
  return (longest.from + longest.until) / 2;
}
