// What stands beside the line of a strip.

import assert from "node:assert/strict";
import { Run } from "../../../src/inflight_lab/stage/run.js";
import { quotaOf } from "../../../src/inflight_lab/stage/simulate.js";
import { drawStrip } from "../../../src/inflight_lab/stage/strip.js";
import { runOf } from "./support.js";

/** @import { Pen } from "../../../src/inflight_lab/stage/pen.js" */
/** @import { What } from "../../../src/inflight_lab/stage/strip.js" */

/** Takes whatever is drawn, and shows nothing. @type {any} */
const nowhere = new Proxy({}, { get: () => () => {}, set: () => true });

/**
 * @param {Run} run
 * @param {What} what
 * @param {number} time
 * @param {any} [context]
 * @param {Run[]} [beside]
 */
function lineAt(run, what, time, context = nowhere, beside = [run]) {
  Object.assign(globalThis, {
    Path2D: function () {
      return nowhere;
    },
  });
  const pen = { context, colours: {}, width: 300, height: 60, clear() {} };
  const shown = { time, what, span: 4, beside };
  return drawStrip(/** @type {Pen} */ (/** @type {unknown} */ (pen)), run, shown);
}

Deno.test("the words are of what is set at the time that is shown", () => {
  const run = new Run();
  run.set(0, { limit: 5, quota: quotaOf({ rate: 100 }) });
  run.set(2, { limit: 9, quota: quotaOf({ rate: 20 }) });
  run.now = 4;
  const words = [1, 3].flatMap((time) => [
    lineAt(run, "in flight", time).words,
    lineAt(run, "rate", time).words,
  ]);
  assert.deepEqual(words, ["limit 5", "100 allowed", "limit 9", "20 allowed"]);
});

Deno.test("it says where the time is, so that no words stand there", () => {
  const run = new Run();
  run.now = 2;
  const places = [-1, 1, 2, 9].map((time) => lineAt(run, "in flight", time).x);
  assert.deepEqual(places, [0, 75, 150, 150], "of 300 pixels for 4 s");
});

Deno.test("only the line of the limit is dashed, at every frame", () => {
  /** @type {number[]} */
  let dash = [];
  /** @type {number[]} How many dashes each stroke has. */
  const strokes = [];
  const noted = {
    setLineDash: (/** @type {number[]} */ given) => dash = given,
    stroke: () => strokes.push(dash.length),
  };
  const context = new Proxy(/** @type {any} */ (noted), {
    get: (own, name) => own[name] ?? nowhere[name],
    set: () => true,
  });
  const run = new Run();
  run.set(0, { limit: 5 });
  run.now = 4;
  lineAt(run, "in flight", 1, context);
  lineAt(run, "in flight", 2, context);
  assert.deepEqual(strokes, [0, 2, 0, 2]);
});

Deno.test("two side by side have one scale: what is higher looks higher", () => {
  const few = runOf(20, { limit: 5 });
  const many = runOf(80, { limit: 40, latency: 1 });
  const alone = lineAt(few, "in flight", 1).y;
  const beside = lineAt(few, "in flight", 1, nowhere, [few, many]).y;
  assert.ok(beside > alone + 20, `${beside} is as far down as ${alone}`);
});
