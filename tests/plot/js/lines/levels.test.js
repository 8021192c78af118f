// From the points of a run to what is drawn of them.

import assert from "node:assert/strict";

import {
  highestOf,
  inGroups,
  longestLevels,
  trace,
  whereApart,
} from "../../../../src/inflight_lab/plot/js/lines/levels.js";
import { pointsOf } from "../support.js";

/** @import { Step } from "../../../../src/inflight_lab/plot/js/lines/levels.js" */

/** @param {Step[]} steps */
const pairs = (steps) =>
  steps.map(({ time, level }) => [Number(time.toFixed(3)), level]);

Deno.test("a level is a whole number: the one that lasted longest in a column", () => {
  const points = pointsOf([[0.99, 8], [1.02, 2], [1.14, 5], [1.19, 6]]);
  const steps = longestLevels(points, { from: 1, until: 1.4, width: 0.1 });
  // 8 until 1.03, 2 until 1.15, 5 until 1.2; a bin's last level begins when the bin ends
  assert.deepEqual(pairs(steps), [[1, 2], [1.1, 5], [1.2, 6], [1.3, 6]]);
});

Deno.test("a slot that is empty for a moment leaves no mark", () => {
  const points = Array.from({ length: 60 }, (_, n) => ({
    time: n / 100,
    lowest: 0,
    highest: 9,
    last: 9,
  }));
  const steps = longestLevels(points, { from: 0, until: 0.6, width: 0.04 });
  assert.deepEqual(new Set(steps.map(({ level }) => level)), new Set([9]));
});

Deno.test("the last point before the columns gives the level at their left end", () => {
  const steps = longestLevels(pointsOf([[1, 5]]), { from: 7, until: 7.5, width: 0.25 });
  assert.deepEqual(pairs(steps), [[7, 5], [7.25, 5]]);
});

Deno.test("nothing is drawn before a line begins, nor after the time that is shown", () => {
  const points = pointsOf([[0.24, 3], [0.74, 6]]);
  const steps = longestLevels(points, { from: 0, until: 0.5, width: 0.25 });
  assert.deepEqual(pairs(steps), [[0.25, 3]]);
});

Deno.test("a line goes along its steps, and is interrupted where there is none", () => {
  /** @type {(string | number)[][]} */
  const path = [];
  const pen = {
    /** @param {number} x @param {number} y */
    moveTo: (x, y) => path.push(["move", x, y]),
    /** @param {number} x @param {number} y */
    lineTo: (x, y) => path.push(["line", x, y]),
  };
  const steps = [[1, 5], [2, 5], [3, 7], [4, null], [6, 2]].map(([time, level]) => ({
    time: Number(time),
    level,
  }));
  trace(pen, steps, 8, { x: (time) => 10 * time, y: (level) => -level });
  assert.deepEqual(path, [
    ["move", 10, -5],
    ["line", 30, -5],
    ["line", 30, -7],
    ["line", 40, -7],
    ["move", 60, -2],
    ["line", 80, -2],
  ]);
});

Deno.test("the client's line is there only where it differs from the server's", () => {
  const client = [{ time: 1, level: 5 }, { time: 2, level: 7.6 }, {
    time: 3,
    level: 2,
  }];
  const server = [{ time: 1, level: 5.5 }, { time: 2, level: 7 }];
  assert.deepEqual(whereApart(client, server).map(({ level }) => level), [
    null,
    7.6,
    2,
  ]);
});

Deno.test("the highest level is below nothing where there is no line", () => {
  assert.equal(highestOf([{ time: 1, level: 3 }, { time: 2, level: null }]), 3);
  assert.equal(highestOf([]), -1);
});

Deno.test("marks less than 0.6 s apart are one group, which ends with its last", () => {
  const marks = pointsOf([[1, 3], [1.5, 4], [2, 5], [2.6, 7]]);
  assert.deepEqual(inGroups(marks, { from: 0, until: 9 }), [
    { begin: 1, end: 2, count: 12 },
    { begin: 2.6, end: 2.6, count: 7 },
  ]);
});

Deno.test("marks outside of the time that is shown are in no group", () => {
  const marks = pointsOf([[1, 3], [1.5, 4], [2, 5]]);
  const [group] = inGroups(marks, { from: 1.2, until: 1.9 });
  assert.deepEqual(group, { begin: 1.5, end: 1.5, count: 4 });
});
