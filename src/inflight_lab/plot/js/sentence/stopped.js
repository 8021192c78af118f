// Whether a run was cut short.

import { howMany } from "../outcomes.js";

/** What is cancelled within this many seconds is cancelled at once. */
const AT_ONCE = 0.05;

/** @import { RunSoFar } from "./run_so_far.js" */

/**
 * Whether requests were never sent, or several were cancelled at once: a time-out of one
 * request does not stop a run.
 *
 * @param {RunSoFar} soFar
 */
export function wasStopped(soFar) {
  return neverSent(soFar) > 0 || severalCancelledAtOnce(soFar);
}

/**
 * How many requests were given up before they were sent.
 *
 * @param {RunSoFar} soFar
 */
export function neverSent(soFar) {
  return soFar.endings("cancelled")
    .filter(({ request }) => request === null)
    .reduce((sum, event) => sum + howMany(event), 0);
}

/** @param {RunSoFar} soFar */
function severalCancelledAtOnce(soFar) {
  const times = soFar.endings("cancelled").map(({ time }) => time);
  return times.some((time, i) => i > 0 && time - times[i - 1] <= AT_ONCE);
}
