// How the API's quota stands at a time: a window, a bucket, or evenly spaced ticks.

import { lastCounted, letInWithin } from "./arrivals.js";

/**
 * @import { QuotaPolicy } from "../run.js"
 * @import { Arrival } from "./arrivals.js"
 */

/** Times are rounded: an arrival at the beginning of a fixed window is in it. */
const EXACTLY = 1e-7;

/**
 * How many seconds a window goes back at a time: a sliding one by a period, and a fixed one to
 * its beginning.
 *
 * @param {QuotaPolicy} policy
 * @param {number} time
 * @param {number} windowOffset Seconds into a fixed window at time 0.
 */
export function windowAge({ kind, period }, time, windowOffset) {
  return kind === "fixed-window" ? (time + windowOffset + EXACTLY) % period : period;
}

/**
 * A sliding window always covers one period; a fixed one is emptied after each, so it has an
 * `age`.
 *
 * @typedef {object} WindowView
 * @property {number} age Seconds since the window began.
 * @property {number[]} times The arrivals that are counted in it.
 *
 * @param {Arrival[]} arrivals
 * @param {QuotaPolicy} policy
 * @param {number} time
 * @param {number} windowOffset Seconds into a fixed window at time 0.
 * @returns {WindowView}
 */
export function windowAt(arrivals, policy, time, windowOffset) {
  const age = windowAge(policy, time, windowOffset);
  const times = letInWithin(arrivals, time, age).map((arrival) => arrival.time);
  return { age, times };
}

/**
 * How many tokens are in the bucket, fractions included.
 *
 * @param {Arrival[]} arrivals
 * @param {QuotaPolicy} policy
 * @param {number} time
 */
export function tokensAt(arrivals, { rate, period, burst }, time) {
  const last = lastCounted(arrivals, time);
  if (!last) return burst;
  const refilled = ((time - last.time) * rate) / period;
  return Math.max(0, Math.min(burst, last.quota + refilled));
}

/**
 * @typedef {object} TicksView
 * @property {number} due When the next request is due; in the past, if it may come now.
 * @property {number[]} used The ticks used by arrivals of the last period.
 *
 * @param {Arrival[]} arrivals
 * @param {QuotaPolicy} policy
 * @param {number} time
 * @returns {TicksView}
 */
export function ticksAt(arrivals, { rate, period }, time) {
  const last = lastCounted(arrivals, time);
  const spacing = period / rate;
  /** @param {Arrival} arrival */
  const tickOf = ({ time, quota }) => quota === null ? time : time + quota - spacing;
  const used = letInWithin(arrivals, time, period).map(tickOf);
  return { due: last ? last.time + last.quota : 0, used };
}
