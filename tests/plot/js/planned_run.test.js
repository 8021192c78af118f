// What a panel shows before it runs: the queue, the empty slots and the quota.

import assert from "node:assert/strict";

import { plannedRun } from "../../../src/inflight_lab/plot/js/planned_run.js";
import { levelAt, policyAt } from "../../../src/inflight_lab/plot/js/run.js";
import { sentenceOf } from "../../../src/inflight_lab/plot/js/sentence.js";
import { SEVEN_IN_TWO } from "./support.js";

const { time: _, ...POLICY } = SEVEN_IN_TWO;

/** @type {import("../../../src/inflight_lab/plot/js/planned_run.js").Plan} */
const PLAN = { count: 40, limit: 3, unlimited: false, policy: POLICY, slow: 1 };

Deno.test("all its requests wait, and the limit and the quota stand", () => {
  const run = plannedRun(PLAN);
  assert.deepEqual([run.now, run.live], [0, false]);
  assert.equal(levelAt(run.levels.waiting, 0), 40);
  assert.equal(levelAt(run.levels.limit, 0), 3);
  assert.deepEqual(policyAt(run, 0), POLICY);
  const { started, waiting, announced } = run.counts;
  assert.deepEqual([started, waiting, announced], [40, 40, 40]);
});

Deno.test("there may be no limit, and no quota", () => {
  const run = plannedRun({ ...PLAN, limit: null, unlimited: true, policy: null });
  assert.deepEqual([run.unlimited, run.levels.limit], [true, []]);
  assert.equal(policyAt(run, 0), null);
});

Deno.test("in slow motion each request has its number, and the sentence says so", () => {
  const run = plannedRun({ ...PLAN, slow: 5 });
  assert.deepEqual([run.slow, run.numbered], [5, true]);
  assert.match(sentenceOf(run, 0, "ready").text, /\(5\u00a0× slower\)/);
  assert.equal(plannedRun(PLAN).numbered, false);
});
