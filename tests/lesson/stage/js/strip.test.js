// What stands in a strip, and beside it.

import assert from "node:assert/strict";
import { Run } from "../../../../src/inflight_lab/lesson/stage/run.js";
import { quotaOf } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import { drawStrip, LEVELS } from "../../../../src/inflight_lab/lesson/stage/strip.js";
import { momentsOf, recorded, runOf } from "./support.js";

/** @import { Pen } from "../../../../src/inflight_lab/lesson/stage/pen.js" */
/** @import { What } from "../../../../src/inflight_lab/lesson/stage/strip.js" */
/** @import { Request } from "./support.js" */

/**
 * A canvas that shows nothing, and does only these things.
 *
 * @param {Record<string, any>} [does]
 * @returns {any}
 */
function canvas(does = {}) {
  return new Proxy(does, {
    get: (own, name) => own[/** @type {string} */ (name)] ?? (() => {}),
    set: (own, name, value) => Reflect.set(own, name, value),
  });
}

const WHATS = /** @type {const} */ (["in flight", "rate"]);

/** Paths that add the heights of their points to a list. @param {number[]} heights */
const pathTo = (heights) => ({
  lineTo: (/** @type {number} */ _, /** @type {number} */ y) => heights.push(y),
});

/**
 * @param {Run} run
 * @param {What} what
 * @param {number} time
 * @param {{ context?: any, path?: any, beside?: Run[], before?: Run, until?: number }}
 *   [how] Where it is drawn, and what else is in it.
 */
function drawnAt(
  run,
  what,
  time,
  { context = canvas(), path = canvas(), ...how } = {},
) {
  Object.assign(globalThis, {
    Path2D: function () {
      return path;
    },
  });
  const colours = { waiting: "waiting", refused: "refused", failed: "failed" };
  const pen = { context, colours, width: 300, height: 60, fontSize: 14, clear() {} };
  const shown = { time, what, span: 4, beside: [run], ...how };
  return drawStrip(/** @type {Pen} */ (/** @type {unknown} */ (pen)), run, shown);
}

Deno.test("the words are of what is set at the time that is shown", () => {
  const run = recorded([], { limit: 5, quota: quotaOf({ rate: 100 }) }, { now: 4 });
  run.set(2, { limit: 9, quota: quotaOf({ rate: 20 }) });
  const words = [1, 3].flatMap((time) =>
    WHATS.map((what) => drawnAt(run, what, time).line.text)
  );
  assert.deepEqual(words, ["limit 5", "100 allowed", "limit 9", "20 allowed"]);
  run.set(4, { quota: quotaOf({ shape: "spacing", rate: 20 }) });
  assert.equal(drawnAt(run, "rate", 4).line.text, ""); // it allows one, and again one
});

Deno.test("a button counts what is sent within the quota's own period, in the end the last", () => {
  const run = new Run();
  run.set(0, { quota: quotaOf({ rate: 5, period: 3 }) });
  for (const time of [0, 1, 2, 3.5]) run.send(time);
  run.goOn({ now: 4.5 });
  const { number, unit } = LEVELS.rate;
  assert.deepEqual([2, 4.5, 9].map((time) => number(run, time)), [3, 2, 2]);
  assert.equal(unit(run.settingAt(2)), "sent in 3 s");
});

Deno.test("a level is drawn at its own time", () => {
  /** @type {number[]} */
  const heights = [];
  const run = recorded([[1, 429, 1.5]], { limit: 4 }, { now: 4 });
  drawnAt(run, "in flight", 4, { path: pathTo(heights) });
  const taken = heights.slice(0, 300).map((y) => y < heights[0]);
  assert.equal(taken.indexOf(true), 74, "sent at 1 s of 4, and a pixel is 1/75 s");
});

Deno.test("refusals are marked where they were, a burst by one mark with its number", () => {
  /** @type {string[]} */
  const marks = [];
  const context = canvas({
    fillRect: (/** @type {number} */ x, _y = 0, /** @type {number} */ width) =>
      marks.push(`${context.fillStyle} ${Math.round(x)} ${Math.round(width)}`),
    fillText: (/** @type {string} */ text) => marks.push(text),
  });
  const burst = Array.from(
    { length: 40 },
    (_, index) => /** @type {Request} */ ([1 + index / 1000, 429, 1.5]),
  );
  const run = recorded([...burst, [2, 500, 2.5], [3, 429, 3.5]], {}, { now: 4 });
  drawnAt(run, "in flight", 4, { context });
  const seen = ["refused 75 25", "40", "refused 225 3", "failed 188 3"];
  assert.deepEqual(marks, ["waiting 294 2", ...seen], "the handle is behind");
  assert.match(context.font, /\b14px/, "as high as the letters beside it");
});

