// What stands beside the line of a strip.

import assert from "node:assert/strict";
import { Run } from "../../../src/inflight_lab/stage/run.js";
import { quotaOf } from "../../../src/inflight_lab/stage/simulate.js";
import { drawStrip } from "../../../src/inflight_lab/stage/strip.js";

/** @import { Pen } from "../../../src/inflight_lab/stage/pen.js" */
/** @import { What } from "../../../src/inflight_lab/stage/strip.js" */

/** Takes whatever is drawn, and shows nothing. @type {any} */
const nowhere = new Proxy({}, { get: () => () => {}, set: () => true });

/** @param {Run} run @param {What} what @param {number} time @param {any} [context] */
function wordsAt(run, what, time, context = nowhere) {
  Object.assign(globalThis, {
    Path2D: function () {
      return nowhere;
    },
  });
  const pen = { context, colours: {}, width: 300, height: 60, clear() {} };
  const shown = { time, what, span: 4 };
  return drawStrip(/** @type {Pen} */ (/** @type {unknown} */ (pen)), run, shown).words;
}

Deno.test("the words are of what is set at the time that is shown", () => {
  const run = new Run();
  run.set(0, { limit: 5, quota: quotaOf({ rate: 100 }) });
  run.set(2, { limit: 9, quota: quotaOf({ rate: 20 }) });
  run.now = 4;
  const words = [1, 3].flatMap((time) => [
    wordsAt(run, "in flight", time),
    wordsAt(run, "rate", time),
  ]);
  assert.deepEqual(words, ["limit 5", "100 allowed", "limit 9", "20 allowed"]);
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
  wordsAt(run, "in flight", 1, context);
  wordsAt(run, "in flight", 2, context);
  assert.deepEqual(strokes, [0, 2, 0, 2]);
});
