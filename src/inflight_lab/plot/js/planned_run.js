// The run that a panel is about to send, as it would stand right before its first request.

import { emptyColumns } from "./columns.js";
import { Run } from "./run.js";

/**
 * @import { Columns, LevelColumns } from "./columns.js"
 * @import { QuotaPolicy } from "./run.js"
 *
 * @typedef {object} Plan
 * @property {number} count How many requests it will send.
 * @property {number | null} limit Null if the panel sets none.
 * @property {boolean} unlimited Whether it is known that there is none.
 * @property {QuotaPolicy | null} policy Null for no quota.
 * @property {number} [maxConcurrent] How many the API lets in at once; 0 for any number.
 * @property {number} slow By how much it will be slowed down.
 */

/**
 * @param {Plan} plan
 * @returns {Run}
 */
export function plannedRun(plan) {
  const { count, limit, unlimited, policy, slow, maxConcurrent = 0 } = plan;
  const columns = emptyColumns();
  const waiting = { started: count, waiting: count, announced: count };
  columns.counts = { ...columns.counts, ...waiting };
  columns.unlimited = unlimited;
  columns.slow = slow;
  const always = { time: 0, max_concurrent: maxConcurrent };
  columns.policies = [{ ...always, ...(policy ?? { kind: "none" }) }];
  columns.levels.waiting = levelFromTheBeginning(count);
  if (limit !== null) columns.levels.limit = levelFromTheBeginning(limit);
  return new Run(columns);
}

/**
 * @param {number} level
 * @returns {LevelColumns}
 */
function levelFromTheBeginning(level) {
  return { times: [0], lowest: [level], highest: [level], last: [level] };
}
