// The simulated script and API.

import assert from "node:assert/strict";
import { seenAt } from "../../../src/inflight_lab/stage/motion.js";
import { wallAt } from "../../../src/inflight_lab/stage/quota.js";
import { countsAt, inFlightAt, Run } from "../../../src/inflight_lab/stage/run.js";
import { quotaOf, Simulation } from "../../../src/inflight_lab/stage/simulate.js";
import { momentsOf, runOf, simulation } from "./support.js";

/** When windows start; null where they slide. */
const STARTS = [null, 0];

Deno.test("a semaphore keeps to its limit, and every request has an end", () => {
  const run = runOf(30, { limit: 4 });
  const peak = Math.max(...momentsOf(run).map((time) => inFlightAt(run, time)));
  assert.equal(peak, 4);
  assert.equal(countsAt(run, run.now).answered, 30);
});

Deno.test("a limit holds for the paced, too, when answers are slow", () => {
  const run = runOf(60, { runner: "paced", limit: 5, latency: 1 });
  const peak = Math.max(...momentsOf(run).map((time) => inFlightAt(run, time)));
  assert.equal(peak, 5);
  const free = runOf(60, { runner: "paced", limit: null, latency: 1 });
  assert.ok(Math.max(...momentsOf(free).map((time) => inFlightAt(free, time))) > 15);
});

Deno.test("where answers take no time, the API still sees a request before its answer", () => {
  const { journeys, now } = runOf(30, { latency: 0, limit: 4 });
  assert.ok(now > 0);
  for (const { arrived, ended } of journeys) assert.ok(arrived <= ended);
});

Deno.test("all at once, the quota lets in just what it allows", () => {
  for (const starts of STARTS) {
    const quota = quotaOf({ rate: 20, starts });
    const run = runOf(60, { runner: "naive", quota });
    const { answered, refused } = countsAt(run, run.now);
    assert.deepEqual([answered, refused], [20, 40]);
  }
});

Deno.test("evenly spaced, none is refused, whenever the windows start", () => {
  for (const starts of STARTS) {
    const quota = quotaOf({ rate: 20, starts });
    const run = runOf(60, { runner: "paced", limit: null, quota });
    assert.equal(countsAt(run, run.now).refused, 0);
  }
});

Deno.test("paced at the quota's rate, none is refused while the latency is dragged", () => {
  const made = simulation(120, { runner: "paced", latency: 1.1, limit: 90 });
  for (const [until, latency] of [[2, 0.3], [3, 1.1], [4, 0.05]]) {
    made.advance(until);
    made.set({ latency });
  }
  made.advance(Infinity);
  assert.equal(countsAt(made.run, Infinity).refused, 0);
});

Deno.test("a semaphore whose average keeps the quota is refused once it is dragged", () => {
  const made = new Simulation({
    runner: "semaphore",
    limit: 20,
    latency: 1.1,
    quota: quotaOf({ rate: 20 }),
  });
  made.ask(200);
  made.advance(4);
  assert.equal(countsAt(made.run, 4).refused, 0);
  made.set({ latency: 0.3 });
  made.advance(Infinity);
  assert.ok(countsAt(made.run, Infinity).refused > 50);
});

Deno.test("the runner with the pause keeps its slots asleep after an answer", () => {
  const run = runOf(10, { runner: "pause", limit: 5, latency: 0.5 });
  assert.equal(inFlightAt(run, 1), 0);
  assert.ok(run.holds.every((each) => (each.at(1)?.until ?? 0) >= 1.5));
  assert.ok(Math.abs(run.now - 3) < 0.01);
  const few = runOf(7, { runner: "pause", limit: 5, latency: 0.5 });
  assert.ok(few.now < 2.5, "the last slots are not all taken: none sleeps");
});

Deno.test("beyond a hundred, requests are sent and wait for a connection", () => {
  const run = runOf(150, { runner: "naive", quota: null });
  assert.equal(countsAt(run, 0.3).notArrived, 50);
  assert.equal(countsAt(run, run.now).answered, 150);
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

Deno.test("a run that is stopped has no request without an end", () => {
  const made = simulation(60);
  made.advance(0.7);
  made.stop();
  const { answered, refused, cancelled, inFlight } = countsAt(made.run, 0.7);
  assert.equal(inFlight, 0);
  assert.equal(answered + refused + cancelled, 60);
  const taken = made.run.holds.filter((each) => each.list.at(-1)?.until === Infinity);
  assert.equal(taken.length, 0, "a slot is kept for good");
});

Deno.test("what the API refused before a stop stays refused", () => {
  const made = simulation(60, { runner: "naive", limit: null, latency: 1 });
  made.advance(0.7);
  const { refused } = seenAt(made.run, 0.7);
  made.stop();
  const { refused: after, cancelled } = countsAt(made.run, 9);
  assert.deepEqual([refused, after, cancelled > 0], [40, 40, true]);
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
  assert.deepEqual([0, 0.1, 1.1, 5].map((time) => wallAt(bucket, time).share), [
    1,
    0,
    0.5,
    1,
  ]);
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
});
