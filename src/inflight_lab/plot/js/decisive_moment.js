// The moment of a finished run that shows best what became of it.

import { wasLetIn } from "./flow/arrivals.js";
import { windowAge } from "./flow/quota.js";
import { motionOf } from "./flow/request.js";
import { Requests } from "./flow/requests.js";
import { mostAsleep, mostNotArrived } from "./most_at_once.js";
import { levelAt, policyAt } from "./run.js";
import { NEARLY_USED } from "./thresholds.js";
import { atTime, many, perWords, unbroken, withCommas } from "./words.js";

/** Refusals that come within this many seconds of the first are of the same burst. */
const BURST_SECONDS = 0.2;

/** Seconds before a run is stopped: all that this ends is still under way. */
const JUST_BEFORE = 0.01;

/**
 * @import { Arrival } from "./flow/arrivals.js"
 * @import { FlowRequest } from "./flow/request.js"
 * @import { Point, QuotaPolicy, RequestEvent, Run } from "./run.js"
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
 * The moments that a page can ask for, by what is seen in them: `MOMENTS` in
 * `inflight_lab/plot/player.py`.
 *
 * @type {{ [name: string]: (run: Run) => Moment | null }}
 */
const BY_NAME = {
  "not arrived": notArrivedMoment,
  asleep: asleepMoment,
  refused: refusalMoment,
  "fullest window": windowMoment,
  steady: middleMoment,
};

export const MOMENT_NAMES = Object.keys(BY_NAME);

/**
 * The moment that is asked for, if there is one in this run.  Otherwise the first refusal; or
 * else the moment before the run was stopped; or one in which most slots sleep; or the
 * fullest window, if it was nearly full; or a steady moment.
 *
 * @param {Run} run A run that is over.
 * @param {string} [wanted] Its name; "" for none.
 * @returns {Moment}
 */
export function decisiveMoment(run, wanted = "") {
  return BY_NAME[wanted]?.(run) ?? refusalMoment(run) ?? stopMoment(run) ??
    sleepyMoment(run) ?? windowMoment(run) ?? middleMoment(run);
}

/**
 * When a crowd of requests stood at "not arrived" for long.
 *
 * @param {Run} run
 */
function notArrivedMoment(run) {
  const most = mostNotArrived(run);
  return most && momentOf(`${withCommas(most.count)} not arrived`, most.time);
}

/**
 * When the most slots were asleep.
 *
 * @param {Run} run
 */
function asleepMoment(run) {
  const most = mostAsleep(run);
  return most && momentOf(`${many(most.count, "slot")} asleep`, most.time);
}

/**
 * The same, if at least half of the slots slept.
 *
 * @param {Run} run
 */
function sleepyMoment(run) {
  const most = mostAsleep(run);
  if (!most) return null;
  const limit = levelAt(run.levels.limit, most.time) ?? 0;
  return most.count >= limit / 2 ? asleepMoment(run) : null;
}

/**
 * The first refused request, at the API, as soon as those of its burst are there, too: the
 * last of them has just found the window full.
 *
 * @param {Run} run
 */
function refusalMoment(run) {
  const requests = requestsOf(run).takeSentUpTo(Infinity);
  const refused = requests.filter(({ outcome }) => outcome === "refused");
  if (refused.length === 0) return null;
  const first = refused.reduce(firstToArrive);
  const halfOfItsStay = (first.ended - first.arrived) / 2;
  const until = first.arrived + Math.min(halfOfItsStay, BURST_SECONDS / run.slow);
  const burst = refused.map(({ arrived }) => arrived).filter((time) => time <= until);
  const time = Math.max(...burst);
  const wereOthersBefore = run.dropped.refused > 0;
  return momentOf(wereOthersBefore ? "a refusal" : "the first refusal", time);
}

/**
 * Right before the rest was cancelled; or, of a plot that ended before the requests, its end.
 *
 * @param {Run} run
 */
function stopMoment(run) {
  if (run.stopped) return momentOf("right before it was stopped", timeBeforeStop(run));
  const isCutShort = run.counts.inFlight + run.counts.waiting > 0;
  return isCutShort ? momentOf("its end", run.now) : null;
}

/** @param {Run} run */
function timeBeforeStop({ events, now }) {
  const cancelled = firstCancelledAfterTheLastSend(events);
  return cancelled ? Math.max(0, cancelled.time - JUST_BEFORE) : now;
}

/**
 * The fullest window of a quota that counts in windows, if it was nearly full.
 *
 * @param {Run} run
 */
function windowMoment(run) {
  const letIn = requestsOf(run).arrivals.filter(wasLetIn);
  const fullest = fullestWindow(letIn, run);
  if (!fullest) return null;
  const { time, count, policy } = fullest;
  if (count < NEARLY_USED * policy.rate) return null;
  const ofAllowed = `${withCommas(count)} of ${withCommas(policy.rate)}`;
  const words = `the fullest ${perWords(policy.period)}, ${ofAllowed}`;
  return momentOf(words, time);
}

/**
 * Half way through the level in flight that lasted longest, in the middle half of the work.
 *
 * @param {Run} run
 */
function middleMoment(run) {
  return momentOf("a steady moment", steadyMiddle(run));
}

/**
 * @param {string} name
 * @param {number} time
 * @returns {Moment}
 */
function momentOf(name, time) {
  return { time, words: unbroken(`${name}, ${atTime(time)}`) };
}

/** @param {Run} run */
const requestsOf = (run) => new Requests(run, motionOf(run, { still: true }));

/**
 * @param {FlowRequest} one
 * @param {FlowRequest} other
 */
const firstToArrive = (one, other) => other.arrived < one.arrived ? other : one;

/** @param {RequestEvent[]} events */
function firstCancelledAfterTheLastSend(events) {
  const lastSent = events.findLastIndex(({ what }) => what === "sent");
  const later = events.slice(lastSent + 1);
  return later.find(({ what }) => what === "cancelled");
}

/**
 * The window in which most requests were let in; null if the quota has no windows.
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
    if (!policy || !hasWindow(policy)) return;
    const age = windowAge(policy, time, run.windowOffset);
    while (time - letIn[first].time >= age) first += 1;
    const count = last - first + 1;
    if (!fullest || count > fullest.count) fullest = { time, count, policy };
  });
  return fullest;
}

/** @param {QuotaPolicy} policy */
function hasWindow({ kind }) {
  return kind === "fixed-window" || kind === "sliding-window";
}

/** @param {Run} run */
function steadyMiddle(run) {
  const { levels, completeSince: begin } = run;
  const points = levels.server.length > 0 ? levels.server : levels.client;
  const end = endOfWork(points, run.now);
  const quarter = (end - begin) / 4;
  const middle = { from: begin + quarter, to: end - quarter };
  let longest = { from: begin + 2 * quarter, to: begin + 2 * quarter };
  points.forEach((point, i) => {
    if (point.last === 0) return; // there is nothing to see
    const lasts = {
      from: Math.max(middle.from, point.time),
      to: Math.min(middle.to, points[i + 1]?.time ?? end),
    };
    if (lasts.to - lasts.from > longest.to - longest.from) longest = lasts;
  });
  return (longest.from + longest.to) / 2;
}

/**
 * When the last request in flight came back.  A run may go on after that, because another
 * one beside it does.
 *
 * @param {Point[]} points The level in flight.
 * @param {number} now
 */
function endOfWork(points, now) {
  const last = points.at(-1);
  return last && last.last === 0 ? last.time : now;
}
