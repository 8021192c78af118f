// A run as journeys, and the wire that brings it.

import assert from "node:assert/strict";
import { countsAt } from "../../../src/inflight_lab/stage/run.js";
import { append, runFrom } from "../../../src/inflight_lab/stage/wire.js";

/** @import { Columns, What } from "../../../src/inflight_lab/stage/wire.js" */

/**
 * @typedef {[number, What, number | null, number | string | null, (number | null)?,
 *   (number | null)?]} Row
 */

/** @param {Row[]} rows @param {Partial<Columns>} [rest] @returns {Columns} */
function columns(rows, rest = {}) {
  return {
    now: rows.at(-1)?.[0] ?? 0,
    live: false,
    counts: { started: 0 },
    events: {
      time: rows.map((row) => row[0]),
      what: rows.map((row) => row[1]),
      request: rows.map((row) => row[2]),
      detail: rows.map((row) => row[3]),
      quota: rows.map((row) => row[4] ?? null),
      due: rows.map((row) => row[5] ?? null),
    },
    ...rest,
  };
}

/** Two requests through one slot; the second is refused. @type {Row[]} */
const TWO = [
  [0, "taken", null, 0],
  [0, "sent", 0, 0],
  [0.01, "arrived", 0, 200],
  [0.5, "answered", 0, 200],
  [0.5, "freed", null, 0],
  [0.6, "taken", null, 0],
  [0.6, "sent", 1, 0],
  [0.61, "arrived", 1, 429],
  [1, "answered", 1, 429],
  [2, "freed", null, 0],
];

Deno.test("every number can be asked for at any time, in any order", () => {
  const run = runFrom(columns(TWO));
  const inFlight = [1, 0.55, 0.3, 0.7].map((time) => countsAt(run, time).inFlight);
  assert.deepEqual(inFlight, [0, 0, 1, 1]);
  const { answered, refused, sent } = countsAt(run, 2);
  assert.deepEqual({ answered, refused, sent }, { answered: 1, refused: 1, sent: 2 });
});

Deno.test("an arrival that was another's goes to whom it belongs", () => {
  const run = runFrom(columns([
    [0, "sent", 0, null],
    [0, "sent", 1, null],
    [0.1, "arrived", 0, 200],
    [0.1, "arrived", 1, 429],
    [1, "answered", 0, 429],
  ]));
  assert.deepEqual(run.journeys.map(({ outcome }) => outcome), ["refused", "answered"]);
  run.end(1.1, run.journeys[1], "answered", 200);
  const { answered, refused, inFlight } = countsAt(run, 2);
  assert.deepEqual([answered, refused, inFlight], [1, 1, 0]);
});

Deno.test("a run that comes in pieces is the run that comes at once", () => {
  const whole = runFrom(columns(TWO));
  const grown = runFrom(columns(TWO.slice(0, 3), { live: true }));
  append(grown, columns(TWO.slice(3, 7), { live: true }));
  append(grown, columns(TWO.slice(7)));
  assert.deepEqual(grown, whole);
});

Deno.test("an event that is read late stands where it happened", () => {
  const run = runFrom(columns([[0, "sent", 0, null], [0.4, "answered", 0, 200]]));
  append(run, columns([[0.2, "sent", 1, null], [0.3, "answered", 1, 200]]));
  assert.equal(countsAt(run, 0.35).answered, 1);
  assert.equal(countsAt(run, 0.25).inFlight, 2);
});

Deno.test("failed, cancelled and never sent are told apart", () => {
  const run = runFrom(columns([
    [0, "sent", 0, null],
    [0, "sent", 1, null],
    [1, "failed", 0, "ReadTimeout"],
    [1, "cancelled", 1, null],
    [1, "cancelled", null, 7],
  ]));
  const { failed, cancelled, inFlight } = countsAt(run, 1);
  assert.deepEqual([failed, cancelled, inFlight], [1, 8, 0]);
  assert.equal(run.journeys[0].reason, "ReadTimeout");
});

Deno.test("what was dropped before the first event still counts", () => {
  const dropped = { accepted: 40, refused: 2, failed: 0, cancelled: 0 };
  const run = runFrom(
    columns([[9, "sent", 42, null], [9.5, "answered", 42, 200]], { dropped }),
  );
  const { answered, refused, inFlight, notArrived } = countsAt(run, 10);
  assert.deepEqual([answered, refused, inFlight, notArrived], [41, 2, 0, 0]);
  assert.equal(run.journey(42)?.ended, 9.5);
});

