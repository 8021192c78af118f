// Where the dots are at a time.

import assert from "node:assert/strict";
import {
  dotOf,
  drawFlow,
  drawWall,
  firstShown,
  isClosed,
  isSpent,
} from "../../../../src/inflight_lab/lesson/stage/dots.js";
import {
  flightOf,
  timeAtTheWall,
} from "../../../../src/inflight_lab/lesson/stage/motion.js";
import { Places } from "../../../../src/inflight_lab/lesson/stage/places.js";
import { wallAt } from "../../../../src/inflight_lab/lesson/stage/quota.js";
import { quotaOf } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import { momentsOf, recorded, runOf, simulation } from "./support.js";

/** @import { Pen } from "../../../../src/inflight_lab/lesson/stage/pen.js" */
/** @import { Point } from "../../../../src/inflight_lab/lesson/stage/places.js" */
/** @import { Run } from "../../../../src/inflight_lab/lesson/stage/run.js" */

const BOXES = {
  requests: { left: 0, top: 0, width: 400, height: 300 },
  slots: { left: 420, top: 0, width: 120, height: 300 },
  wall: { left: 760, top: 0, width: 14, height: 300 },
  api: { left: 780, top: 0, width: 200, height: 300 },
};
const BELOW = {
  requests: { left: 0, top: 0, width: 360, height: 120 },
  slots: { left: 0, top: 130, width: 360, height: 50 },
  wall: { left: 0, top: 260, width: 360, height: 12 },
  api: { left: 0, top: 280, width: 360, height: 90 },
};

/** @param {Run} run */
function placesFor(run, boxes = BOXES) {
  const door = run.isUnlimited ? "open" : "slots";
  return new Places(boxes, { requests: run.size, slots: 12, seats: 60, door });
}

/** @param {Run} run @param {number} number @param {number} time */
function dot(run, number, time, places = placesFor(run), still = false) {
  const moment = { time, pace: 0.2, still };
  return dotOf(run.journeys[number], run, moment, places);
}

/** How often the pen does something at a time, and how. @param {Run} run */
function callsAt(run, /** @type {number} */ time, /** @type {RegExp} */ what) {
  /** @type {any[][]} */
  const calls = [];
  const pen = new Proxy({}, {
    get: (_, does) => (/** @type {any[]} */ ...how) => {
      if (what.test(String(does))) calls.push(how);
      return { rect() {} };
    },
  });
  const moment = { time, pace: 1, still: false };
  drawFlow(/** @type {Pen} */ (pen), run, moment, placesFor(run));
  return calls;
}

/** @param {Point} one @param {Point} other */
function distance([x, y], [left, top]) {
  return Math.hypot(x - left, y - top);
}

Deno.test("a dot is out for as long as its request, and then at home again", () => {
  const run = runOf(12, { limit: 3 });
  const places = placesFor(run);
  for (const { number, sent, ended } of run.journeys) {
    const home = places.home(number);
    assert.deepEqual(dot(run, number, sent - 0.01).at, home);
    assert.equal(dot(run, number, sent + 0.01).look, "out");
    assert.ok(distance(dot(run, number, (sent + ended) / 2).at, home) > 100);
    assert.deepEqual(dot(run, number, ended + 0.2).at, home);
  }
});

Deno.test("no dot jumps from one frame to the next, also while it turns", () => {
  for (
    const [runner, boxes]
      of /** @type {const} */ ([["semaphore", BOXES], ["naive", BELOW]])
  ) {
    const run = runOf(25, { runner, limit: 6 });
    const places = placesFor(run, boxes);
    for (const { number } of run.journeys) {
      let last = dot(run, number, 0, places).at;
      for (let time = 0; time < run.now + 0.3; time += 0.2 / 60) {
        const { at } = dot(run, number, time, places);
        assert.ok(distance(at, last) < 60, `${number} at ${time}`);
        last = at;
      }
    }
  }
});

Deno.test("nor does one while its run still goes on, refused or answered", () => {
  const made = simulation(30, { runner: "naive", latency: 1 });
  made.advance(0.3);
  const places = placesFor(made.run);
  /** @param {number} time */
  const dots = (time) =>
    made.run.journeys.map(({ number }) => dot(made.run, number, time, places));
  let last = dots(0.3);
  for (let time = 0.3; time < 1.3; time += 0.2 / 60) {
    made.advance(time);
    const now = dots(time);
    now.forEach(({ at }, number) => assert.ok(distance(at, last[number].at) < 60));
    last = now;
  }
  const looks = new Set(last.map(({ look }) => look));
  assert.deepEqual(looks, new Set(["answered", "refused"]));
});

