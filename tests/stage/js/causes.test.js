// Why requests were refused, or failed.

import assert from "node:assert/strict";
import {
  pauseAt,
  whyFailed,
  whyRefused,
} from "../../../src/inflight_lab/stage/causes.js";
import { Run } from "../../../src/inflight_lab/stage/run.js";
import { quotaOf } from "../../../src/inflight_lab/stage/simulate.js";
import { runOf } from "./support.js";

/**
 * A run whose requests all get this status.
 *
 * @param {number} status
 * @param {Parameters<Run["set"]>[1]} setting
 */
function refusedWith(status, setting) {
  const run = new Run();
  run.set(0, setting);
  for (const time of [0, 0.1]) {
    const journey = run.send(time);
    run.arrive(time, journey, { status });
    run.end(0.5, journey, "refused", status);
  }
  return run;
}

Deno.test("a cause counts what had come by then, and what came since a change", () => {
  const run = runOf(60, { limit: 30, latency: 0.4 });
  assert.match(whyRefused(run, 0.3), /30 came/);
  assert.match(whyRefused(run, 9), /60 came/);
  assert.match(whyRefused(run, 9, 0.3), /30 came/);
});

Deno.test("refusals have a reason for each shape of a quota", () => {
  const reasons = /** @type {const} */ ({
    window: /2 came within 1 s, 1 allowed/,
    bucket: /the bucket of 1 was empty/,
    spacing: /faster than one every 1 s/,
  });
  for (const [name, reason] of Object.entries(reasons)) {
    const shape = /** @type {keyof typeof reasons} */ (name);
    const run = refusedWith(429, { quota: quotaOf({ rate: 1, shape }) });
    assert.match(whyRefused(run, 99), reason);
  }
});

Deno.test("an API that takes only so many at once says how many", () => {
  assert.match(whyRefused(refusedWith(503, { maxConcurrent: 8 }), 9), /more than 8/);
});

Deno.test("a plan that is used up is no matter of how many came", () => {
  const setting = { maxConcurrent: 8, quota: quotaOf({ rate: 1 }) };
  const run = refusedWith(402, setting);
  const journey = run.send(1);
  run.arrive(1, journey, { status: 402 });
  run.end(2, journey, "cancelled"); // by Stop: it was refused all the same
  for (const time of [0.5, 9]) {
    assert.match(whyRefused(run, time), /the plan is used up/);
  }
});

Deno.test("tokens are to blame where the requests were few", () => {
  const quota = { ...quotaOf({ rate: 2 }), tokens: 500 };
  assert.match(whyRefused(refusedWith(429, { quota }), 9), /tokens ran out/);
  const plain = { quota: quotaOf({ rate: 1, period: 0.1 }) };
  assert.match(whyRefused(refusedWith(429, plain), 9), /the API answered 429/);
});

Deno.test("failures have the name of the error and how long it took", () => {
  const run = runOf(150, { runner: "naive", quota: null, latency: 8 });
  assert.match(whyFailed(run, 5.5), /no free connection within 5 s \(PoolTimeout\)/);
});

/** Refused at 0.5 s, and nothing sent until 2 s. */
function runWithAPause() {
  const run = refusedWith(429, { quota: quotaOf({ rate: 1 }) });
  run.send(2);
  run.goOn({ now: 3 });
  return run;
}

Deno.test("a pause lasts from the refusal to what is sent next", () => {
  const run = runWithAPause();
  const pauses = [0.4, 0.5, 1.9, 2, 3].map((time) => pauseAt(run, time)?.until);
  assert.deepEqual(pauses, [undefined, 2, 2, undefined, undefined]);
});

Deno.test("while a run goes on, nobody knows when a pause ends; after it, there is none", () => {
  const run = refusedWith(429, { quota: quotaOf({ rate: 1 }) });
  run.goOn({ now: 1.5 });
  assert.equal(pauseAt(run, 1.4), null);
  run.goOn({ isLive: true });
  assert.equal(pauseAt(run, 1.4)?.until, Infinity);
  run.goOn({ now: 0.8 });
  assert.equal(pauseAt(run, 0.7), null, "a short gap is none");
});

Deno.test("who sleeps in a slot after its answer does not wait at a gate", () => {
  const run = runWithAPause();
  const journey = run.journeys[1];
  run.take(0, 0);
  run.holds[0].list[0].last = journey;
  assert.equal(pauseAt(run, 1), null);
  run.free(0.6, 0);
  run.take(0.7, 0);
  assert.ok(pauseAt(run, 1), "who has a slot, and has not sent, does");
});
