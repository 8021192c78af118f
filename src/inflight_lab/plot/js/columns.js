// The wire format: the kernel sends a run, and later what is new in it, as columns of values.

/**
 * @import { Counts, LatencyChange, Line, OutcomeCounts, Point, PolicyChange, QuotaPolicy, RequestEvent,
 *   What } from "./run.js"
 *
 * @typedef {object} LevelColumns
 * @property {number[]} times
 * @property {number[]} lowest
 * @property {number[]} highest
 * @property {number[]} last
 *
 * @typedef {object} EventColumns
 * @property {number[]} times
 * @property {What[]} what
 * @property {(number | null)[]} requests
 * @property {(number | string | null)[]} details
 * @property {(number | null)[]} quota
 *
 * @typedef {{ time: number, max_concurrent?: number }
 *   & ({ kind: "none" } | QuotaPolicy)} PolicyRow
 *
 * @typedef {OutcomeCounts & { started: number, waiting: number, in_flight: number,
 *   announced: number, most_tokens?: number, elapsed?: number, busiest_period?: number }} CountFields
 *
 * @typedef {object} Columns
 * @property {number} now
 * @property {boolean} live
 * @property {boolean} [stopped] Missing in old recordings, like the next three.
 * @property {number} [slow]
 * @property {boolean} [unlimited]
 * @property {number} [window_offset]
 * @property {number} [phase] Its name in old recordings.
 * @property {CountFields} counts
 * @property {OutcomeCounts} dropped
 * @property {PolicyRow[]} policies
 * @property {LatencyChange[]} [latencies] Missing in old recordings.
 * @property {{ [line in Line]?: LevelColumns }} levels
 * @property {EventColumns} events
 */

/** @returns {Columns} A run in which nothing has happened. */
export function emptyColumns() {
  const none = { accepted: 0, refused: 0, failed: 0, cancelled: 0 };
  return {
    now: 0,
    live: false,
    stopped: false,
    slow: 1,
    unlimited: false,
    window_offset: 0,
    counts: {
      ...none,
      started: 0,
      waiting: 0,
      in_flight: 0,
      announced: 0,
    },
    dropped: none,
    policies: [],
    levels: {},
    events: { times: [], what: [], requests: [], details: [], quota: [] },
  };
}

/**
 * @param {LevelColumns} [columns]
 * @returns {Point[]}
 */
export function pointsFrom(columns) {
  if (!columns) return [];
  const { times, lowest, highest, last } = columns;
  return times.map((time, i) => ({
    time,
    lowest: lowest[i],
    highest: highest[i],
    last: last[i],
  }));
}

/**
 * @param {EventColumns} columns
 * @returns {RequestEvent[]}
 */
export function eventsFrom({ times, what, requests, details, quota }) {
  return times.map((time, i) => ({
    time,
    what: what[i],
    request: requests[i],
    detail: details[i],
    quota: quota[i],
  }));
}

/**
 * @param {PolicyRow[]} rows
 * @returns {PolicyChange[]}
 */
export function policyChangesFrom(rows) {
  return rows.map(({ time, max_concurrent: maxConcurrent = 0, ...policy }) => {
    return { time, policy: policy.kind === "none" ? null : policy, maxConcurrent };
  });
}

/**
 * @param {CountFields} fields
 * @returns {Counts}
 */
export function countsFrom({ in_flight, most_tokens, busiest_period, ...counts }) {
  return {
    ...counts,
    inFlight: in_flight,
    mostTokens: most_tokens,
    busiestPeriod: busiest_period,
  };
}
