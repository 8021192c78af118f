// What the kernel, a recording and a watched script send: a run, or what is new in it,
// as columns.  They are named as the fields in Python, in `inflight_lab.runs`.

import { inFlightAt, outcomeOf, PAUSE, Run } from "./run.js";

/**
 * @import { Quota } from "./run.js"
 *
 * @typedef {"taken" | "freed" | "sent" | "arrived" | "answered" | "failed" |
 *   "cancelled" } What
 *
 * @typedef {object} EventColumns A row of all columns is one event, in the order of
 *   time.
 * @property {number[]} time
 * @property {What[]} what
 * @property {(number | null)[]} request Its number, in the order of sending; null for
 *   slots, for what arrives from others, and for what is never sent.
 * @property {(number | string | null)[]} detail Taken, freed, sent: the slot.  Arrived,
 *   answered: the status.  Failed: the name of the error.  Failed or cancelled without
 *   a request: how many that waited.
 * @property {(number | null)[]} quota Arrived: how the quota stands right after.
 * @property {(number | null)[]} due Arrived: when the API will answer, if it says so.
 *
 * @typedef {{ time: number[], value: number[] }} LevelColumns
 *
 * @typedef {object} Terms What the API allows from a time on, and how long it takes.
 * @property {number} time
 * @property {Quota | null} quota
 * @property {number} max_concurrent
 * @property {number | null} latency
 *
 * @typedef {object} Columns
 * @property {number} now How far the run has gone.
 * @property {boolean} live
 * @property {boolean} [stopped]
 * @property {boolean} [unlimited] Whether it is known that there is no limit.
 * @property {{ started: number, announced?: number }} counts
 * @property {{ accepted: number, refused: number, failed: number, cancelled: number }
 *   } [dropped] Of the requests that ended before the first event.
 * @property {Terms[]} [terms]
 * @property {{ limit?: LevelColumns, waiting?: LevelColumns, tokens?: LevelColumns }
 *   } [levels] Each changes in steps.
 * @property {EventColumns} events
 */

/** So many seconds of a live run can be looked back on. */
const KEPT = 60;

/** A live run forgets when it has so many requests. */
const MANY = 5000;

/** @param {Columns} columns A whole run. */
export function runFrom(columns) {
  const run = new Run();
  if (columns.dropped) {
    const { accepted: answered, ...others } = columns.dropped;
    run.drop({ answered, ...others });
  }
  append(run, columns);
  return run;
}

/** @param {Run} run @param {Columns} columns What is new in it. */
export function append(run, columns) {
  const { now, live, stopped = false, unlimited = false } = columns;
  const { started, announced: asked = 0 } = columns.counts;
  const standing = { isLive: live, wasStopped: stopped, isUnlimited: unlimited };
  run.goOn({ now, started, asked, ...standing });
  readSettings(run, columns);
  const { waiting, tokens } = columns.levels ?? {};
  for (const [time, value] of rows(waiting)) run.wait(time, value);
  for (const [time, value] of rows(tokens)) run.spend(time, value);
  readEvents(run, columns.events);
  const rests = restOf(run);
  run.goOn({ now: Math.min(now, rests), isLive: live && now < rests });
  if (run.isLive && run.journeys.length > MANY) run.forget(run.now - KEPT);
}

/**
 * When a run is at rest although nobody has ended it: a pause after the last answer.
 *
 * @param {Run} run
 * @returns {number} Infinity if there may be more.
 */
function restOf(run) {
  const { asked, ends } = run;
  const isAnswered = asked > 0 && ends.answered.upTo(Infinity) >= asked;
  if (!isAnswered || inFlightAt(run, Infinity) > 0) return Infinity;
  const last = Object.values(ends).map((each) => each.lastUpTo(Infinity));
  return Math.max(...last) + PAUSE;
}

/** @param {Run} run @param {Columns} columns */
function readSettings(run, { levels, terms = [] }) {
  const changes = [
    ...rows(levels?.limit).map(([time, limit]) => ({ time, limit })),
    ...terms.map(({ max_concurrent: maxConcurrent, ...rest }) => {
      return { maxConcurrent, ...rest };
    }),
  ];
  changes.sort((one, other) => one.time - other.time);
  for (const { time, ...change } of changes) run.set(time, change);
}

/** @param {Run} run @param {EventColumns} events */
function readEvents(run, { time: times, what, request, detail: details, quota, due }) {
  times.forEach((time, row) => {
    const [number, detail] = [request[row], details[row]];
    const journey = number === null ? undefined : run.journey(number);
    switch (what[row]) {
      case "taken":
        return run.take(time, Number(detail));
      case "freed":
        return run.free(time, Number(detail));
      case "sent":
        return run.send(time, detail === null ? null : Number(detail), number ?? 0);
      case "arrived": {
        const status = detail === null ? null : Number(detail);
        const verdict = { status, gauge: quota[row], due: due[row] ?? Infinity };
        return run.arrive(time, journey, verdict);
      }
      case "answered":
        return journey && run.end(time, journey, outcomeOf(detail), detail);
      default: {
        if (number === null) return run.giveUp(time, Number(detail));
        const outcome = what[row] === "failed" ? "failed" : "cancelled";
        return journey && run.end(time, journey, outcome, detail);
      }
    }
  });
}

/** @param {LevelColumns} [columns] @returns {[time: number, value: number][]} */
function rows({ time: times, value } = { time: [], value: [] }) {
  return times.map((time, row) => [time, value[row]]);
}