Deno.test("a long live run forgets old requests, and counts them", () => {
  const rows = Array.from({ length: 12_000 }, (_, index) => /** @type {Row[]} */ ([
    [index / 100, "sent", index, null],
    [index / 100 + 0.005, "answered", index, 200],
  ])).flat();
  const run = runFrom(columns(rows, { live: true, now: 120 }));
  assert.equal(countsAt(run, 120).answered, 12_000);
  assert.ok(run.journeys.length < 7_000);
  assert.equal(countsAt(run, 90).answered, countsAt(run, 120).answered - 3_000);
});

Deno.test("who is still out is never forgotten", () => {
  const rows = Array.from({ length: 6_000 }, (_, index) => /** @type {Row[]} */ ([
    [1 + index / 50, "sent", 1 + index, null],
    [1 + index / 50, "answered", 1 + index, 200],
  ])).flat();
  const run = runFrom(columns([[0, "sent", 0, null], ...rows], { live: true }));
  assert.equal(run.journey(1), undefined);
  assert.equal(run.journey(0)?.sent, 0);
});

Deno.test("what is known of the whole run is what was said last", () => {
  const counts = { started: 1, announced: 9 };
  const run = runFrom(columns(TWO, { unlimited: true, counts }));
  assert.deepEqual([run.isUnlimited, run.wasStopped], [true, false]);
  assert.deepEqual([run.asked, run.size], [9, 9]);
  append(run, columns([], { stopped: true, counts }));
  assert.deepEqual([run.isUnlimited, run.wasStopped], [false, true]);
  append(run, columns([], { counts: { started: 2 } }));
  assert.equal(run.asked, 0, "nobody has announced any: these may be tries");
});

Deno.test("settings are those of their time", () => {
  const run = runFrom(columns([], {
    levels: { limit: { time: [0, 2], value: [5, 9] } },
    terms: [
      { time: 0, quota: null, max_concurrent: 0, latency: 0.3 },
      { time: 1, quota: null, max_concurrent: 4, latency: 0.3 },
    ],
  }));
  assert.equal(run.settingAt(1.5).limit, 5);
  assert.equal(run.settingAt(3).limit, 9);
  assert.equal(run.settingAt(3).latency, 0.3);
  assert.equal(run.settingAt(0.5).maxConcurrent, 0);
  assert.equal(run.settingAt(1.5).maxConcurrent, 4);
});

Deno.test("a place at the API is taken again when it is free, and never twice", () => {
  const run = runFrom(columns([
    [0, "sent", 0, null],
    [0.1, "arrived", 0, 200],
    [0.1, "sent", 1, null],
    [0.2, "arrived", 1, 200],
    [1, "answered", 0, 200],
    [1, "sent", 2, null],
    [1.1, "arrived", 2, 200],
  ]));
  assert.deepEqual(run.journeys.map(({ seat }) => seat), [0, 1, 0]);
  assert.equal(run.seatCount, 2);
  run.forget(0.5);
  assert.equal(run.seatCount, 2);
  const [first, second] = run.journeys;
  run.end(2, second, "answered");
  run.end(3, run.journeys[2], "answered");
  run.forget(2.5);
  assert.deepEqual([first.ended, run.seatCount], [1, 1]);
});

Deno.test("a request is found by its number, also where others were dropped", () => {
  const run = runFrom(columns([[0, "sent", 3, null], [9, "sent", 500, null]]));
  assert.equal(run.journey(500)?.sent, 9);
  assert.equal(run.journey(4), undefined);
  assert.deepEqual([run.indexOf(0), run.indexOf(4), run.indexOf(501)], [0, 1, 2]);
});

Deno.test("the clock of a live run stands still soon after all are answered", () => {
  const counts = { started: 1, announced: 1 };
  /** @type {Row[]} */
  const one = [[0, "sent", 0, null], [0.4, "answered", 0, 200]];
  const run = runFrom(columns(one, { live: true, now: 9, counts }));
  assert.equal(run.now, 1.4);
  append(run, columns([[9.5, "sent", 1, null]], { live: true, now: 11, counts }));
  assert.equal(run.now, 11, "one more is under way");
});
