// The counts of a run at a time.

import { addOutcomes } from "./outcomes.js";
import { lastIndexUpTo, levelAt } from "./run.js";

/**
 * @import { Counts, OutcomeCounts, Run } from "./run.js"
 */

/**
 * The counts at a time: the kernel's own for `now`, and worked out from the events before.
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
  const { accepted, refused, failed, cancelled } = outcomes;
  return {
    ...outcomes,
    started: accepted + refused + failed + cancelled + open + queued,
    waiting: queued,
    inFlight,
    announced: run.counts.announced,
  };
}

/**
 * @param {Run} run
 * @param {number} time
 */
function outcomesAt(run, time) {
  const outcomes = { ...run.dropped };
  const end = lastIndexUpTo(run.events, time) + 1;
  addOutcomes(run.events.slice(0, end), outcomes);
  return outcomes;
}
