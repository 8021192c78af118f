// A run: what happened to a server, a client and their requests, and when.  All times are in
// seconds since the run began; in slow motion in the run's own, as if it had not been slowed
// down.  A live run grows, a recorded one is complete.

import { countsFrom, eventsFrom, pointsFrom, policyChangesFrom } from "./columns.js";
import { addOutcomes, outcomeOf } from "./outcomes.js";
import { eventsStillRelevant } from "./still_relevant.js";

/** The kernel folds all changes of a level within this many seconds into one point. */
export const BIN = 0.01;

/** How much of a live run is kept. */
export const KEPT_SECONDS = 60;

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
 * @import { Columns } from "./columns.js"
 *
 * @typedef {"server" | "client" | "waiting" | "limit" | "refused" | "failed" | "rate"
 *   | "tokens"} Line
 *
 * @typedef {object} Point The level of a line within one `BIN` of time.
 * @property {number} time
 * @property {number} lowest
 * @property {number} highest
 * @property {number} last The level at the end of the bin, and from then on.
 *
 * @typedef {"taken" | "freed" | "sent" | "arrived" | "answered" | "failed" | "cancelled"
 *   } What
 *
 * @typedef {object} RequestEvent
 * @property {number} time
 * @property {What} what
 * @property {number | null} request The request's number in the run, from 0; null for slots
 *   and for requests that are never sent.
 * @property {number | string | null} detail Taken, freed, sent: the slot.  Arrived,
 *   answered: the status; null where only the client is seen.  Failed: the error's name.
 *   Failed or cancelled without a request: how many waiting requests ended.
 * @property {number | null} quota Only "arrived" at a server with a quota has one: its state
 *   right after the arrival.  For a window the number counted in it, for a token bucket
 *   the tokens left, for GCRA the seconds until the next request is due.
 *
 * @typedef {"fixed-window" | "sliding-window" | "token-bucket" | "gcra"} Kind
 *
 * @typedef {object} QuotaPolicy `rate` requests are allowed per `period`.
 * @property {Kind} kind
 * @property {number} rate
 * @property {number} period
 * @property {number} burst
 * @property {number} tokens The tokens allowed per period; 0 where they are not counted.
 *
 * @typedef {object} PolicyChange What the API allows from `time` on.
 * @property {number} time
 * @property {QuotaPolicy | null} policy Null for no quota.
 * @property {number} maxConcurrent How many may be in flight; 0 for any number.
 *
 * @typedef {object} LatencyChange Answers take `latency` seconds from `time` on.
 * @property {number} time
 * @property {number} latency
 *
 * @typedef {object} Counts
 * @property {number} started
 * @property {number} waiting
 * @property {number} inFlight
 * @property {number} accepted
 * @property {number} refused
 * @property {number} failed
 * @property {number} cancelled
 * @property {number} announced How many requests the client said it would send, before it
 *   sent them; 0 if it said nothing.
 * @property {number} [mostTokens] The most tokens used within any one period; 0 if they are
 *   not counted.
 * @property {number} [elapsed] Seconds from the first request to the last answer.
 * @property {number} [busiestPeriod] The most requests sent within any one period.
 *
 * @typedef {object} OutcomeCounts How many requests had each outcome.
 * @property {number} accepted
 * @property {number} refused
 * @property {number} failed
 * @property {number} cancelled
 */

export class Run {
  /** How long the run has gone on or, once it is over, how long it took. */
  now = 0;
  /** Whether the run is still going on. */
  live = false;
  /** Whether somebody stopped it before its end.  A plot beside your own code does not know. */
  stopped = false;
  /** By how much it is slowed down: how many real seconds one of its own lasts. */
  slow = 1;
  /** Whether it is known that there is no limit.  Without one, and without this, nobody knows. */
  unlimited = false;
  /** How far into a clock-aligned window the run began. */
  windowOffset = 0;
  /** @type {Record<Line, Point[]>} */
  levels;
  /** @type {RequestEvent[]} */
  events = [];
  /** How many events were dropped from `events`. */
  forgotten = 0;
  /** From when on `events` has all that happened: later than 0 if old ones were dropped. */
  completeSince = 0;
  /** @type {PolicyChange[]} */
  policies = [];
  /** @type {LatencyChange[]} None where nobody knows. */
  latencies = [];
  /** @type {Counts} The kernel's own counts up to `now`. */
  counts;
  /** @type {OutcomeCounts} Of the requests whose events are no longer in `events`. */
  dropped;

