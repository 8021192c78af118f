// Runs for the tests, written briefly.

import { emptyColumns } from "../../../src/inflight_lab/plot/js/columns.js";
import { Run } from "../../../src/inflight_lab/plot/js/run.js";

/**
 * @import { Columns, PolicyRow } from "../../../src/inflight_lab/plot/js/columns.js"
 * @import { Kind, Line, Point, QuotaPolicy, RequestEvent, What } from "../../../src/inflight_lab/plot/js/run.js"
 *
 * @typedef {[time: number, what: What, request: number | null,
 *   detail?: RequestEvent["detail"], quota?: number | null]} Row
 */

/**
 * @typedef {object} Brief What a test says of a run.
 * @property {number} [now]
 * @property {boolean} [live]
 * @property {number} [window_offset]
 * @property {boolean} [stopped]
 * @property {number} [slow]
 * @property {boolean} [unlimited]
 * @property {Partial<Columns["counts"]>} [counts]
 * @property {Partial<Columns["dropped"]>} [dropped]
 * @property {PolicyRow[]} [policies]
 * @property {{ [line in Line]?: [time: number, level: number][] }} [levels]
 * @property {Row[]} [events]
 */

/** @type {{ time: number } & QuotaPolicy} 7 requests in any 2 seconds. */
export const SEVEN_IN_TWO = {
  time: 0,
  kind: "sliding-window",
  rate: 7,
  period: 2,
  burst: 1,
  tokens: 0,
};

/**
 * The quota of 7 in 2 seconds, of another kind.
 *
 * @param {Kind} kind
 * @param {number} burst
 */
export const sevenInTwo = (kind, burst = 1) => ({ ...SEVEN_IN_TWO, kind, burst });

/**
 * @param {Brief} brief
 * @returns {Columns}
 */
export function columnsOf({ counts, dropped, levels = {}, events = [], ...plain }) {
  const columns = { ...emptyColumns(), ...plain };
  columns.counts = { ...columns.counts, ...counts };
  columns.dropped = { ...columns.dropped, ...dropped };
  for (const [line, points] of Object.entries(levels)) {
    const last = points.map(([, level]) => level);
    const times = points.map(([time]) => time);
    columns.levels[/** @type {Line} */ (line)] = {
      times,
      lowest: last,
      highest: last,
      last,
    };
  }
  for (const [time, what, request, detail = null, quota = null] of events) {
    columns.events.times.push(time);
    columns.events.what.push(what);
    columns.events.requests.push(request);
    columns.events.details.push(detail);
    columns.events.quota.push(quota);
  }
  return columns;
}

/** @param {Brief} brief */
export const runOf = (brief) => new Run(columnsOf(brief));

/**
 * Points whose level does not change within their bin.
 *
 * @param {[time: number, level: number][]} points
 * @returns {Point[]}
 */
export function pointsOf(points) {
  return points.map(([time, last]) => ({ time, lowest: last, highest: last, last }));
}

/**
 * What happens to a request that is under way alone.
 *
 * @param {number} number
 * @param {{ sent: number, ended: number, status: number, arrived?: number,
 *   slot?: number | null, quota?: number | null }} about
 * @returns {Row[]}
 */
export function request(
  number,
  { sent, ended, status, slot = null, quota = null, arrived },
) {
  return [
    [sent, "sent", number, slot],
    [arrived ?? sent + 0.005, "arrived", number, status, quota],
    [ended, "answered", number, status],
  ];
}

/**
 * Have `performance.now` say what a test says, in seconds.
 *
 * @param {(set: (seconds: number) => void) => void} test
 */
export function onASetClock(test) {
  const usual = performance.now;
  let now = 0;
  performance.now = () => 1000 * now;
  try {
    test((seconds) => {
      now = seconds;
    });
  } finally {
    performance.now = usual;
  }
}
