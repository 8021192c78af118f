// Slots that sleep: they are held although their answer has come.

import { eventsIn } from "../spans.js";
import { ASLEEP_AFTER_SECONDS } from "../thresholds.js";

/** A sleep may have begun up to this many seconds before the span. */
const LONGEST = 10;

/**
 * @import { RequestEvent, Run } from "../run.js"
 * @import { Span } from "../spans.js"
 *
 * @typedef {object} Sleepers
 * @property {number} count How many slots slept at any time of the span.
 * @property {number} pause For how long, on average of those that have woken; 0 if none has.
 */

/**
 * @param {Run} run
 * @param {Span} span
 * @returns {Sleepers}
 */
export function sleepersIn(run, { from, to }) {
  /** @type {Set<unknown>} */
  const slots = new Set();
  /** @type {number[]} */
  const pauses = [];
  const events = eventsIn(run, { from: from - LONGEST, to });
  for (const { slot, since, until } of sleepsIn(events)) {
    if (until > from && Math.min(until, to) > since + ASLEEP_AFTER_SECONDS) {
      slots.add(slot);
      if (until < Infinity) pauses.push(until - since);
    }
  }
  const total = pauses.reduce((sum, pause) => sum + pause, 0);
  return { count: slots.size, pause: total / (pauses.length || 1) };
}

/**
 * From each answer until its slot is freed or sends again, however short that is.
 *
 * @param {RequestEvent[]} events
 */
export function sleepsIn(events) {
  /** @type {Map<unknown, unknown>} */
  const slotOf = new Map();
  /** @type {Map<unknown, { slot: unknown, since: number, until: number }>} */
  const asleep = new Map();
  const sleeps = [];
  for (const { time, what, request, detail } of events) {
    if (what === "sent" || what === "freed") {
      const sleep = asleep.get(detail);
      if (sleep) sleep.until = time;
      asleep.delete(detail);
    }
    if (what === "sent" && detail !== null) slotOf.set(request, detail);
    if (what === "answered" && slotOf.has(request)) {
      const slot = slotOf.get(request);
      const sleep = { slot, since: time, until: Infinity };
      asleep.set(slot, sleep);
      sleeps.push(sleep);
    }
  }
  return sleeps;
}
