// The axes of the plot: which numbers stand where.

import assert from "node:assert/strict";

import {
  axisNumbers,
  axisTop,
  niceStep,
  short,
} from "../../../../src/inflight_lab/plot/js/lines/scales.js";
import {
  columnFor,
  ticksOf,
  timeRangeTo,
} from "../../../../src/inflight_lab/plot/js/lines/time_axis.js";

Deno.test("steps are 1, 2 or 5 times a power of ten", () => {
  const steps = [[7, 5], [70, 5], [0.7, 5], [26, 5], [100, 2]].map(([range, most]) =>
    Number(niceStep(range, most).toPrecision(6))
  );
  assert.deepEqual(steps, [2, 20, 0.2, 10, 50]);
});

Deno.test("a height axis ends a little above what it has to reach", () => {
  assert.deepEqual([4, 7, 9, 60, 66, 200].map(axisTop), [5, 8, 10, 80, 80, 250]);
});

Deno.test("the highest number is always there, and none is too close to it", () => {
  assert.deepEqual(axisNumbers(250, 200), [0, 50, 100, 150, 200, 250]);
  assert.deepEqual(axisNumbers(250, 90), [0, 100, 250]);
  assert.deepEqual(axisNumbers(8, 20), [0, 8]);
});

Deno.test("large numbers are written in thousands", () => {
  assert.deepEqual([7, 2000, 9999, 10_000, 12_345].map(short), [
    "7",
    "2000",
    "9999",
    "10k",
    "12.3k",
  ]);
});

Deno.test("the axis widens from 4 to 12 seconds, and scrolls from then on", () => {
  assert.deepEqual(timeRangeTo(1, true), { from: 0, span: 4.08 });
  assert.deepEqual(timeRangeTo(12, true), { from: 0, span: 12.24 });
  assert.deepEqual(timeRangeTo(20, true), { from: 8, span: 12.24 });
});

Deno.test("once a run has ended the axis shows a minute", () => {
  assert.deepEqual(timeRangeTo(20, false), { from: 0, span: 20.4 });
  assert.equal(timeRangeTo(70, false).from, 10);
});

Deno.test("columns are so narrow that a pixel or two is one, and double", () => {
  assert.deepEqual([4.08, 4.2, 4.3, 12.24, 61.2].map(columnFor), [
    0.01,
    0.01,
    0.02,
    0.04,
    0.16,
  ]);
});

Deno.test("numbers of the time axis have room", () => {
  assert.deepEqual(ticksOf({ from: 0, span: 4.08 }, 1000), [
    0,
    0.5,
    1,
    1.5,
    2,
    2.5,
    3,
    3.5,
    4,
  ]);
  assert.deepEqual(ticksOf({ from: 8.1, span: 12.24 }, 390), [10, 15, 20]);
});
