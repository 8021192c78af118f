// The arrivals at the API, in the order of time, and which of them it let in.

import { isRefusal } from "../outcomes.js";
import { lastIndexUpTo } from "../run.js";

/**
 * @typedef {object} Arrival
 * @property {number} time
 * @property {number | null} serverStatus The status with which the server will answer.
 * @property {number | null} quota How the quota stood right after, where the server counts.
 * @property {import("./request.js").FlowRequest | null} request
 */

/**
 * Whether the API let a request in.  Where only the client is observed, its answer tells.
 *
 * @param {Arrival} arrival
 */
export function wasLetIn({ serverStatus, request }) {
  return !isRefusal(serverStatus ?? request?.status);
}

/**
 * The arrivals that were let in within the last `seconds` before `time`.
 *
 * @param {Arrival[]} arrivals
 * @param {number} time
 * @param {number} seconds
 */
export function letInWithin(arrivals, time, seconds) {
  const found = [];
  for (let i = lastIndexUpTo(arrivals, time); i >= 0; i -= 1) {
    const arrival = arrivals[i];
    if (time - arrival.time >= seconds) break;
    if (wasLetIn(arrival)) found.push(arrival);
  }
  return found.reverse();
}

/**
 * The last arrival up to `time` whose quota is known.
 *
 * @param {Arrival[]} arrivals
 * @param {number} time
 * @returns {{ time: number, quota: number } | null}
 */
export function lastCounted(arrivals, time) {
  for (let i = lastIndexUpTo(arrivals, time); i >= 0; i -= 1) {
    const { time, quota } = arrivals[i];
    if (quota !== null) return { time, quota };
  }
  return null;
}
