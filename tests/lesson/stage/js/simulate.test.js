// The simulated script and API.

import assert from "node:assert/strict";
import { seenAt } from "../../../../src/inflight_lab/lesson/stage/motion.js";
import { wallAt } from "../../../../src/inflight_lab/lesson/stage/quota.js";
import {
  countsAt,
  inFlightAt,
  Run,
} from "../../../../src/inflight_lab/lesson/stage/run.js";
import { quotaOf } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import { runOf, simulation } from "./support.js";

/** @import { Settings, World } from "../../../../src/inflight_lab/lesson/stage/simulate.js" */

Deno.test("where answers take no time, the API still sees a request before its answer", () => {
  const { journeys, now } = runOf(30, { latency: 0, limit: 4 });
  assert.ok(now > 0);
  for (const { arrived, ended } of journeys) assert.ok(arrived <= ended);
});

Deno.test("while the latency is dragged, a pace keeps the quota, and a semaphore does not", () => {
  for (const runner of /** @type {const} */ (["paced", "semaphore"])) {
    const made = simulation(200, { runner, latency: 1.1, limit: 20, work: 0.002 });
    made.advance(4);
    assert.equal(countsAt(made.run, 4).refused, 0, "on average it keeps to it");
    for (const latency of [0.3, 1.1, 0.05]) {
      made.set({ latency });
      made.advance(made.now + 1);
    }
    const { refused } = countsAt(made.run, Infinity);
    assert.ok(runner === "paced" ? refused === 0 : refused > 30, `${refused}`);
  }
});

Deno.test("who fails gives its slot to the next", () => {
  const run = runOf(200, { limit: 150, quota: null, latency: 8 });
  const { answered, failed } = countsAt(run, run.now);
  assert.deepEqual([answered, failed, run.isLive], [150, 50, false]);
});

Deno.test("a limit that is moved in mid-run counts at once, up and down", () => {
  const made = simulation(60, { limit: 3 });
  made.advance(0.1);
  made.set({ limit: 10 });
  made.advance(0.2);
  assert.equal(inFlightAt(made.run, 0.2), 10);
  made.set({ limit: 2 });
  made.advance(1.2);
  assert.equal(inFlightAt(made.run, 1.2), 2);
});

Deno.test("once stopped each has an end, and what the API refused before stays refused", () => {
  const made = simulation(60, { runner: "naive", latency: 1 });
  made.advance(0.7);
  assert.equal(seenAt(made.run, 0.7).refused, 40);
  made.stop();
  const { answered, refused, cancelled, inFlight } = countsAt(made.run, 9);
  assert.deepEqual([answered, refused, cancelled, inFlight], [0, 40, 20, 0]);
  const limited = simulation(60);
  limited.advance(0.7);
  limited.stop();
  const { holds } = limited.run;
  assert.ok(holds.every(({ list }) => (list.at(-1)?.until ?? 0) < Infinity));
});

Deno.test("frame by frame or at one go, it is the same run", () => {
  const made = simulation(40);
  for (let time = 0; !made.isOver; time += 1 / 60) made.advance(time);
  assert.deepEqual(made.run.journeys, runOf(40).journeys);
});

Deno.test("the wall shows a window, a bucket, or the time to the next", () => {
  const window = runOf(60, { runner: "naive", quota: quotaOf({ rate: 20 }) });
  assert.deepEqual([0.2, 1.2].map((time) => wallAt(window, time).cells), [20, 0]);
  const bucket = new Run();
  bucket.set(0, { quota: quotaOf({ shape: "bucket", rate: 10, burst: 20 }) });
  bucket.arrive(0.1, undefined, { status: 200, gauge: 0 });
  const shares = [0, 0.1, 1.1, 5].map((time) => wallAt(bucket, time).share);
  assert.deepEqual(shares, [1, 0, 0.5, 1]);
  const spacing = new Run();
  spacing.set(0, { quota: quotaOf({ shape: "spacing", rate: 2, burst: 1 }) });
  spacing.arrive(0.1, undefined, { status: 200, gauge: 0.5 });
  assert.match(wallAt(spacing, 0.2).words, /next in 0.4 s/);
  assert.equal(wallAt(spacing, 0.7).share, 0);
});

Deno.test("a fixed window ends when the clock says so, not a period later", () => {
  const quota = quotaOf({ rate: 20, starts: -0.6 });
  const run = runOf(20, { runner: "naive", quota });
  assert.equal(wallAt(run, 0.3).cells, 20);
  assert.match(wallAt(run, 0.3).words, /20 of 20 in this window/);
  assert.equal(wallAt(run, 0.5).cells, 0);
  const short = new Run();
  short.set(0, { quota: quotaOf({ rate: 5, period: 0.1, starts: 0 }) });
  for (const time of [0.25, 0.3]) short.arrive(time, undefined, { status: 200 });
  assert.equal(wallAt(short, 0.3).cells, 1, "what comes as it begins is in it");
});

Deno.test("somebody else uses the same quota: only the API sees it", () => {
  const alone = runOf(100, { runner: "paced", limit: null });
  assert.equal(countsAt(alone, Infinity).refused, 0);
  const two = runOf(100, { runner: "paced", limit: null, others: 20 });
  const { refused, sent } = countsAt(two, Infinity);
  assert.ok(refused > 30 && refused < 70, `${refused}`);
  assert.equal(sent, 100);
  assert.ok(two.letIn.within(1, 2) <= 20);
  const shared = { runner: "paced", limit: null, others: 9, pace: 10 };
  const fair = runOf(100, /** @type {Partial<Settings & World>} */ (shared));
  assert.equal(countsAt(fair, Infinity).refused, 0);
});

Deno.test("somebody else comes and goes in mid-run", () => {
  const made = simulation(200, { runner: "paced", limit: null });
  made.advance(2);
  made.set({ others: 20 });
  made.advance(4);
  made.set({ others: 0 });
  made.advance(Infinity);
  const { refused } = made.run.ends;
  assert.equal(refused.upTo(2), 0);
  assert.ok(refused.within(2, 5) > 10);
  assert.equal(refused.within(6, Infinity), 0);
});

Deno.test("a quota that is moved in mid-run counts at once", () => {
  const made = simulation(200, { latency: 0.3 });
  made.advance(2);
  made.set({ quota: quotaOf({ rate: 5 }) });
  made.advance(4);
  const { refused } = made.run.ends;
  assert.equal(refused.upTo(2), 0);
  assert.ok(refused.within(2, 4) > 10);
});
