// A run as journeys, and the wire that brings it.

import assert from "node:assert/strict";
import { countsAt } from "../../../../src/inflight_lab/lesson/stage/run.js";
import { append, runFrom } from "../../../../src/inflight_lab/lesson/stage/wire.js";

/** @import { Columns, What } from "../../../../src/inflight_lab/lesson/stage/wire.js" */

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
  const { answered, refused, sent } = countsAt(whole, 2);
  assert.deepEqual([answered, refused, sent], [1, 1, 2]);
  assert.equal(whole.holds[0].at(0.3)?.until, 0.5);
});

Deno.test("an event that is read late stands where it happened", () => {
  const run = runFrom(columns([[0, "sent", 0, null], [0.4, "answered", 0, 200]]));
  append(run, columns([[0.2, "sent", 1, null], [0.3, "answered", 1, 200]]));
  assert.equal(countsAt(run, 0.35).answered, 1);
  assert.equal(countsAt(run, 0.25).inFlight, 2);
});

Deno.test("failed, cancelled and never sent are told apart", () => {
  const run = runFrom(columns([
    ...[0, 1, 2].map((number) => /** @type {Row} */ ([0, "sent", number, null])),
    [1, "failed", 0, "ReadTimeout"],
    [1, "failed", 2, "ReadTimeout"],
    [1, "cancelled", 1, null],
    [1, "cancelled", null, 7],
  ]));
  const { failed, cancelled, inFlight } = countsAt(run, 1);
  assert.deepEqual([failed, cancelled, inFlight], [2, 8, 0]);
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

Deno.test("a long live run forgets old requests, counts them, and keeps who is out", () => {
  const rows = Array.from({ length: 12_000 }, (_, index) => /** @type {Row[]} */ ([
    [index / 100, "sent", 1 + index, null],
    [index / 100 + 0.005, "answered", 1 + index, 200],
  ])).flat();
  const all = columns([[0, "sent", 0, null], ...rows], { live: true, now: 120 });
  const run = runFrom(all);
  assert.equal(countsAt(run, 120).answered, 12_000);
  assert.ok(run.journeys.length < 7_000);
  assert.equal(countsAt(run, 90).answered, 9_000);
  assert.deepEqual([run.journey(0)?.sent, run.journey(1)], [0, undefined]);
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
  const terms = { quota: null, latency: 0.3 };
  const run = runFrom(columns([], {
    levels: { limit: { time: [0, 2], value: [5, 9] } },
    terms: [0, 4].map((most, time) => ({ time, max_concurrent: most, ...terms })),
  }));
  const seen = [0.5, 1.5, 3].map((time) => {
    const { limit, maxConcurrent, latency } = run.settingAt(time);
    return [limit, maxConcurrent, latency];
  });
  assert.deepEqual(seen, [[5, 0, 0.3], [5, 4, 0.3], [9, 4, 0.3]]);
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

Deno.test("the clock of a live run stands still soon after all are answered", () => {
  const counts = { started: 1, announced: 1 };
  /** @type {Row[]} */
  const one = [[0, "sent", 0, null], [0.4, "answered", 0, 200]];
  const run = runFrom(columns(one, { live: true, now: 9, counts }));
  assert.equal(run.now, 1.4);
  append(run, columns([[9.5, "sent", 1, null]], { live: true, now: 11, counts }));
  assert.equal(run.now, 11, "one more is under way");
});

Deno.test("an arrival is never given to a request that was sent after it", () => {
  const run = runFrom(columns([
    [0, "sent", 0, null],
    [0.1, "arrived", 0, 200],
    [0.2, "sent", 1, null],
    [0.3, "arrived", 1, 429],
    [1, "answered", 0, 429],
  ]));
  assert.ok(run.journeys.every(({ sent, arrived }) => arrived >= sent));
});
