// What is known of a run at a time: each fact by itself.

import assert from "node:assert/strict";
import {
  factsOf,
  isBelowQuota,
  isFresh,
  isFull,
  isTail,
  keptFor,
  phaseOf,
  sentLatelyOf,
  settledAt,
  shareOf,
  sleepingOf,
  spacingOf,
  stuckOf,
  viewAt,
} from "../../../../src/inflight_lab/lesson/stage/facts.js";
import { quotaOf } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import { recorded, runOf, simulation } from "./support.js";

/**
 * @import { View } from "../../../../src/inflight_lab/lesson/stage/facts.js"
 * @import { Run } from "../../../../src/inflight_lab/lesson/stage/run.js"
 * @import { Request } from "./support.js"
 */

const ALL_AT_ONCE = { runner: /** @type {const} */ ("naive"), limit: null };
const LIVE = { isLive: true };

/**
 * What a fact is at these times.
 *
 * @template Fact
 * @param {(view: View) => Fact} fact
 * @param {Run} run
 * @param {number[]} times
 */
const at = (fact, run, ...times) => times.map((time) => fact(viewAt(run, time)));

/** Sent so many seconds apart. @param {number} count @param {number} gap */
function evenly(count, gap) {
  const times = Array.from({ length: count }, (_, index) => index * gap);
  return times.map((time) => /** @type {Request} */ ([time, 200]));
}

Deno.test("it is over when all have an end, or when nobody goes on with it", () => {
  const run = runOf(5);
  assert.deepEqual(at(phaseOf, run, -1, 0.05, 0.3, 0.8), [
    "before",
    "before",
    "under way",
    "over",
  ]);
  const left = recorded([[0, 200]], {}, { now: 2 });
  assert.deepEqual(at(phaseOf, left, 1, 2), ["under way", "over"]);
  left.goOn(LIVE);
  assert.deepEqual(at(phaseOf, left, 2), ["under way"]);
  const retrying = recorded([[0, 429, 0.5]], {}, { ...LIVE, asked: 1, now: 2 });
  assert.deepEqual(at(phaseOf, retrying, 1), ["under way"]);
});

Deno.test("stuck are those without a connection, unless they are few", () => {
  const counts = [104, 110].map((count) =>
    stuckOf(viewAt(runOf(count, { ...ALL_AT_ONCE, quota: null }), 0.4))
  );
  assert.deepEqual(counts, [0, 10]);
  const slow = recorded(evenly(8, 0), {}, LIVE);
  slow.reached.list.length = 0;
  assert.deepEqual(at(stuckOf, slow, 1), [8], "a pool may be smaller");
  slow.set(0, { limit: 8 });
  assert.deepEqual(at(stuckOf, slow, 1), [0], "a limit below the pool has room");
});

Deno.test("a tail begins when some are back, and none is left to send", () => {
  const run = runOf(12, { limit: 5 });
  assert.deepEqual(at(isTail, run, 0.7, 1.2, 2), [false, true, false]);
  assert.deepEqual(at(isTail, runOf(5), 0.3), [false], "all are out");
  run.levels.waiting.list.length = 0;
  assert.deepEqual(at(isTail, run, 1.2), [false], "nobody knows who waits");
});

Deno.test("a slot sleeps while it is kept after its answer, and then that is a pause", () => {
  const run = runOf(60, { runner: "pause", limit: 6 });
  assert.deepEqual(at(sleepingOf, run, 0.4, 1), [0, 6]);
  assert.deepEqual(at(keptFor, run, 0.4), [1], "it is told");
  run.set(0, { manner: "" });
  run.settings.list.forEach((each) => each.manner = "");
  assert.deepEqual(at(keptFor, run, 1, 1.7), [null, 1]);
});

Deno.test("a spacing is of requests that leave evenly, and fast enough", () => {
  const [even, slow] = [0.05, 0.2].map((gap) => recorded(evenly(60, gap), {}, LIVE));
  assert.deepEqual(at(spacingOf, even, 0.3), [null], "too early to tell");
  assert.ok(Math.abs(Number(at(spacingOf, even, 2)[0]) - 0.05) < 1e-9);
  assert.deepEqual(at(spacingOf, slow, 5), [null]);
  assert.deepEqual(at(spacingOf, runOf(60, ALL_AT_ONCE), 0.3, 0.9), [null, null]);
  slow.set(0, { manner: "paced" });
  assert.ok(Math.abs(Number(at(spacingOf, slow, 5)[0]) - 0.2) < 1e-9, "it is told");
});

Deno.test("slots that are too few do not reach the quota", () => {
  const quota = quotaOf({ rate: 20 });
  const below = [9, 10, null].map((limit) =>
    isBelowQuota(viewAt(recorded([], { limit, latency: 0.5, quota }), 1))
  );
  assert.deepEqual(below, [true, false, false]);
});

Deno.test("the slots are full if they were lately, or if nobody waits", () => {
  const made = simulation(60, { limit: 5 });
  made.advance(2);
  assert.deepEqual(at(isFull, made.run, 1), [true]);
  made.run.set(0, { limit: 9 });
  made.run.settings.list.forEach((each) => each.limit = 9);
  assert.deepEqual(at(isFull, made.run, 1), [false], "something else keeps them");
  made.run.wait(0, 0);
  made.run.levels.waiting.list.forEach((each) => each.value = 0);
  assert.deepEqual(at(isFull, made.run, 1), [true]);
});

Deno.test("fresh is who has sent just now and has no answer", () => {
  const run = recorded([[0, 200, 0.9]], {}, LIVE);
  assert.deepEqual(at(isFresh, run, 0.4, 0.6, 1), [true, false, false]);
});

Deno.test("what is sent lately is counted in the quota's own period", () => {
  const quota = quotaOf({ rate: 9, period: 2 });
  assert.deepEqual(at(sentLatelyOf, recorded(evenly(10, 0.5), { quota }), 4), [4]);
  assert.deepEqual(at(sentLatelyOf, recorded(evenly(10, 0.5)), 4), [2]);
});

Deno.test("what was sent before a change counts for one more period", () => {
  const run = recorded([], { quota: quotaOf({ rate: 9, period: 2 }) });
  assert.deepEqual(at(settledAt, run, 1), [-0.1]);
  run.set(5, { limit: 3 });
  assert.deepEqual(at(settledAt, run, 6), [6.9]);
});

Deno.test("the share of a quota is of what it allowed until the last one left", () => {
  const quota = quotaOf({ rate: 10 });
  const run = recorded([[0, 200, 0.1], [1.9, 200, 2]], { quota });
  assert.deepEqual(at(shareOf, run, 9), [10]);
  assert.deepEqual(at(shareOf, recorded([[0, 200, 0.1]]), 9), [null]);
});

Deno.test("who looks back on a change is told nothing of what is refused later", () => {
  const run = recorded([[0, 429, 0.1], [1.5, 429, 1.6], [2.5, 429, 2.6]], {
    quota: quotaOf({ rate: 9 }),
  }, { now: 3 });
  run.set(1, { limit: 3 });
  const isRefusedNow = at((view) => factsOf(view).isRefusedNow, run, 0.5, 1.2, 2, 2.8);
  assert.deepEqual(isRefusedNow, [true, false, false, true]);
});
