// Where things stand in the flow, and what is drawn of them.

import assert from "node:assert/strict";

import { Dots, gapsFor } from "../../../../src/inflight_lab/plot/js/flow/dots.js";
import {
  gapFor,
  roomIn,
  spotFromLeft,
  spotFromRight,
} from "../../../../src/inflight_lab/plot/js/flow/grid.js";
import { FlowModel } from "../../../../src/inflight_lab/plot/js/flow/model.js";
import { bezier } from "../../../../src/inflight_lab/plot/js/flow/path.js";
import { placesFor } from "../../../../src/inflight_lab/plot/js/flow/places.js";
import { MOVING } from "../../../../src/inflight_lab/plot/js/flow/request.js";
import { drawScene } from "../../../../src/inflight_lab/plot/js/flow/scene.js";
import { request, runOf, sevenInTwo } from "../support.js";
import { DrawnPen } from "./drawn_pen.js";

/**
 * @import { Spot } from "../../../../src/inflight_lab/plot/js/flow/grid.js"
 * @import { Run } from "../../../../src/inflight_lab/plot/js/run.js"
 * @import { Row } from "../support.js"
 */

const PLACES = placesFor(1000, 0, false);

/**
 * @param {Run} run
 * @param {number} time
 */
function sceneAt(run, time, places = PLACES) {
  const model = new FlowModel(run, MOVING);
  model.advance(time);
  const standing = model.standing();
  const dots = new Dots();
  dots.move(model, standing, places, true);
  const gaps = gapsFor(model, standing, places);
  const refused = time - model.refusedAt < 0.25;
  return { model, standing, places, gaps, dots, refused };
}

/**
 * @param {Run} run
 * @param {number} time
 */
function drawnAt(run, time, places = PLACES) {
  const pen = new DrawnPen();
  drawScene(pen.asPen(), sceneAt(run, time, places));
  return pen;
}

Deno.test("places fill a region column by column, from the end where one goes on", () => {
  const region = { x: 100, y: 10, w: 50, h: 45 };
  assert.deepEqual(spotFromLeft(region, 4, 20), [150, 20]);
  assert.deepEqual(spotFromRight(region, 4, 20), [100, 20]);
  assert.deepEqual([roomIn(region, 20), roomIn(region, 60)], [4, 1]);
  assert.deepEqual([3, 4, 5, 99].map((n) => gapFor(region, n, [22, 20, 10])), [
    22,
    22,
    10,
    10,
  ]);
});

for (const height of [0, 516, 600, 900]) {
  Deno.test(`from top to bottom no words touch the slots, at a height of ${height}`, () => {
    const { slots, pool } = placesFor(400, height, true);
    const letters = 13;
    assert.ok(slots.y + slots.h <= pool.y - 16 - letters);
  });
}

for (
  const [width, down]
    of /** @type {const} */ ([[600, false], [1400, false], [320, true]])
) {
  Deno.test(`everything is within a picture that is ${width} wide`, () => {
    const { height, ...places } = placesFor(width, 0, down);
    const regions = [places.queue, places.slots, places.pool, places.crowd, places.api];
    for (
      const { x, y, w, h } of [...regions, places.work, places.quota, ...places.tallies]
    ) {
      assert.ok(x >= 0 && x + w <= width && y >= 0 && y + h <= height);
    }
  });
}

/** @param {number} limit Half of the slots are taken. */
function halfTaken(limit) {
  /** @type {Row[]} */
  const events = [];
  for (let slot = 0; slot < limit / 2; slot += 1) events.push([0, "taken", null, slot]);
  return runOf({ levels: { limit: [[0, limit]] }, events });
}

Deno.test("a hundred slots cost no more paths than ten", () => {
  assert.equal(drawnAt(halfTaken(100), 1).paths, drawnAt(halfTaken(10), 1).paths);
});

Deno.test("two hundred dots cost no more paths than two", () => {
  const [few, many] = [2, 200].map((count) => {
    /** @type {Row[]} */
    const events = [];
    for (let n = 0; n < count; n += 1) {
      events.push([1, "sent", n], [1, "arrived", n, 200]);
    }
    return drawnAt(runOf({ events }), 1.5);
  });
  assert.equal(many.paths, few.paths);
});

const BUSY = runOf({
  policies: [sevenInTwo("sliding-window")],
  levels: { limit: [[0, 6]], waiting: [[0, 9]] },
  events: [
    ...request(0, { sent: 0.2, ended: 0.4, status: 200, slot: 0 }),
    ...request(1, { sent: 0.2, ended: 0.5, status: 503, slot: 1 }),
    [1, "taken", null, 2],
    [1, "taken", null, 3],
    ...request(2, { sent: 1, ended: 2, status: 200, slot: 2 }),
    ...request(3, { sent: 1, ended: 2, status: 429, slot: 3 }),
  ],
});

