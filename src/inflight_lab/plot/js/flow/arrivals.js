// The arrivals at the API, in the order of time, and which of them it let in.

import { isRefusal } from "../outcomes.js";
import { indexAt } from "../run.js";

/**
 * @typedef {object} Arrival
 * @property {number} time
 * @property {number | null} verdict The status with which the server will answer.
 * @property {number | null} quota How the quota stood right after, where the server counts.
 * @property {import("./request.js").FlowRequest | null} request
 */

/**
 * Where only the client is seen, its answer is the verdict, as soon as it is known.
 *
 * @param {Arrival} arrival
 */
export function wasLetIn({ verdict, request }) {
  return !isRefusal(verdict ?? request?.status);
}

/**
 * Those that were let in within the last `long` seconds before `time`.
 *
 * @param {Arrival[]} arrivals
 * @param {number} time
 * @param {number} long
 */
export function letInWithin(arrivals, time, long) {
  const found = [];
  for (let i = indexAt(arrivals, time); i >= 0; i -= 1) {
    const arrival = arrivals[i];
    if (time - arrival.time >= long) break;
    if (wasLetIn(arrival)) found.push(arrival);
  }
  return found.reverse();
}

/**
 * The last arrival up to `time` after which it is known how the quota stood.
 *
 * @param {Arrival[]} arrivals
 * @param {number} time
 * @returns {{ time: number, quota: number } | null}
 */
export function lastCounted(arrivals, time) {
  for (let i = indexAt(arrivals, time); i >= 0; i -= 1) {
    const { time, quota } = arrivals[i];
    if (quota !== null) return { time, quota };
  }
  return null;
}