Deno.test("no label stands over another, or beside the strip", () => {
  const before = runOf(60, { limit: 5 });
  const now = runOf(60, { limit: 30 });
  const labels = drawnAt(now, "in flight", 1, { beside: [now, before], before });
  const words = Object.values(labels).map(({ text }) => text);
  assert.deepEqual(words, ["refused", "limit 30", "before: 5"]);
  const heights = Object.values(labels).map(({ y }) => y);
  heights.sort((one, other) => one - other);
  assert.ok(heights[0] >= 7 && heights[2] <= 53, `${heights}`);
  assert.ok(heights[1] - heights[0] >= 15 && heights[2] - heights[1] >= 15);
});

Deno.test("without a line, the highest level so far has its number", () => {
  const run = runOf(30, { runner: "naive", latency: 1, quota: null });
  assert.equal(drawnAt(run, "in flight", 0.9).line.text, "peak 30");
  assert.equal(drawnAt(run, "in flight", -1).line.text, "");
});

Deno.test("it is drawn as far as the dots are, and before its start not at all", () => {
  let filled = 0;
  const context = canvas({ fillRect: () => filled += 1 });
  const run = recorded([[1, 429], [2, 429]], {}, { now: 3 });
  const rectangles = [[-0.1, 3], [0, 3], [1.5, 1.5]].map(([time, until]) => {
    filled = 0;
    const { text } = drawnAt(run, "in flight", time, { context, until }).line;
    return [filled, text];
  });
  assert.deepEqual(rectangles, [[1, ""], [3, "peak 1"], [2, "peak 1"]]);
});

Deno.test("only the line of the limit is dashed, at every frame", () => {
  /** @type {number[]} */
  let dash = [];
  /** @type {number[]} How many dashes each stroke has. */
  const strokes = [];
  const context = canvas({
    setLineDash: (/** @type {number[]} */ given) => dash = given,
    stroke: () => strokes.push(dash.length),
  });
  const run = recorded([], { limit: 5 }, { now: 4 });
  for (const time of [1, 2]) drawnAt(run, "in flight", time, { context });
  assert.deepEqual(strokes, [0, 0, 2, 0, 0, 2]);
});

Deno.test("two side by side have one scale: what is higher looks higher", () => {
  const few = runOf(20, { limit: 5 });
  const many = runOf(80, { limit: 40, latency: 1 });
  const alone = drawnAt(few, "in flight", 1).line.y;
  const beside = drawnAt(few, "in flight", 1, { beside: [few, many] }).line.y;
  assert.ok(beside > alone + 20, `${beside} is as far down as ${alone}`);
});

Deno.test("the run before is as high as it was, on its own strip and beside it", () => {
  const before = runOf(80, { limit: 12, latency: 1 });
  const now = runOf(20, { limit: 5 });
  /** @type {number[]} */
  const heights = [];
  const path = pathTo(heights);
  const beside = [now, before];
  const own = drawnAt(now, "in flight", 1, { path, beside, before }).line.y;
  const floor = 59;
  const highest = floor - Math.min(...heights);
  assert.ok(Math.abs(highest / (floor - own) - 12 / 5) < 0.1, `${highest}, ${own}`);
  assert.equal(drawnAt(now, "in flight", 1, { beside }).line.y, own, "the other strip");
  const yet = drawnAt(now, "in flight", -1, { beside, before }).before;
  assert.deepEqual(yet.text, "before: 12");
});

Deno.test("the strip draws those in flight that are counted beside it", () => {
  const run = runOf(100, { runner: "naive", latency: 1.2 });
  const cut = recorded([[0, 200], [0.1, 200, 0.9]], {}, { now: 2 });
  cut.end(0.5, cut.journeys[0], "cancelled");
  for (const each of [run, cut]) {
    const level = LEVELS["in flight"].of(each);
    for (const time of momentsOf(each)) {
      assert.equal(level(time), LEVELS["in flight"].number(each, time), `at ${time} s`);
    }
  }
  assert.equal(LEVELS["in flight"].of(run)(0.7), 20, "the refused have turned back");
});
