// What every request does at a time, who holds which slot, and what became of the others.

import assert from "node:assert/strict";

import { countsAt } from "../../../../src/inflight_lab/plot/js/counts.js";
import {
  FlowModel,
  talliesOf,
} from "../../../../src/inflight_lab/plot/js/flow/model.js";
import { MOVING, STILL } from "../../../../src/inflight_lab/plot/js/flow/request.js";
import { columnsOf, request, runOf } from "../support.js";

/**
 * @import { Motion } from "../../../../src/inflight_lab/plot/js/flow/request.js"
 * @import { Run } from "../../../../src/inflight_lab/plot/js/run.js"
 * @import { Row } from "../support.js"
 */

/** Seconds into a tally. */
const LAND = MOVING.land;

/**
 * @param {Run} run
 * @param {number} time
 * @param {Motion} [motion]
 */
function modelAt(run, time, motion = MOVING) {
  const model = new FlowModel(run, motion);
  model.advance(time);
  return model;
}

/** @param {FlowModel} model */
const legsOf = (model) => model.underWay.map((request) => request.legAt(model.time));

Deno.test("a request is counted when it ends, and then its dot goes into the tally", () => {
  const run = runOf({ events: request(0, { sent: 1, ended: 1.5, status: 429 }) });
  const model = modelAt(run, 1.49);
  assert.deepEqual([legsOf(model), model.tallies.refused], [["back"], 0]);
  model.advance(1.5);
  assert.deepEqual([legsOf(model), model.tallies.refused], [["land"], 1]);
  model.advance(1.5 + LAND);
  assert.deepEqual([legsOf(model), model.tallies.refused], [[], 1]);
});

Deno.test("at every moment the tallies say what the bar says", () => {
  const run = runOf({
    now: 9,
    dropped: { accepted: 5 },
    events: [
      ...busyRows(),
      [5, "cancelled", null, 3],
      [5, "sent", 40],
      [6, "failed", 40, "ReadTimeout"],
    ],
  });
  const model = new FlowModel(run, MOVING);
  for (let time = 0; time < 8; time += 0.05) {
    model.advance(time);
    assert.deepEqual(model.tallies, talliesOf(countsAt(run, time)));
  }
});

Deno.test("where motion disturbs no dot goes into a tally", () => {
  const run = runOf({ events: request(0, { sent: 1, ended: 1.5, status: 200 }) });
  assert.deepEqual(legsOf(modelAt(run, 1.49, STILL)), ["api"]);
  assert.equal(modelAt(run, 1.5, STILL).tallies.ok, 1);
});

Deno.test("what has no events any more, failed or gave up waiting is counted too", () => {
  const run = runOf({
    dropped: { accepted: 11, refused: 7, failed: 2, cancelled: 1 },
    events: [
      [1, "sent", 0],
      [1, "sent", 1],
      [1.2, "failed", 0, "ReadTimeout"],
      [1.2, "cancelled", 1],
      [1.3, "cancelled", null, 4],
    ],
  });
  assert.deepEqual(modelAt(run, 1.19).tallies, { ok: 11, refused: 7, lost: 3 });
  assert.deepEqual(modelAt(run, 1.2).tallies, { ok: 11, refused: 7, lost: 5 });
  assert.deepEqual(modelAt(run, 1.3).tallies, { ok: 11, refused: 7, lost: 9 });
});

/** One slot of two: taken, used, kept for a pause, freed. */
const SLOTS = runOf({
  levels: { limit: [[0, 2]], waiting: [[0, 5], [1, 4]] },
  events: [
    [0.5, "taken", null, 0],
    ...request(0, { sent: 1, ended: 1.3, status: 200, slot: 0 }),
    [1.9, "freed", null, 0],
  ],
});

Deno.test("a slot is seen as what it does", () => {
  const states = [0.4, 0.7, 1.1, 1.31, 1.5, 1.95].map((time) =>
    modelAt(SLOTS, time).standing().slots[0]
  );
  assert.deepEqual(states, [undefined, "unsent", "away", "held", "asleep", undefined]);
});

Deno.test("one that has a slot and is not sent yet has left the queue", () => {
  const waiting = [0.4, 0.7, 1.1].map((time) =>
    modelAt(SLOTS, time).standing().waiting
  );
  assert.deepEqual(waiting, [5, 4, 4]);
});

Deno.test("who has freed a slot is forgotten, also while nobody looks", () => {
  /** @type {Row[]} */
  const events = [];
  for (let second = 0; second < 50; second += 1) {
    events.push([second, "taken", null, 0], [second + 0.5, "freed", null, 0]);
  }
  const model = modelAt(runOf({ events }), 40.2);
  assert.equal(model.slots.holds[0].length, 10);
  model.advance(99);
  assert.equal(model.slots.holds[0].length, 0);
});

Deno.test("slots, those unsent and those in a pause are counted", () => {
  const { limit, unsent, asleep } = modelAt(SLOTS, 1.5).standing();
  assert.deepEqual([limit, unsent, asleep], [2, 0, 1]);
  assert.equal(modelAt(SLOTS, 0.7).standing().unsent, 1);
});

Deno.test("where only the limit is known, a request has the lowest slot that is free", () => {
  const run = runOf({
    levels: { limit: [[0, 3]] },
    events: [
      [1, "sent", 0],
      [1.1, "sent", 1],
      [1.2, "answered", 0, 200],
      [1.2, "sent", 2],
      [1.6, "answered", 2, 200],
    ],
  });
  const states = [1.05, 1.15, 1.25, 1.7].map((time) =>
    Array.from(modelAt(run, time).standing().slots, (state) => state ?? "free")
  );
  const away = "away";
  assert.deepEqual(states, [[away], [away, away], [away, away], [
    "free",
    away,
  ]]);
});

