// The numbers of refusals: none covers another.

import assert from "node:assert/strict";

import { withNumbers } from "../../../../src/inflight_lab/plot/js/lines/marks.js";

/** @param {number} time */
const x = (time) => 100 * time;

/**
 * @param {number} begin
 * @param {number} end
 * @param {number} count
 */
const group = (begin, end, count) => ({ begin, end, count });

Deno.test("each group that has room has its own number, behind it", () => {
  const placed = withNumbers([group(1, 1.5, 12), group(3, 3, 5)], x, 1000);
  assert.deepEqual(placed.map(({ count, numberPixel }) => [count, numberPixel]), [
    [12, 156],
    [5, 306],
  ]);
});

Deno.test("groups whose numbers would cover each other share one", () => {
  const groups = [group(1, 1, 105), group(1.3, 1.3, 38), group(1.6, 1.6, 9)];
  const [all, ...others] = withNumbers(groups, x, 1000);
  assert.deepEqual(others, []);
  assert.deepEqual([all.count, all.numberPixel], [152, 166]);
  assert.deepEqual(all.groups, groups);
});

Deno.test("at the right end a number stands before its marks, and covers none", () => {
  const placed = withNumbers([group(1, 1, 7), group(9.9, 9.9, 40)], x, 1000);
  assert.deepEqual(placed.map(({ late }) => late), [false, true]);
  assert.equal(placed[1].numberPixel, 984);
  const close = withNumbers([group(9.5, 9.5, 7), group(9.9, 9.9, 40)], x, 1000);
  assert.deepEqual(close.map(({ count }) => count), [47]);
});
