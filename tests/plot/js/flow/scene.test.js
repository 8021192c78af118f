// Where things stand in the flow, and what is drawn of them.

import assert from "node:assert/strict";

import { Dots } from "../../../../src/inflight_lab/plot/js/flow/dots.js";
import { inWords } from "../../../../src/inflight_lab/plot/js/flow/flow.js";
import {
  contains,
  gapFor,
  roomIn,
  spotFromLeft,
  spotFromRight,
} from "../../../../src/inflight_lab/plot/js/flow/grid.js";
import { FlowModel } from "../../../../src/inflight_lab/plot/js/flow/model.js";
import { packsFor } from "../../../../src/inflight_lab/plot/js/flow/packing.js";
import { spotOn } from "../../../../src/inflight_lab/plot/js/flow/path.js";
import { placesFor, slotAt } from "../../../../src/inflight_lab/plot/js/flow/places.js";
import { MOVING } from "../../../../src/inflight_lab/plot/js/flow/request.js";
import {
  drawScene,
  isRefusing,
} from "../../../../src/inflight_lab/plot/js/flow/scene.js";
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
function sceneAt(run, time, places = PLACES, frozen = false) {
  const model = new FlowModel(run, MOVING);
  model.advance(time);
  const standing = model.standing();
  const packs = packsFor(model, standing, places);
  const dots = new Dots();
  dots.move(model, places, packs, true);
  const refused = isRefusing(model, dots);
  const frozenAt = frozen ? time : null;
  return { model, standing, places, packs, dots, frozenAt, refused };
}

/**
 * @param {Run} run
 * @param {number} time
 */
function drawnAt(run, time, places = PLACES, frozen = false) {
  const pen = new DrawnPen();
  drawScene(pen.asPen(), sceneAt(run, time, places, frozen));
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

/**
 * How many slots stand in each row.
 *
 * @param {number} limit
 */
function rowsOfSlots(limit, places = PLACES) {
  const { packs } = sceneAt(runOf({ levels: { limit: [[0, limit]] } }), 1, places);
  /** @type {Map<number, number>} */
  const rows = new Map();
  for (let slot = 0; slot < limit; slot += 1) {
    const [, y] = slotAt(packs.slots, slot);
    rows.set(y, (rows.get(y) ?? 0) + 1);
  }
  return [...rows.values()];
}

Deno.test("slots stand in full rows, and only the last one may have fewer", () => {
  for (const places of [PLACES, placesFor(390, 0, true), placesFor(284, 0, true)]) {
    for (let limit = 1; limit <= 60; limit += 1) {
      const rows = rowsOfSlots(limit, places);
      const full = rows.slice(0, -1);
      assert.equal(new Set(full).size, full.length ? 1 : 0, `${limit}: ${rows}`);
      assert.ok((rows.at(-1) ?? 0) <= rows[0], `${limit}: ${rows}`);
    }
  }
  assert.deepEqual([9, 20].map((limit) => rowsOfSlots(limit)), [
    [3, 3, 3],
    [5, 5, 5, 5],
  ]);
});

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
    const [name, number] of [["waiting", "9"], ["slots", "6"], ["in flight", "2"], [
      "API: working on",
      "1", // the other one is refused
    ]]
  ) {
    assert.equal(words[words.indexOf(name) + 1], number);
  }
  assert.equal(words[words.indexOf("answered") - 1], "1");
  assert.equal(words[words.lastIndexOf("refused") - 1], "1");
  assert.ok(words.includes("7 in any 2 s") && words.includes("2 of 7"));
  assert.ok(words.includes("2 s ago"));
});

Deno.test("where it is narrow, a stopped run does not say that anything failed", () => {
  const stopped = runOf({
    now: 2,
    events: [[1, "sent", 0], [1.2, "cancelled", 0]],
  });
  for (const [width, down] of /** @type {const} */ ([[320, true], [588, false]])) {
    const { words } = drawnAt(stopped, 1.8, placesFor(width, 0, down));
    assert.equal(words[words.indexOf("unanswered") - 1], "1");
    assert.ok(!words.some((each) => each.includes("failed")));
  }
});

Deno.test("the API says how many it lets in at once", () => {
  const rows = [{ time: 0, max_concurrent: 4, kind: /** @type {const} */ ("none") }];
  const { words } = drawnAt(runOf({ policies: rows }), 1);
  assert.ok(words.includes("at most 4 at once") && !words.includes("no quota"));
});