Deno.test("it fills to when the API says, however long, and never jumps", () => {
  for (const due of [0.2, 0.45]) {
    const run = recorded([[0, 200]], { latency: 0.3 });
    const [journey] = run.journeys;
    run.expect(journey, due);
    const moments = Array.from({ length: 20 }, (_, index) => index / 20 * due);
    const before = moments.map((time) => dot(run, 0, time));
    run.end(due, journey, "answered", 200);
    const after = moments.map((time) => dot(run, 0, time));
    for (const what of /** @type {const} */ (["at", "filled"])) {
      assert.deepEqual(
        before.map((each) => each[what]),
        after.map((each) => each[what]),
      );
    }
    const filled = after.map((each) => each.filled).filter((each) => each !== null);
    assert.deepEqual(filled, filled.toSorted((one, other) => one - other));
    assert.ok(filled[0] < 0.1 && filled[filled.length - 1] > 0.9);
    const reached = dot(run, 0, Math.max(0.05, due / 5)).at;
    assert.ok(distance(reached, [BOXES.wall.left, reached[1]]) < 20);
  }
});

Deno.test("who is refused never comes behind the wall", () => {
  const run = runOf(40, { runner: "naive" });
  const refused = run.journeys.filter((each) => each.outcome === "refused");
  assert.equal(refused.length, 20);
  for (const { number } of refused) {
    for (const time of momentsOf(run)) {
      assert.ok(dot(run, number, time).at[0] <= BOXES.wall.left);
    }
  }
});

Deno.test("a dot meets the wall when a cell of it is taken", () => {
  const run = runOf(60, { limit: 15, latency: 1 }); // a tenth later than it arrives
  for (const moment of momentsOf(run)) {
    const time = moment + 0.013; // beside the ends of windows
    const { cells } = wallAt(run, timeAtTheWall(run, time));
    const past = run.journeys.filter((journey) => {
      const { meets } = flightOf(journey, run.settingAt(journey.sent));
      return meets <= time && meets > time - 1;
    });
    assert.equal(cells, past.length, `at ${time}`);
  }
});

Deno.test("a dot in a slot is smaller than the slot, and at home as large as others", () => {
  const made = simulation(6, { limit: 3 });
  made.advance(0.001);
  const { run } = made;
  const door = /** @type {const} */ ("slots");
  const places = new Places(BOXES, { requests: 6, slots: 120, seats: 12, door });
  const { slot, sent } = run.journeys[0];
  const { at, radius } = dot(run, 0, sent, places);
  assert.deepEqual(at, places.slot(slot ?? -1));
  assert.ok(radius <= places.slotRadius && places.slotRadius < places.slotCell / 2);
  made.advance(Infinity);
  assert.equal(dot(run, 0, run.now + 1, places).radius, places.radius);
  assert.ok(places.radius > radius);
});

Deno.test("what is sent and has no connection stands where it was", () => {
  const run = runOf(120, { runner: "naive", quota: null });
  const { at, look } = dot(run, 119, 0.4);
  assert.deepEqual(at, placesFor(run).home(119));
  assert.equal(look, "out");
});

Deno.test("what fails ends where it is, and its mark comes home", () => {
  const run = recorded([[0, 200]], {}, { started: 2 });
  run.end(3, run.journeys[0], "failed", "ReadTimeout");
  run.goOn({ now: 3 });
  assert.ok(dot(run, 0, 2.99).at[0] > BOXES.wall.left);
  assert.equal(dot(run, 0, 3.01).look, "failed");
  assert.deepEqual(dot(run, 0, 4).at, placesFor(run).home(0));
});

Deno.test("after Stop nothing looks as if it still waited", () => {
  const made = simulation(30);
  made.advance(0.7);
  made.stop();
  const looks = new Set(
    callsAt(made.run, 9, /dot/).map(([_at, _radius, look]) => look),
  );
  assert.deepEqual(looks, new Set(["answered", "cancelled"]));
});

Deno.test("what nobody has announced is there once it is sent, or the run is over", () => {
  const run = recorded([[0, 200, 0.5], [1, 200, 1.5], [2, 200, 2.5]]);
  for (const [asked, isLive, count] of [[0, 1, 2], [2, 1, 2], [3, 1, 3], [0, 0, 3]]) {
    run.goOn({ asked, isLive: Boolean(isLive) });
    assert.equal(callsAt(run, 1.2, /dot|pie/).length, count);
  }
});

Deno.test("while nobody sends after a refusal, the gate is shut", () => {
  const run = recorded([[0, 429, 0.5], [2, 200]], {}, { now: 3 });
  const shut = [0.2, 1, 2.2].map((time) => callsAt(run, time, /gate/).length);
  assert.deepEqual(shut, [0, 1, 0]);
});