  /** @param {Columns} columns The whole run so far. */
  constructor(columns) {
    const none = LINES.map((line) => [line, []]);
    this.levels = Object.fromEntries(none);
    this.counts = countsFrom(columns.counts);
    this.dropped = { ...columns.dropped };
    this.completeSince = beginningOf(columns);
    this.append(columns);
  }

  /** Whether each request is drawn with its number: in slow motion one can follow it. */
  get numbered() {
    return this.slow !== 1;
  }

  /** @param {Columns} columns What is new. */
  append(columns) {
    this.now = columns.now;
    this.live = columns.live;
    this.stopped = columns.stopped ?? false;
    this.slow = columns.slow ?? 1;
    this.unlimited = columns.unlimited ?? false;
    this.windowOffset = columns.window_offset ?? columns.phase ?? 0;
    this.counts = countsFrom(columns.counts);
    for (const line of LINES) {
      addTo(this.levels[line], pointsFrom(columns.levels[line]));
    }
    addTo(this.events, eventsFrom(columns.events));
    addTo(this.policies, policyChangesFrom(columns.policies));
    addTo(this.latencies, columns.latencies ?? []);
    if (this.live) this.#forget(this.now - KEPT_SECONDS);
  }

  /**
   * Drop what is older than `time`.  The last point before it stays, because it gives the
   * level, and so do the events of what is still under way.
   *
   * @param {number} time
   */
  #forget(time) {
    for (const line of LINES) {
      const points = this.levels[line];
      points.splice(0, lastIndexUpTo(points, time));
    }
    const old = this.events.slice(0, lastIndexUpTo(this.events, time) + 1);
    const relevant = eventsStillRelevant(old);
    if (relevant.length === old.length) return;
    this.events.splice(0, old.length, ...relevant);
    addOutcomes(old, this.dropped);
    this.forgotten += old.length - relevant.length;
    this.completeSince = time;
  }
}

/**
 * The index of the last item up to `time`, or -1.  Items are in the order of time.
 *
 * @param {{ time: number }[]} items
 * @param {number} time
 */
export function lastIndexUpTo(items, time) {
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
  return points[lastIndexUpTo(points, time)]?.last;
}

/**
 * The quota at a time, or null where there is none.
 *
 * @param {Run} run
 * @param {number} time
 */
export function policyAt(run, time) {
  return run.policies[lastIndexUpTo(run.policies, time)]?.policy ?? null;
}

/**
 * How many requests the API lets in at once, at a time; 0 for any number.
 *
 * @param {Run} run
 * @param {number} time
 */
export function maxConcurrentAt(run, time) {
  return run.policies[lastIndexUpTo(run.policies, time)]?.maxConcurrent ?? 0;
}

/**
 * From when on all events are known.  If the kernel dropped old ones, it is certain of the
 * time of the first that ended a request: those that had not ended are sent with all events.
 *
 * @param {Columns} columns The whole run so far.
 */
function beginningOf({ dropped, events, now }) {
  const anyDropped = Object.values(dropped).some((count) => count > 0);
  if (!anyDropped) return 0;
  const firstEnd = eventsFrom(events).find((event) => outcomeOf(event) !== null);
  return firstEnd?.time ?? now;
}

/**
 * A spread `push(...new)` would fail for a large recording: arguments are limited.
 *
 * @template Item
 * @param {Item[]} items
 * @param {Item[]} added
 */
function addTo(items, added) {
  for (const item of added) items.push(item);
}
