// When most requests of a run were in the same state, for as long as one can look at it.

import { sleepsIn } from "./sentence/sleepers.js";
import { ASLEEP_AFTER_SECONDS, CONNECTED_SECONDS } from "./thresholds.js";

const SOON_SECONDS = 0.3;

/**
 * @import { Run } from "./run.js"
 *
 * @typedef {object} Stay From when to when a request is in a state.
 * @property {number} from
 * @property {number} to
 *
 * @typedef {object} Most
 * @property {number} time
 * @property {number} count How many are in that state then.
 */

/**
 * When most of the requests that were sent had not arrived; null if all arrived at once.
 *
 * @param {Run} run
 */
export function mostNotArrived({ events, slow, now }) {
  /** @type {Map<number | null, number>} When each was sent that is on its way. */
  const sent = new Map();
  /** @type {Stay[]} */
  const stays = [];
  for (const { time, what, request } of events) {
    if (what === "sent") sent.set(request, time);
    else if (sent.has(request)) {
      stays.push({ from: Number(sent.get(request)), to: time });
      sent.delete(request);
    }
  }
  for (const from of sent.values()) stays.push({ from, to: now });
  const moment = CONNECTED_SECONDS / slow;
  return mostAtOnce(stays.filter(({ from, to }) => to - from > moment));
}

/**
 * When most slots were asleep; null if none was.
 *
 * @param {Run} run
 */
export function mostAsleep({ events, now }) {
  const stays = sleepsIn(events).map(({ since, until }) => ({
    from: since + ASLEEP_AFTER_SECONDS,
    to: Math.min(until, now),
  }));
  return mostAtOnce(stays.filter(({ from, to }) => to > from));
}

/**
 * The stretch of time in which there are many for long: soon after its beginning, when what
 * has led to it can still be seen.
 *
 * @param {Stay[]} stays
 * @returns {Most | null} Null if there are none.
 */
export function mostAtOnce(stays) {
  const begins = stays.map(({ from }) => ({ time: from, change: 1 }));
  const ends = stays.map(({ to }) => ({ time: to, change: -1 }));
  const changes = [...begins, ...ends].sort((one, other) => one.time - other.time);
  /** @type {Most | null} */
  let most = null;
  let longest = 0;
  let count = 0;
  changes.forEach(({ time, change }, i) => {
    count += change;
    const next = changes[i + 1]?.time ?? time;
    const size = count * (next - time);
    if (size > longest) {
      longest = size;
      most = { time: time + Math.min((next - time) / 2, SOON_SECONDS), count };
    }
  });
  return most;
}
