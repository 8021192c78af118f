// When many requests of a run were in the same state.

import { sleepsIn } from "./sentence/sleepers.js";
import { ASLEEP_AFTER_SECONDS, CONNECTED_SECONDS } from "./thresholds.js";

/** How long they have to be there together, unless even the longest stay is short. */
const LOOK_SECONDS = 0.2;

/** A crowd is shown so soon after it has gathered: what has led to it can still be seen. */
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
 *
 * @typedef {object} Stretch Nothing changes for so many seconds from `time` on.
 * @property {number} time
 * @property {number} count
 * @property {number} seconds
 */

/**
 * When a crowd of requests had not arrived for long; null if all arrived at once.  While
 * connections are made there may be more of them, but that passes.
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
  return longestCrowd(stays.filter(({ from, to }) => to - from > moment));
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
 * When the most have been there together for a while: what has led to it can still be seen.
 *
 * @param {Stay[]} stays
 * @returns {Most | null} Null if there are none.
 */
export function mostAtOnce(stays) {
  if (stays.length === 0) return null;
  const look = lookSeconds(stays);
  const settled = stays
    .map(({ from, to }) => ({ from: from + look, to }))
    .filter(({ from, to }) => to > from);
  const { time } = stretchesOf(settled).reduce(fuller);
  const there = stays.filter(({ from, to }) => from <= time && time < to);
  return { time, count: there.length };
}

/**
 * When there are many for long, and neither more nor less.
 *
 * @param {Stay[]} stays
 * @returns {Most | null} Null if there are none.
 */
export function longestCrowd(stays) {
  const stretches = stretchesOf(stays);
  if (stretches.length === 0) return null;
  const { time, count, seconds } = stretches.reduce(moreForLonger);
  return { time: time + Math.min(seconds / 2, SOON_SECONDS), count };
}

/**
 * For how long they have to be there: less where none stays for long.
 *
 * @param {Stay[]} stays
 */
function lookSeconds(stays) {
  const longest = stays.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  return Math.min(LOOK_SECONDS, longest / 2);
}

/**
 * @param {Stay[]} stays
 * @returns {Stretch[]} From one change to the next.
 */
function stretchesOf(stays) {
  const begins = stays.map(({ from }) => ({ time: from, change: 1 }));
  const ends = stays.map(({ to }) => ({ time: to, change: -1 }));
  const changes = [...begins, ...ends].sort((one, other) => one.time - other.time);
  /** @type {Stretch[]} */
  const stretches = [];
  let count = 0;
  changes.slice(0, -1).forEach(({ time, change }, i) => {
    count += change;
    const seconds = changes[i + 1].time - time;
    if (seconds > 0) stretches.push({ time, count, seconds });
  });
  return stretches;
}

/**
 * @param {Stretch} one
 * @param {Stretch} other
 */
function moreForLonger(one, other) {
  return one.count * one.seconds >= other.count * other.seconds ? one : other;
}

/**
 * The one in which more are there; of equals the longer, or else the earlier.
 *
 * @param {Stretch} one
 * @param {Stretch} other
 */
function fuller(one, other) {
  if (one.count !== other.count) return one.count > other.count ? one : other;
  return one.seconds >= other.seconds ? one : other;
}
