// A run: what happened to a server, a client and their requests, and when.  All times are in
// seconds since the run began.  A live run grows, a recorded one is complete.

import { addOutcomes } from "./outcomes.js";

/** Seconds in which the kernel folds all that happens to a level into one point. */
export const BIN = 0.01;

/** Seconds of a live run that are kept. */
export const KEPT = 60;

/** @type {Line[]} */
const LINES = [
  "server",
  "client",
  "waiting",
  "limit",
  "refused",
  "failed",
  "rate",
  "tokens",
];

/**
 * @typedef {"server" | "client" | "waiting" | "limit" | "refused" | "failed" | "rate"
 *   | "tokens"} Line
 *
 * @typedef {object} Point The level of a line within one `BIN` of time.
 * @property {number} time
 * @property {number} lowest
 * @property {number} highest
 * @property {number} last The level from the end of the bin on.
 *
 * @typedef {"taken" | "freed" | "sent" | "arrived" | "answered" | "failed" | "cancelled"
 *   } What
 *
 * @typedef {object} RequestEvent
 * @property {number} time
 * @property {What} what
 * @property {number | null} request Its number in the run from 0; null for slots, and for
 *   requests that are never sent.
 * @property {number | string | null} detail Taken, freed, sent: the slot.  Arrived,
 *   answered: the status; null where only the client is seen.  Failed: the error's name.
 *   Failed or cancelled without a request: how many of those that wait.
 * @property {number | null} quota Of "arrived", where the server counts: how the quota
 *   stands right after.  Of windows how many are counted, of a bucket the tokens left, of
 *   GCRA the seconds until the next request is due.
 *
 * @typedef {"fixed-window" | "sliding-window" | "token-bucket" | "gcra"} Kind
 *
 * @typedef {object} QuotaPolicy `rate` requests are allowed per `period`.
 * @property {Kind} kind
 * @property {number} rate
 * @property {number} period
 * @property {number} burst
 * @property {number} tokens Allowed per period beside the requests; 0: not counted.
 *
 * @typedef {object} PolicyChange From `time` on this is the quota, or none is.
 * @property {number} time
 * @property {QuotaPolicy | null} policy
 *
 * @typedef {object} Counts
 * @property {number} started
 * @property {number} waiting
 * @property {number} inFlight
 * @property {number} accepted
 * @property {number} refused
 * @property {number} failed
 * @property {number} cancelled
 *
 * @typedef {object} Dropped How many requests had each outcome that have no events.
 * @property {number} accepted
 * @property {number} refused
 * @property {number} failed
 * @property {number} cancelled
 */

/**
 * The kernel sends a run, and what is new of it, as columns.
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
 * @typedef {{ time: number, kind: "none" } | { time: number } & QuotaPolicy} PolicyColumn
 *
 * @typedef {Dropped & { started: number, waiting: number, in_flight: number }
 *   } CountColumns
 *
 * @typedef {object} Columns
 * @property {number} now
 * @property {boolean} live
 * @property {boolean} numbered
 * @property {number} phase
 * @property {CountColumns} counts
 * @property {Dropped} dropped
 * @property {PolicyColumn[]} policies
 * @property {{ [line in Line]?: LevelColumns }} levels
 * @property {EventColumns} events
 */

export class Run {
  /** How long it has gone on, or that it took. */
  now = 0;
  /** Whether it goes on. */
  live = false;
  /** Slow motion: each request is drawn with its number. */
  numbered = false;
  /** Seconds into a clock's window at which the run began. */
  phase = 0;
  /** @type {Record<Line, Point[]>} */
  levels;
  /** @type {RequestEvent[]} */
  events = [];
  /** How many events came before the first of `events`. */
  forgotten = 0;
  /** @type {PolicyChange[]} */
  policies = [];
  /** @type {Counts} How it stands `now`. */
  counts;
  /** @type {Dropped} */
  dropped;

  /** @param {Columns} columns All that there is of the run so far. */
  constructor(columns) {
    const none = LINES.map((line) => [line, []]);
    this.levels = Object.fromEntries(none);
    this.counts = countsOf(columns.counts);
    this.dropped = { ...columns.dropped };
    this.append(columns);
  }

  /** @param {Columns} columns What is new. */
  append(columns) {
    this.now = columns.now;
    this.live = columns.live;
    this.numbered = columns.numbered;
    this.phase = columns.phase;
    this.counts = countsOf(columns.counts);
    for (const line of LINES) this.#appendLevels(line, columns.levels[line]);
    this.#appendEvents(columns.events);
    for (const column of columns.policies) this.policies.push(policyChangeOf(column));
    if (this.live) this.#forget(this.now - KEPT);
  }

  /**
   * @param {Line} line
   * @param {LevelColumns} [columns]
   */
  #appendLevels(line, columns) {
    columns?.times.forEach((time, i) => {
      const lowest = columns.lowest[i];
      const highest = columns.highest[i];
      this.levels[line].push({ time, lowest, highest, last: columns.last[i] });
    });
  }

  /** @param {EventColumns} columns */
  #appendEvents(columns) {
    columns.times.forEach((time, i) => {
      const what = columns.what[i];
      const request = columns.requests[i];
      const detail = columns.details[i];
      this.events.push({ time, what, request, detail, quota: columns.quota[i] });
    });
  }

  /**
   * Drop what is older than `time`.  The last point before it stays: it gives the level.
   *
   * @param {number} time
   */
  #forget(time) {
    for (const line of LINES) {
      const points = this.levels[line];
      points.splice(0, indexAt(points, time));
    }
    const old = this.events.splice(0, indexAt(this.events, time) + 1);
    addOutcomes(old, this.dropped);
    this.forgotten += old.length;
  }
}

/** @returns {Columns} A run in which nothing has happened. */
export function emptyColumns() {
  const none = { accepted: 0, refused: 0, failed: 0, cancelled: 0 };
  return {
    now: 0,
    live: false,
    numbered: false,
    phase: 0,
    counts: { ...none, started: 0, waiting: 0, in_flight: 0 },
    dropped: none,
    policies: [],
    levels: {},
    events: { times: [], what: [], requests: [], details: [], quota: [] },
  };
}

/**
 * The index of the last of `items`, which are in the order of time, up to `time`; or -1.
 *
 * @param {{ time: number }[]} items
 * @param {number} time
 */
export function indexAt(items, time) {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].time <= time) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/**
 * The level of a line at a time, or undefined before its first point.
 *
 * @param {Point[]} points
 * @param {number} time
 * @returns {number | undefined}
 */
export function levelAt(points, time) {
  return points[indexAt(points, time)]?.last;
}

/**
 * The quota at a time, or null where there is none.
 *
 * @param {Run} run
 * @param {number} time
 */
export function policyAt(run, time) {
  return run.policies[indexAt(run.policies, time)]?.policy ?? null;
}

/**
 * @param {CountColumns} counts
 * @returns {Counts}
 */
function countsOf({ in_flight: inFlight, ...counts }) {
  return { ...counts, inFlight };
}

/**
 * @param {PolicyColumn} column
 * @returns {PolicyChange}
 */
function policyChangeOf({ time, ...policy }) {
  return { time, policy: policy.kind === "none" ? null : policy };
}