Deno.test("a frozen picture says of which moment it is, and what is of the end", () => {
  const { words } = drawnAt(BUSY, 1.2, PLACES, true);
  assert.ok(words.includes("at 1.2 s") && words.includes("in the end"));
  const down = drawnAt(BUSY, 1.2, placesFor(360, 0, true), true);
  assert.ok(down.words.includes("at 1.2 s") && down.words.includes("in the end"));
  const moving = drawnAt(BUSY, 1.2);
  assert.ok(!moving.words.some((each) => each.startsWith("at ")));
});

/**
 * @param {Run} run
 * @param {number} time
 */
function saysRefused(run, time, places = PLACES) {
  const said = drawnAt(run, time, places).words.filter((word) => word === "refused");
  return said.length > 1; // the tally says it always
}

Deno.test("a refusal is said for as long as the refused request is at the API", () => {
  const times = [1, 1.2, 1.8, 2.1];
  assert.deepEqual(times.map((time) => saysRefused(BUSY, time)), [
    true, // the one before it has been refused less than a second ago
    true,
    true,
    false,
  ]);
});

Deno.test("and for a second at least, in slow motion too", () => {
  const events = request(0, { sent: 1, ended: 1.1, status: 429 });
  const times = [0.9, 1.2, 1.9, 2.1];
  const said = [1, 4].map((slow) =>
    times.map((time) => saysRefused(runOf({ events, slow }), time))
  );
  assert.deepEqual(said, [[false, true, true, false], [false, true, false, false]]);
});

Deno.test("in a narrow API it takes the place of other words", () => {
  const narrow = placesFor(280, 0, true);
  assert.ok(saysRefused(BUSY, 1.2, narrow));
  assert.ok(!drawnAt(BUSY, 1.2, narrow).words.includes("API: working on"));
  assert.ok(drawnAt(BUSY, 3, narrow).words.includes("API: working on"));
});

