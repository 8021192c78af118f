// How a run stood at a time, in numbers.

import { addOutcomes } from "./outcomes.js";
import { indexAt, levelAt } from "./run.js";

/**
 * @import { Counts, Dropped, Run } from "./run.js"
 */

/**
 * Up to `now` the kernel has counted; before that the events say it.
 *
 * @param {Run} run
 * @param {number} time
 * @returns {Counts}
 */
export function countsAt(run, time) {
  if (time >= run.now) return run.counts;
  const { server, client, waiting } = run.levels;
  const inFlight = levelAt(server.length ? server : client, time) ?? 0;
  const open = levelAt(client.length ? client : server, time) ?? 0;
  const queued = levelAt(waiting, time) ?? 0;
  const outcomes = outcomesAt(run, time);
  return {
    ...outcomes,
    started: doneOf(outcomes) + outcomes.cancelled + open + queued,
    waiting: queued,
    inFlight,
  };
}

/**
 * How many requests have an answer or an error; those that were cancelled are not done.
 *
 * @param {Dropped} outcomes
 */
export const doneOf = ({ accepted, refused, failed }) => accepted + refused + failed;

/**
 * @param {Run} run
 * @param {number} time
 */
function outcomesAt(run, time) {
  const outcomes = { ...run.dropped };
  const end = indexAt(run.events, time) + 1;
  addOutcomes(run.events.slice(0, end), outcomes);
  return outcomes;
}
