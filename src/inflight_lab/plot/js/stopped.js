// Whether a run was cut short.

import { howMany } from "./outcomes.js";

/** What is cancelled within this many seconds is cancelled at once. */
const AT_ONCE = 0.05;

/** @import { RequestEvent } from "./run.js" */

/**
 * Whether requests were never sent, or several were cancelled at once: a time-out of one
 * request does not stop a run.
 *
 * @param {RequestEvent[]} events
 */
export function wasStopped(events) {
  return neverSent(events) > 0 || severalCancelledAtOnce(events);
}

/**
 * How many requests were given up before they were sent.
 *
 * @param {RequestEvent[]} events
 */
export function neverSent(events) {
  return cancellations(events)
    .filter(({ request }) => request === null)
    .reduce((sum, event) => sum + howMany(event), 0);
}

/** @param {RequestEvent[]} events */
function severalCancelledAtOnce(events) {
  const times = cancellations(events).map(({ time }) => time);
  return times.some((time, i) => i > 0 && time - times[i - 1] <= AT_ONCE);
}

/** @param {RequestEvent[]} events */
const cancellations = (events) => events.filter(({ what }) => what === "cancelled");
