// Why requests were refused, or failed.

import assert from "node:assert/strict";
import {
  pauseAt,
  whyFailed,
  whyRefused,
} from "../../../../src/inflight_lab/lesson/stage/causes.js";
import { quotaOf } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import { recorded, runOf } from "./support.js";

/** @import { Setting, Standing } from "../../../../src/inflight_lab/lesson/stage/run.js" */
/** @import { Request } from "./support.js" */

const quota = quotaOf({ rate: 1 });
const maxConcurrent = 8;

/** @type {[status: number, setting: Partial<Setting>, why: RegExp][]} */
const REASONS = [
  [429, { quota }, /2 came within 1 s, 1 allowed/],
  [429, { quota: quotaOf({ rate: 1, shape: "bucket" }) }, /the bucket of 1 was empty/],
  [429, { quota: quotaOf({ rate: 1, shape: "spacing" }) }, /faster than one every 1 s/],
  [429, { quota: { ...quotaOf({ rate: 2 }), tokens: 500 } }, /tokens ran out/],
  [429, { quota: { ...quota, tokens: 500 } }, /2 came within 1 s, 1 allowed/],
  [429, { quota: quotaOf({ rate: 1, period: 0.1 }) }, /the API answered 429/],
  [503, { maxConcurrent }, /more than 8/],
  [402, { maxConcurrent, quota }, /the plan is used up/],
];

Deno.test("refusals have a reason, by the status and by what was set", () => {
  for (const [status, setting, why] of REASONS) {
    const run = recorded([[0, status, 0.5], [0.1, status, 0.5]], setting);
    assert.match(whyRefused(run, 9), why);
  }
});

Deno.test("a cause counts what had come by then, and what came since a change", () => {
  const run = runOf(60, { limit: 30, latency: 0.4 });
  assert.match(whyRefused(run, 0.3), /30 came/);
  assert.match(whyRefused(run, 9), /60 came/);
  assert.match(whyRefused(run, 9, 0.3), /30 came/);
});

Deno.test("what Stop cut off was refused for the same reason", () => {
  const run = recorded([[1, 402]]);
  run.end(2, run.journeys[0], "cancelled");
  assert.match(whyRefused(run, 9), /the plan is used up/);
});

Deno.test("failures have the name of the error and how long it took", () => {
  const run = runOf(150, { runner: "naive", quota: null, latency: 8 });
  assert.match(whyFailed(run, 5.5), /no free connection within 5 s \(PoolTimeout\)/);
  const late = recorded([[0, 200]]);
  late.end(3, late.journeys[0], "failed", "ReadTimeout");
  assert.match(whyFailed(late, 3), /no answer within 3 s \(ReadTimeout\)/);
});

/** Refused at 0.5 s. @param {Request[]} then @param {Partial<Standing>} standing */
function runWithARefusal(then, standing) {
  return recorded([[0, 429, 0.5], ...then], { quota }, standing);
}

Deno.test("a pause lasts from the refusal to what is sent next", () => {
  const run = runWithARefusal([[2, 200]], { now: 3 });
  const pauses = [0.4, 0.5, 1.9, 2, 3].map((time) => pauseAt(run, time)?.until);
  assert.deepEqual(pauses, [undefined, 2, 2, undefined, undefined]);
});

Deno.test("while a run goes on, nobody knows when a pause ends; after it, there is none", () => {
  const pauses = [[1.5, false], [1.5, true], [0.8, true]].map(([now, isLive]) =>
    pauseAt(runWithARefusal([], { now: +now, isLive: !!isLive }), +now - 0.1)?.until
  );
  assert.deepEqual(pauses, [undefined, Infinity, undefined], "a short gap is none");
});

Deno.test("who sleeps in a slot after its answer does not wait at a gate", () => {
  const run = runWithARefusal([[2, 200]], { now: 3 });
  run.take(0, 0);
  run.holds[0].list[0].last = run.journeys[0];
  assert.equal(pauseAt(run, 1), null);
  run.free(0.6, 0);
  run.take(0.7, 0);
  assert.ok(pauseAt(run, 1), "who has a slot, and has not sent, does");
});
