// @ts-nocheck: without types so far.
// From points to what is drawn of them: levels, groups of marks, and the numbers of an axis.

import assert from "node:assert/strict";

import { grouped } from "../../../src/inflight_lab/plot/js/levels.js";

const mark = (time, weight) => [time, weight, weight, weight];

Deno.test("marks less than 0.6 s apart are one group, which ends with its last", () => {
  const marks = [mark(1, 3), mark(1.5, 4), mark(2, 5), mark(2.7, 7)];
  assert.deepEqual(grouped(marks, 0), [[1, 2, 12], [2.7, 2.7, 7]]);
});