Deno.test("the picture says how many wait, are out, and became what", () => {
  const { words } = drawnAt(BUSY, 1.2);
  for (
    const [name, number] of [["waiting", "9"], ["slots", "6"], ["API, working on", "2"]]
  ) {
    assert.equal(words[words.indexOf(name) + 1], number);
  }
  assert.equal(words[words.indexOf("answered") - 1], "1");
  assert.equal(words[words.indexOf("refused: 429, 503") - 1], "1");
  assert.ok(words.includes("7 in any 2 s") && words.includes("2 of 7"));
  assert.ok(words.includes("2 s ago"));
});

Deno.test("a refusal is said for a moment", () => {
  assert.ok(drawnAt(BUSY, 1.2).words.includes("refused"));
  assert.ok(!drawnAt(BUSY, 1.3).words.includes("refused"));
});

Deno.test("a refused request is seen as one as soon as it is at the API", () => {
  /** @param {number} time */
  const looks = (time) => {
    const { marks } = drawnAt(BUSY, time);
    return marks.slice(-2).map(({ name, spots }) => `${spots.length} ${name}`);
  };
  assert.equal(looks(1.1).at(-1), "2 flying");
  assert.deepEqual(looks(1.3), ["1 flying", "1 refused"]);
});

Deno.test("who is not sent is in its slot, a slot in a pause sleeps", () => {
  const run = runOf({
    levels: { limit: [[0, 2]] },
    events: [
      [0.1, "taken", null, 0],
      ...request(0, { sent: 0.2, ended: 0.4, status: 200, slot: 0 }),
      [1, "taken", null, 1],
    ],
  });
  assert.ok(drawnAt(run, 0.9).words.includes("1 asleep"));
  assert.ok(drawnAt(run, 0.9).words.includes("zz"));
  assert.ok(
    drawnAt(
      runOf({
        levels: { limit: [[0, 2]] },
        events: [[1, "taken", null, 1]],
      }),
      1.1,
    ).words.includes("1 unsent"),
  );
});

Deno.test("without a limit those who have not arrived stand in a crowd", () => {
  const run = runOf({ events: [[1, "sent", 0], [1, "sent", 1]] });
  const { words } = drawnAt(run, 1.1);
  assert.equal(words[words.indexOf("not arrived") + 1], "2");
  assert.deepEqual(sceneAt(run, 1.1).dots.drawn.map(({ at }) => at), [
    spotFromRight(PLACES.crowd, 0, 14),
    spotFromRight(PLACES.crowd, 1, 14),
  ]);
});

Deno.test("where nobody knows of a limit, nothing is said of one", () => {
  /** @type {Row[]} */
  const events = [[1, "sent", 0]];
  assert.ok(
    drawnAt(runOf({ events, unlimited: true }), 1.1).words.includes("no limit"),
  );
  assert.ok(!drawnAt(runOf({ events }), 1.1).words.includes("no limit"));
});

Deno.test("those for whom the crowd has no room are counted, and not drawn", () => {
  /** @type {Row[]} */
  const events = [];
  for (let n = 0; n < 239; n += 1) events.push([1, "sent", n]);
  const { dots } = sceneAt(runOf({ events }), 1.1, placesFor(600, 0, false));
  const room = roomIn(placesFor(600, 0, false).crowd, 9);
  assert.ok(room < 239);
  assert.deepEqual([dots.drawn.length, dots.onLeg.pool], [room, 239]);
});

Deno.test("a dot begins and ends its flight gently", () => {
  /** @type {[Spot, Spot, Spot, Spot]} */
  const way = [[0, 7], [10, 7], [20, 7], [30, 7]];
  const places = [0, 0.1, 0.5, 0.9, 1].map((share) => bezier(way, share)[0]);
  assert.deepEqual(places.map((x) => Number(x.toFixed(2))), [0, 0.84, 15, 29.16, 30]);
  assert.equal(bezier(way, 0.5)[1], 7);
});

Deno.test("in slow motion each dot has its number, beginning with 1", () => {
  const run = runOf({ numbered: true, events: [[1, "sent", 0], [1, "sent", 1]] });
  assert.deepEqual(
    drawnAt(run, 1.1).words.filter((word) => /^\d+$/.test(word)).slice(-2),
    [
      "1",
      "2",
    ],
  );
});

Deno.test("dots glide to their places, and are there at once after the time was sought", () => {
  const run = runOf({ events: [[1, "sent", 0]] });
  const model = new FlowModel(run, MOVING);
  model.advance(1.1);
  const gliding = new Dots();
  gliding.move(model, model.standing(), PLACES, false);
  const place = spotFromRight(PLACES.crowd, 0, 14);
  assert.notDeepEqual(gliding.drawn[0].at, place);
  for (let frame = 0; frame < 60; frame += 1) {
    gliding.move(model, model.standing(), PLACES, false);
  }
  const [x, y] = gliding.drawn[0].at;
  assert.ok(Math.hypot(x - place[0], y - place[1]) < 0.01);
  assert.deepEqual(sceneAt(run, 1.1).dots.drawn[0].at, place);
});