Deno.test("no other dot hides a refused one", () => {
  const events = [
    ...request(0, { sent: 1, ended: 2, status: 429 }),
    ...request(1, { sent: 1.01, ended: 2, status: 200 }),
  ];
  assert.equal(drawnAt(runOf({ events }), 1.5).marks.at(-1)?.name, "refused");
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

/** @param {number} count Sent, and not arrived. */
function crowdOf(count) {
  /** @type {Row[]} */
  const events = [];
  for (let n = 0; n < count; n += 1) events.push([1, "sent", n]);
  return events;
}

const CUT = [
  {
    what: "a queue",
    run: runOf({ levels: { waiting: [[0, 1000]], limit: [[0, 3]] } }),
    all: 1000,
  },
  { what: "a crowd", run: runOf({ events: crowdOf(239) }), all: 239 },
  {
    what: "a pool",
    run: runOf({ levels: { limit: [[0, 1]] }, events: crowdOf(239) }),
    all: 239,
  },
];

for (const { what, run, all } of CUT) {
  for (const down of [false, true]) {
    Deno.test(`${what} that is cut says how many are not drawn, ${down ? "down" : "across"}`, () => {
      const places = placesFor(down ? 390 : 600, 0, down);
      const { words, marks } = drawnAt(run, 1.1, places);
      const rings = marks.filter(({ name }) => name === "waiting");
      const drawn = rings.reduce((sum, { spots }) => sum + spots.length, 0);
      assert.ok(drawn > 30 && drawn < all);
      assert.ok(words.includes(`+ ${all - drawn} more`));
    });
  }
}

Deno.test("slots that are cut say how many are not drawn, and have their dots too", () => {
  const run = runOf({ levels: { limit: [[0, 400]] }, events: crowdOf(1) });
  const { packs } = sceneAt(run, 1.1);
  assert.ok(drawnAt(run, 1.1).words.includes(`+ ${400 - packs.slots.room} more`));
  assert.deepEqual(slotAt(packs.slots, 399), slotAt(packs.slots, packs.slots.room - 1));
});

Deno.test("where a dot is a bundle, a ring of the queue is one too", () => {
  const events = crowdOf(300);
  const run = runOf({ levels: { waiting: [[0, 20]] }, events });
  const { words, marks } = drawnAt(run, 1.1);
  assert.ok(words.includes("1 dot = 5 requests"));
  assert.deepEqual(marks.slice(0, 1).map(({ spots }) => spots.length), [4]);
});

Deno.test("where the queue is not observed, its number is a dash, and not read out", () => {
  const run = runOf({ events: crowdOf(1) });
  const { words } = drawnAt(run, 1.1);
  assert.equal(words[words.indexOf("waiting") + 1], "–");
  const readOut = "1 sent and not arrived, 0 in flight, 0 of them at the API";
  assert.equal(inWords(sceneAt(run, 1.1)), readOut);
});

Deno.test("the API works on those within its frame, and on no other", () => {
  for (let time = 0.9; time < 2.2; time += 0.01) {
    const { places, dots } = sceneAt(BUSY, time);
    const within = dots.drawn.filter(({ leg, at }) =>
      leg !== "land" && contains(places.api, at)
    );
    assert.equal(dots.atApi, within.length);
  }
  const { atApi, inFlight } = sceneAt(BUSY, 1.05).dots;
  assert.deepEqual([inFlight, atApi], [2, 0]); // on the road
});

Deno.test("the API works on none that it has answered, though nobody has read it", () => {
  const run = runOf({
    levels: { server: [[0, 0], [1, 2], [1.4, 0]] },
    events: [0, 1].flatMap((n) => request(n, { sent: 1, ended: 2, status: 200 })),
  });
  /** @param {number} time */
  const seen = (time) => {
    const { words, marks } = drawnAt(run, time);
    const worksOn = words[words.indexOf("API: working on") + 1];
    return [worksOn, marks.at(-1)?.name];
  };
  assert.deepEqual([1.3, 1.5].map(seen), [["2", "flying"], ["0", "ok"]]);
});

Deno.test("no letters are smaller than 11 pixels, and no outline is fainter than half", () => {
  const asleep = runOf({
    policies: [sevenInTwo("gcra")],
    levels: { limit: [[0, 100]] },
    events: [
      [0.1, "taken", null, 0],
      ...request(0, { sent: 0.2, ended: 0.4, status: 429, slot: 0 }),
    ],
  });
  for (const places of [PLACES, placesFor(390, 0, true)]) {
    for (const run of [BUSY, asleep, ...CUT.map((each) => each.run)]) {
      const { letters, outlines } = drawnAt(run, 1.2, places);
      assert.ok(Math.min(...letters) >= 11);
      assert.ok(Math.min(...outlines) >= 0.5);
    }
  }
});

Deno.test("a dot begins and ends its flight gently, and cuts the corners", () => {
  /** @type {Spot[]} */
  const straight = [[0, 7], [10, 7], [100, 7]];
  const places = [0, 0.1, 0.5, 0.9, 1].map((share) => spotOn(straight, share)[0]);
  assert.deepEqual(places.map((x) => Number(x.toFixed(2))), [0, 2.8, 50, 97.2, 100]);
  assert.equal(spotOn(straight, 0.5)[1], 7);
  const corner = spotOn([[0, 0], [50, 0], [50, 50]], 0.5);
  assert.deepEqual(corner.map(Math.round), [43, 7]);
});

Deno.test("in slow motion each dot has its number, beginning with 1", () => {
  const run = runOf({ slow: 5, events: [[1, "sent", 0], [1, "sent", 1]] });
  assert.deepEqual(
    drawnAt(run, 1.1).words.filter((word) => /^\d+$/.test(word)).slice(-2),
    [
      "1",
      "2",
    ],
  );
});

Deno.test("the numbers of dots that are near to each other do not run together", () => {
  const events = [0, 1].flatMap((n) => request(n, { sent: 1, ended: 2, status: 200 }));
  const { texts } = drawnAt(runOf({ slow: 5, events }), 1.01);
  const [one, other] = texts.slice(-2);
  assert.deepEqual([one.words, other.words], ["1", "2"]);
  assert.ok(Math.abs(one.y - other.y) >= 12 || Math.abs(one.x - other.x) >= 16);
});

Deno.test("a quota that is used up does not look like a success", () => {
  /** @type {Row[]} */
  const events = [];
  for (let n = 0; n < 7; n += 1) {
    events.push(...request(n, { sent: 1, ended: 2, status: 200 }));
  }
  const run = runOf({ policies: [sevenInTwo("sliding-window")], events });
  const { words, boxes } = drawnAt(run, 1.5);
  assert.ok(words.includes("7 of 7"));
  assert.ok(!boxes.includes("ok"));
});

Deno.test("dots glide to their places, and are there at once after the time was sought", () => {
  const run = runOf({ events: [[1, "sent", 0]] });
  const model = new FlowModel(run, MOVING);
  model.advance(1.1);
  const packs = packsFor(model, model.standing(), PLACES);
  const gliding = new Dots();
  gliding.move(model, PLACES, packs, false);
  const place = spotFromRight(PLACES.crowd, 0, 14);
  assert.notDeepEqual(gliding.drawn[0].at, place);
  for (let frame = 0; frame < 60; frame += 1) {
    gliding.move(model, PLACES, packs, false);
  }
  const [x, y] = gliding.drawn[0].at;
  assert.ok(Math.hypot(x - place[0], y - place[1]) < 0.01);
  assert.deepEqual(sceneAt(run, 1.1).dots.drawn[0].at, place);
});
