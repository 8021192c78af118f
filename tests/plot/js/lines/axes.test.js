// The axes of the plot: which numbers stand where.

import assert from "node:assert/strict";

import cases from "../../axes.json" with { type: "json" };
import {
  axisNumbers,
  axisTop,
  niceStep,
  short,
} from "../../../../src/inflight_lab/plot/js/lines/scales.js";
import {
  columnFor,
  columnsIn,
  ticksOf,
  timeRangeTo,
} from "../../../../src/inflight_lab/plot/js/lines/time_axis.js";

Deno.test("steps are 1, 2 or 5 times a power of ten", () => {
  const steps = [[7, 5], [70, 5], [0.7, 5], [26, 5], [100, 2]].map(([range, most]) =>
    Number(niceStep(range, most).toPrecision(6))
  );
  assert.deepEqual(steps, [2, 20, 0.2, 10, 50]);
});

for (const { level, top } of cases.tops) {
  Deno.test(`a height axis that has to reach ${level} ends at ${top}`, () => {
    assert.equal(axisTop(level), top);
  });
}

for (const { top, pixels, numbers } of cases.numbers) {
  Deno.test(`an axis up to ${top} in ${pixels} pixels has round steps`, () => {
    assert.deepEqual(axisNumbers(top, pixels), numbers);
  });
}

for (const { number, words } of cases.words) {
  Deno.test(`beside an axis ${number} is written as ${words}`, () => {
    assert.equal(short(number), words);
  });
}

Deno.test("the axis widens from 4 to 12 seconds, and scrolls from then on", () => {
  assert.deepEqual(timeRangeTo(1, true), { from: 0, seconds: 4.08 });
  assert.deepEqual(timeRangeTo(12, true), { from: 0, seconds: 12.24 });
  assert.deepEqual(timeRangeTo(20, true), { from: 8, seconds: 12.24 });
});

Deno.test("once a run has ended the axis shows a minute", () => {
  assert.deepEqual(timeRangeTo(20, false), { from: 0, seconds: 20.4 });
  assert.equal(timeRangeTo(70, false).from, 10);
});

Deno.test("and the moment with the cursor, however long ago it was", () => {
  const { from, seconds } = timeRangeTo(90, false, 5);
  assert.ok(from < 5 && from + seconds > 90);
  assert.equal(timeRangeTo(90, false, 1).from, 0);
  assert.equal(timeRangeTo(90, false, 60).from, 30);
});

Deno.test("columns are so narrow that a pixel or two is one, and double", () => {
  assert.deepEqual([4.08, 4.2, 4.3, 12.24, 61.2].map((seconds) => columnFor(seconds)), [
    0.01,
    0.01,
    0.02,
    0.04,
    0.16,
  ]);
});

Deno.test("no column is narrower than its line", () => {
  assert.equal(columnsIn(2000), 420);
  for (const pixels of [226, 716]) {
    const columns = 4.8 / columnFor(4.8, columnsIn(pixels));
    assert.ok(pixels / columns >= 3, `${pixels}: ${columns}`);
  }
});

Deno.test("numbers of the time axis have room", () => {
  assert.deepEqual(ticksOf({ from: 0, seconds: 4.08 }, 1000), [
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
  assert.deepEqual(ticksOf({ from: 8.1, seconds: 12.24 }, 390), [10, 15, 20]);
});
