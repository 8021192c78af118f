// A run grows by columns, and forgets what is old while it is live.

import assert from "node:assert/strict";

import {
  lastIndexUpTo,
  levelAt,
  policyAt,
  Run,
} from "../../../src/inflight_lab/plot/js/run.js";
import { columnsOf, pointsOf, runOf, SEVEN_IN_TWO } from "./support.js";

Deno.test("an old recording lacks what was not known then, and has another name", () => {
  const { stopped, slow, unlimited, window_offset, ...old } = columnsOf({ now: 2 });
  const run = new Run({ ...old, phase: 0.5 });
  const found = [run.stopped, run.slow, run.unlimited, run.windowOffset];
  assert.deepEqual(found, [stopped, slow, unlimited, 0.5]);
  assert.equal(window_offset, 0);
});

Deno.test("what is new is added to what was there", () => {
  const run = runOf({ now: 1, live: true, levels: { server: [[0.1, 3]] } });
  run.append(columnsOf({
    now: 2,
    counts: { started: 9, in_flight: 4 },
    levels: { server: [[1.2, 4]] },
    events: [[1.1, "arrived", 8, 429, 7]],
  }));
  assert.deepEqual(run.levels.server, pointsOf([[0.1, 3], [1.2, 4]]));
  assert.deepEqual(run.events, [
    { time: 1.1, what: "arrived", request: 8, detail: 429, quota: 7 },
  ]);
  assert.deepEqual([run.now, run.live, run.counts.inFlight], [2, false, 4]);
});

Deno.test("the last point before the minute that is kept still gives the level", () => {
  const limit = /** @type {[number, number][]} */ ([[2, 5], [10, 7], [30, 8]]);
  const run = runOf({ now: 71, live: true, levels: { limit } });
  assert.deepEqual(run.levels.limit, pointsOf([[10, 7], [30, 8]]));
  assert.equal(levelAt(run.levels.limit, 11), 7);
  run.append(columnsOf({ now: 500, live: true }));
  assert.deepEqual(run.levels.limit, pointsOf([[30, 8]]));
});

Deno.test("events of more than a minute ago are forgotten, but their outcomes counted", () => {
  const run = runOf({
    now: 71,
    live: true,
    dropped: { accepted: 7 },
    events: [
      [9, "sent", 0],
      [10, "answered", 0, 200],
      [10, "cancelled", null, 4],
      [11, "failed", 1, "ReadTimeout"],
      [11.1, "answered", 2, 429],
    ],
  });
  assert.deepEqual(run.events.map(({ request }) => request), [2]);
  assert.equal(run.forgotten, 4);
  assert.deepEqual(run.dropped, { accepted: 8, refused: 0, failed: 1, cancelled: 4 });
});

/** @type {import("./support.js").Row[]} What is still under way at 30 s, of a live run. */
const UNDER_WAY = [
  [5, "taken", null, 3],
  [6, "sent", 0, 3],
  [7, "arrived", 0, 200, 2],
];

Deno.test("what is still under way keeps its events, and the last quota is known", () => {
  const run = runOf({
    now: 90,
    live: true,
    events: [
      [4, "taken", null, 9],
      ...UNDER_WAY,
      [8, "sent", 1, 9],
      [8, "arrived", 1, 429, 5],
      [9, "answered", 1, 429],
      [9, "freed", null, 9],
      [50, "answered", 0, 200],
    ],
  });
  run.append(columnsOf({ now: 91, live: true }));
  assert.deepEqual(run.events.map(({ time }) => time), [5, 6, 7, 8, 50]);
  assert.equal(run.forgotten, 4);
  assert.equal(run.dropped.refused, 1);
  assert.equal(run.completeSince, 30);
});

Deno.test("if all that is old is still under way, the run is complete", () => {
  const run = runOf({ now: 90, live: true, events: UNDER_WAY });
  assert.deepEqual([run.events.length, run.completeSince], [3, 0]);
});

Deno.test("a run that arrives without its beginning is complete from an end on", () => {
  const events = /** @type {any} */ ([[5, "sent", 0], [60, "answered", 0, 200]]);
  const dropped = { accepted: 7 };
  assert.equal(runOf({ now: 90, dropped, events }).completeSince, 60);
  assert.equal(runOf({ now: 90, dropped }).completeSince, 90);
});

Deno.test("the kernel's counts outlast what is forgotten", () => {
  const counts = { announced: 2000, most_tokens: 900 };
  const levels = { waiting: [[0, 2000], [60, 1362]], tokens: [[1, 900], [2, 0]] };
  const run = runOf({
    now: 90,
    live: true,
    counts,
    levels: /** @type {any} */ (levels),
  });
  assert.deepEqual([run.counts.announced, run.counts.mostTokens], [2000, 900]);
});

Deno.test("a complete run keeps everything", () => {
  const run = runOf({
    now: 500,
    levels: { limit: [[2, 5], [3, 7]] },
    events: [[1, "sent", 0]],
  });
  assert.equal(levelAt(run.levels.limit, 2.5), 5);
  assert.equal(run.events.length, 1);
});

Deno.test("a point counts from its own time on", () => {
  const points = pointsOf([[1, 5], [2, 7]]);
  assert.deepEqual([0.9, 1, 1.9, 2, 9].map((time) => lastIndexUpTo(points, time)), [
    -1,
    0,
    0,
    1,
    1,
  ]);
  assert.equal(levelAt(points, 0.9), undefined);
});

Deno.test("the quota is that of its last change", () => {
  const later = { ...SEVEN_IN_TWO, time: 5, rate: 11 };
  const run = runOf({ policies: [SEVEN_IN_TWO, later, { time: 8, kind: "none" }] });
  const rates = [0, 4.9, 5, 7.9, 8].map((time) => policyAt(run, time)?.rate);
  assert.deepEqual(rates, [7, 7, 11, 11, undefined]);
});