Deno.test("without a limit nobody has a slot", () => {
  const run = runOf({ events: [[1, "sent", 0]] });
  const model = modelAt(run, 1.1);
  assert.deepEqual(model.standing().slots, []);
  assert.equal(model.underWay[0].slot, null);
});

Deno.test("a refusal is seen when it happens", () => {
  const run = runOf({
    events: request(0, { sent: 1, ended: 1.5, status: 429, arrived: 1.01 }),
  });
  assert.equal(modelAt(run, 1).refusedAt, -Infinity);
  assert.equal(modelAt(run, 1.01).refusedAt, 1.01);
});

Deno.test("where only the client is seen, it is seen as its answer leaves", () => {
  const run = runOf({
    events: [[1, "sent", 0], [1, "arrived", 0, null], [1.5, "answered", 0, 503]],
  });
  assert.equal(modelAt(run, 1.35).refusedAt, -Infinity);
  assert.equal(Number(modelAt(run, 1.37).refusedAt.toFixed(6)), 1.36);
});

Deno.test("a seat at the API is free again when its request turns back", () => {
  const run = runOf({
    events: [
      [1, "sent", 0],
      [1, "arrived", 0, 200],
      [1.1, "sent", 1],
      [1.1, "arrived", 1, 200],
      [1.5, "answered", 0, 200],
      [1.7, "sent", 2],
      [1.7, "arrived", 2, 200],
    ],
  });
  const { underWay, seats } = modelAt(run, 1.75);
  assert.deepEqual(underWay.map(({ number, seat }) => [number, seat]), [
    [0, 0],
    [1, 1],
    [2, 0],
  ]);
  assert.equal(seats.count, 2);
});

/** @param {number} count All sent at 1 s, and answered at 2 s. */
function crowd(count) {
  /** @type {Row[]} */
  const events = [];
  for (let n = 0; n < count; n += 1) {
    events.push([1, "sent", n], [1, "arrived", n, 200]);
  }
  for (let n = 0; n < count; n += 1) events.push([2, "answered", n, 200]);
  return runOf({ events });
}

Deno.test("a crowd is drawn in bundles, which stay when it is gone", () => {
  const bundles = [240, 241, 1200, 1201].map((count) =>
    modelAt(crowd(count), 1.5).bundleSize
  );
  assert.deepEqual(bundles, [1, 5, 5, 20]);
  assert.equal(modelAt(crowd(241), 9).bundleSize, 5);
});

Deno.test("a bundle does not shrink while the crowd goes", () => {
  const model = new FlowModel(crowd(300), MOVING);
  model.advance(1.5);
  model.read();
  model.run.append(columnsOf({ now: 3, events: [[2.9, "sent", 300]] }));
  model.read();
  model.advance(2.95);
  assert.deepEqual([model.underWay.length, model.bundleSize], [1, 5]);
});

Deno.test("of a bundle one has a seat", () => {
  const { underWay, seats } = modelAt(crowd(300), 1.5);
  const seated = underWay.filter(({ seat }) => seat !== null);
  assert.deepEqual(seated.map(({ number }) => number % 5), Array(60).fill(0));
  assert.equal(seats.count, 60);
});

/** 40 requests in ten slots, some refused, some lost. */
function busyRows() {
  /** @type {Row[]} */
  const rows = [];
  for (let n = 0; n < 40; n += 1) {
    const sent = 0.1 + n * 0.07;
    const slot = n % 10;
    const status = n % 3 ? 200 : 429;
    rows.push([sent - 0.02, "taken", null, slot]);
    rows.push(...request(n, { sent, ended: sent + 0.3 + (n % 4) / 10, status, slot }));
    rows.push([sent + 0.65, "freed", null, slot]);
  }
  return rows.sort((one, other) => one[0] - other[0]);
}

/** @param {FlowModel} model */
function pictureOf(model) {
  const { tallies, bundleSize, underWay, seats, refusedAt } = model;
  const requests = underWay.map(({ number, seat, slot }) => ({ number, seat, slot }));
  const legs = legsOf(model);
  return {
    tallies,
    bundleSize,
    requests,
    legs,
    seats: seats.count,
    refusedAt,
    ...model.standing(),
  };
}

Deno.test("sought at once, a time shows the same as after all frames before it", () => {
  const run = runOf({
    levels: { limit: [[0, 10]], waiting: [[0, 40]] },
    events: busyRows(),
  });
  const played = new FlowModel(run, MOVING);
  for (let frame = 0; frame <= 240; frame += 1) {
    played.advance(frame / 60);
    if (frame % 20) continue;
    assert.deepEqual(pictureOf(modelAt(run, frame / 60)), pictureOf(played));
  }
  assert.equal(played.tallies.ok + played.tallies.refused, 40);
});

Deno.test("read piece by piece, a run shows the same as the whole", () => {
  const limit = /** @type {[number, number][]} */ ([[0, 10]]);
  const rows = busyRows();
  const whole = runOf({ levels: { limit }, events: rows });
  const growing = runOf({ live: true, levels: { limit } });
  const model = new FlowModel(growing, MOVING);
  let read = 0;
  for (let now = 0.05; now < 4; now += 0.05) {
    const due = rows.slice(read).filter(([time]) => time <= now);
    read += due.length;
    growing.append(columnsOf({ now, live: true, events: due }));
    model.read();
    model.advance(now - 0.25);
  }
  assert.deepEqual(pictureOf(model), pictureOf(modelAt(whole, model.time)));
});

Deno.test("an earlier time changes nothing", () => {
  const run = runOf({ events: request(0, { sent: 1, ended: 1.5, status: 200 }) });
  const model = modelAt(run, 2);
  model.advance(1.2);
  assert.deepEqual([model.time, model.tallies.ok], [2, 1]);
});