Deno.test("before its start an arrow is in the middle of what is free", () => {
  const run = runOf(30, { runner: "naive" });
  const [[{ left, width }], ...more] = callsAt(run, -1, /arrow/);
  assert.deepEqual([...more, ...callsAt(run, 0, /arrow/)], []);
  const places = placesFor(run);
  assert.equal(left + width, BOXES.wall.left);
  assert.ok(left > places.home(places.columns - 1)[0] && left < BOXES.slots.left);
});

Deno.test("a slot that is taken is shown, also above a limit that was lowered", () => {
  const run = recorded([], { limit: 5 });
  for (const slot of [0, 1, 2, 3, 4]) run.take(0, slot);
  run.set(1, { limit: 2 });
  for (const slot of [1, 4]) run.free(2, slot);
  const seen = callsAt(run, 3, /slot/).map(([what]) => what).sort();
  assert.deepEqual(seen, [...Array(4).fill("slot"), ...Array(3).fill("taken")]);
  const pauses = runOf(10, { runner: "pause" });
  assert.deepEqual([0.4, 1].map((time) => callsAt(pauses, time, /asleep/).length), [
    0,
    5,
  ]);
});

Deno.test("an answer that nobody knows of yet is not drawn", () => {
  const { look, filled } = dot(recorded([[0, 200]], { latency: 0.5 }), 0, 2);
  assert.deepEqual([look, filled], ["out", 1]);
});

Deno.test("where nothing should fly, a dot is in one of four places", () => {
  const run = runOf(10, { limit: 3 });
  const places = placesFor(run);
  const seen = momentsOf(run).map((time) => `${dot(run, 9, time, places, true).at}`);
  assert.ok(new Set(seen).size <= 4);
});

Deno.test("no two dots have one place: at home, in a slot, at the API, which has room", () => {
  const places = placesFor(runOf(100, { runner: "naive", quota: null }));
  for (const [what, count] of Object.entries({ home: 100, seat: 60, slot: 12 })) {
    const place = /** @type {"home" | "seat" | "slot"} */ (what);
    const points = Array.from(
      { length: count },
      (_, index) => `${places[place](index)}`,
    );
    assert.equal(new Set(points).size, count, what);
  }
  for (let seat = 0; seat < 60; seat += 1) {
    const [, y] = places.seat(seat);
    assert.ok(y > places.seatRadius && y < BOXES.api.height - places.seatRadius);
  }
});

Deno.test("slots are counted from the top, or on a phone from the left", () => {
  const run = runOf(30, { limit: 12 });
  for (const [axis, boxes] of /** @type {const} */ ([[1, BOXES], [0, BELOW]])) {
    const ways = [0, 1, 2].map((slot) => placesFor(run, boxes).slot(slot)[axis]);
    assert.deepEqual(ways, ways.toSorted((one, other) => one - other));
  }
});

Deno.test("of many thousand requests, those that are out are in the block", () => {
  const run = runOf(2000, { limit: 12, quota: null });
  const places = placesFor(run);
  assert.ok(places.count <= 600);
  for (const time of momentsOf(run)) {
    const first = firstShown(run, time, places);
    const out = run.journeys.filter(({ sent, ended }) => sent <= time && time < ended);
    for (const { number } of out) {
      assert.ok(number >= first && number < first + places.count);
    }
  }
});

Deno.test("where tokens ran out, they are red, and the requests are not", () => {
  const quota = { ...quotaOf({ rate: 9 }), tokens: 500 };
  const run = recorded([[1, 200], [1, 429]], { quota });
  const red = [isClosed, isSpent].map((is) =>
    is(run, { time: 1.1, pace: 1, still: false })
  );
  assert.deepEqual(red, [false, true]);
});

Deno.test("the wall's cells fill the wall, whichever way it stands", () => {
  for (const isTall of [false, true]) {
    const boxes = isTall ? BELOW : BOXES;
    const { wall } = boxes;
    for (const rate of [20, 2.5]) {
      const run = runOf(9, { runner: "naive", limit: null, quota: quotaOf({ rate }) });
      let area = 0;
      /** @param {number} left @param {number} top @param {number} width @param {number} height */
      const rect = (left, top, width, height) => {
        area += width * height;
        assert.ok(left >= wall.left && left + width <= wall.left + wall.width);
        assert.ok(top >= wall.top && top + height <= wall.top + wall.height);
      };
      const pen = /** @type {any} */ ({ path: () => ({ rect }) });
      drawWall(pen, run, { time: 0.3, pace: 1, still: false }, { boxes, isTall });
      assert.ok(area > 0.7 * wall.width * wall.height);
    }
  }
});
