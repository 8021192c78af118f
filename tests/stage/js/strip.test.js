// What stands in a strip, and beside it.

import assert from "node:assert/strict";
import { Run } from "../../../src/inflight_lab/stage/run.js";
import { quotaOf } from "../../../src/inflight_lab/stage/simulate.js";
import { drawStrip, LEVELS } from "../../../src/inflight_lab/stage/strip.js";
import { momentsOf, runOf } from "./support.js";

/** @import { Pen } from "../../../src/inflight_lab/stage/pen.js" */
/** @import { What } from "../../../src/inflight_lab/stage/strip.js" */

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

/**
 * @param {Run} run
 * @param {What} what
 * @param {number} time
 * @param {{ context?: any, path?: any, beside?: Run[], before?: Run, until?: number }}
 *   [how] Where it is drawn, and what else is in it.
 */
function labelAt(
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
  const colours = { refused: "refused", failed: "failed" };
  const pen = { context, colours, width: 300, height: 60, clear() {} };
  const shown = { time, what, span: 4, beside: [run], ...how };
  return drawStrip(/** @type {Pen} */ (/** @type {unknown} */ (pen)), run, shown);
}

Deno.test("the words are of what is set at the time that is shown", () => {
  const run = new Run();
  run.set(0, { limit: 5, quota: quotaOf({ rate: 100 }) });
  run.set(2, { limit: 9, quota: quotaOf({ rate: 20 }) });
  run.now = 4;
  const words = [1, 3].flatMap((time) => [
    labelAt(run, "in flight", time).text,
    labelAt(run, "rate", time).text,
  ]);
  assert.deepEqual(words, ["limit 5", "100 allowed", "limit 9", "20 allowed"]);
  run.set(4, { quota: quotaOf({ shape: "spacing", rate: 20 }) });
  assert.equal(labelAt(run, "rate", 4).text, ""); // it allows one, and again one
});

Deno.test("a button counts what is sent within the quota's own period", () => {
  const run = new Run();
  run.set(0, { quota: quotaOf({ rate: 5, period: 3 }) });
  for (const time of [0, 1, 2, 3.5]) run.send(time);
  const { number, unit } = LEVELS.rate;
  assert.deepEqual([number(run, 2), number(run, 4.5)], [3, 2]);
  assert.equal(unit(run.settingAt(2)), "sent in 3 s");
});

Deno.test("a level is drawn at its own time, and each refusal and failure marked", () => {
  /** @type {number[]} */
  const heights = [];
  /** @type {string[]} */
  const marks = [];
  const context = canvas({
    fillRect: (/** @type {number} */ x, /** @type {number} */ y) =>
      marks.push(`${context.fillStyle} ${Math.round(x)} ${y}`),
  });
  const path = {
    lineTo: (/** @type {number} */ _, /** @type {number} */ y) => heights.push(y),
  };
  const run = new Run();
  run.set(0, { limit: 4, quota: quotaOf({ rate: 1 }) });
  for (const [time, status] of [[1, 429], [2, 500]]) {
    const journey = run.send(time);
    run.arrive(time, journey, { status });
    run.end(time + 0.5, journey, status === 429 ? "refused" : "failed", status);
  }
  run.now = 4;
  labelAt(run, "in flight", 4, { context, path });
  const taken = heights.slice(0, 300).map((y) => y < heights[0]);
  assert.equal(taken.indexOf(true), 74, "sent at 1 s of 4, and a pixel is 1/75 s");
  assert.deepEqual(marks.slice(0, 2), ["failed 187 4", "refused 74 0"]);
});

Deno.test("without a line, the highest level so far has its number", () => {
  const run = runOf(30, { runner: "naive", latency: 1, quota: null });
  assert.equal(labelAt(run, "in flight", 0.9).text, "peak 30");
  assert.equal(labelAt(run, "in flight", -1).text, "");
});

Deno.test("before the start of a recording, it shows nothing of its end", () => {
  let filled = 0;
  const context = canvas({ fillRect: () => filled += 1 });
  const run = new Run();
  for (const time of [1, 2]) run.arrive(time, run.send(time), { status: 429 });
  run.now = 3;
  const rectangles = [-0.1, 0].map((time) => {
    filled = 0;
    labelAt(run, "in flight", time, { context });
    return filled;
  });
  assert.deepEqual(rectangles, [1, 3], "the time, and two refusals");
});

Deno.test("a live run is drawn as far as its dots are", () => {
  let filled = 0;
  const context = canvas({ fillRect: () => filled += 1 });
  const run = new Run();
  for (const time of [1, 2]) run.arrive(time, run.send(time), { status: 429 });
  run.now = 3;
  const labels = labelAt(run, "in flight", 1.5, { context, until: 1.5 });
  assert.equal(filled, 2, "the time, and one refusal");
  assert.equal(labels.text, "peak 1");
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
  const run = new Run();
  run.set(0, { limit: 5 });
  run.now = 4;
  labelAt(run, "in flight", 1, { context });
  labelAt(run, "in flight", 2, { context });
  assert.deepEqual(strokes, [0, 0, 2, 0, 0, 2]);
});

Deno.test("two side by side have one scale: what is higher looks higher", () => {
  const few = runOf(20, { limit: 5 });
  const many = runOf(80, { limit: 40, latency: 1 });
  const alone = labelAt(few, "in flight", 1).y;
  const beside = labelAt(few, "in flight", 1, { beside: [few, many] }).y;
  assert.ok(beside > alone + 20, `${beside} is as far down as ${alone}`);
});

Deno.test("the run before is as high as it was, on its own strip and beside it", () => {
  const before = runOf(80, { limit: 35, latency: 1 });
  const now = runOf(20, { limit: 5 });
  /** @type {number[]} */
  const heights = [];
  const path = {
    lineTo: (/** @type {number} */ _, /** @type {number} */ y) => heights.push(y),
  };
  const beside = [now, before];
  const own = labelAt(now, "in flight", 1, { path, beside, before }).y;
  const floor = 59;
  const highest = floor - Math.min(...heights);
  assert.ok(Math.abs(highest / (floor - own) - 35 / 5) < 0.3, `${highest}, ${own}`);
  assert.equal(labelAt(now, "in flight", 1, { beside }).y, own, "the other strip");
});

Deno.test("the strip draws those in flight that are counted beside it", () => {
  const run = runOf(100, { runner: "naive", latency: 1.2 });
  const level = LEVELS["in flight"].of(run);
  for (const time of momentsOf(run)) {
    assert.equal(level(time), LEVELS["in flight"].number(run, time), `at ${time} s`);
  }
  assert.equal(level(0.7), 20, "the refused have turned back");
});

Deno.test("a burst of refusals is as high as those in flight, not one hairline", () => {
  /** @type {number[]} */
  const heights = [];
  const context = canvas({
    fillRect: (/** @type {number[]} */ ...sides) => {
      if (context.fillStyle === "refused") heights.push(sides[3]);
    },
  });
  const run = new Run();
  for (const time of [...Array(40).fill(1), 3]) {
    const journey = run.send(time);
    run.arrive(time, journey, { status: 429 });
    run.end(time + 0.1, journey, "refused", 429);
  }
  run.now = 4;
  labelAt(run, "in flight", 4, { context });
  assert.ok(heights[39] > 40 && heights[40] === 8, `${heights}`);
});
