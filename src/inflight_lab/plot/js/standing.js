// The state of a run, in words.

import { doneOf } from "./counts.js";
import { levelAt, policyAt } from "./run.js";

/**
 * @import { Counts, Run } from "./run.js"
 */

/**
 * @param {Run} run
 * @param {number} time
 * @param {Counts} counts The counts at that time.
 * @param {boolean} live Whether the run is going on.
 */
export function standingInWords(run, time, counts, live) {
  const client = levelAt(run.levels.client, time) ?? "not observed";
  const limit = levelAt(run.levels.limit, time) ?? "none";
  const words = [
    `${phaseOf(counts, live)}: ${doneOf(counts)} of ${counts.started} done`,
    `in flight ${counts.inFlight} (client ${client})`,
    `limit ${limit}`,
    `waiting ${counts.waiting}`,
    `accepted ${counts.accepted}`,
    `refused ${counts.refused}`,
    `failed ${counts.failed}`,
    `cancelled ${counts.cancelled}`,
    ...lastPeriodInWords(run, time),
  ];
  return words.join(" · ");
}

/**
 * @param {Counts} counts
 * @param {boolean} live
 */
function phaseOf({ started, cancelled }, live) {
  if (live) return "running";
  if (!started) return "ready";
  return cancelled ? "stopped" : "finished";
}

/**
 * How much was sent in the last period, and how much is allowed.
 *
 * @param {Run} run
 * @param {number} time
 */
function lastPeriodInWords(run, time) {
  const rate = levelAt(run.levels.rate, time) ?? 0;
  const sent = `${rate} sent in the last period`;
  const policy = policyAt(run, time);
  if (!policy) return [sent];
  const words = [`${sent}, ${policy.rate} allowed`];
  if (policy.tokens) {
    const tokens = levelAt(run.levels.tokens, time) ?? 0;
    words.push(`${tokens} tokens in the last period, ${policy.tokens} allowed`);
  }
  return words;
}
