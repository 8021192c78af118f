// When the most were in the same state at once.

import assert from "node:assert/strict";

import {
  longestCrowd,
  mostAtOnce,
} from "../../../src/inflight_lab/plot/js/most_at_once.js";

/** @import { Stay } from "../../../src/inflight_lab/plot/js/most_at_once.js" */

/**
 * @param {number} count
 * @param {Stay} stay
 */
const times = (count, stay) => Array(count).fill(stay);

/** @type {{ name: string, stays: Stay[], time: number, count: number }[]} */
const CASES = [
  {
    name: "six for a while are more than one for long",
    stays: [{ from: 0, to: 12 }, ...times(6, { from: 12.5, to: 14 })],
    time: 12.7,
    count: 6,
  },
  {
    name: "nine for a moment are not",
    stays: [...times(9, { from: 1, to: 1.1 }), ...times(3, { from: 2, to: 3 })],
    time: 2.2,
    count: 3,
  },
  {
    name: "a crowd that leaves one by one is a crowd",
    stays: [
      ...Array.from({ length: 100 }, (_, n) => ({ from: 0, to: 0.15 + n / 100 })),
      { from: 5, to: 9 },
    ],
    time: 0.2,
    count: 94,
  },
  {
    name: "those who have just come are counted, too",
    stays: [...times(4, { from: 0, to: 0.5 }), ...times(2, { from: 0.1, to: 0.25 })],
    time: 0.2,
    count: 6,
  },
  {
    name: "where none stays for long, a short while is enough",
    stays: [{ from: 0, to: 0.02 }, ...times(2, { from: 1, to: 1.02 })],
    time: 1.01,
    count: 2,
  },
  {
    name: "of equals the longest is shown",
    stays: [...times(2, { from: 0, to: 1 }), ...times(2, { from: 2, to: 4 })],
    time: 2.2,
    count: 2,
  },
];

for (const { name, stays, time, count } of CASES) {
  Deno.test(name, () => {
    const most = mostAtOnce(stays);
    assert.deepEqual([most?.time.toFixed(3), most?.count], [time.toFixed(3), count]);
  });
}

Deno.test("where there is none, there is no such moment", () => {
  assert.equal(mostAtOnce([]), null);
  assert.equal(longestCrowd([]), null);
});

Deno.test("those who wait for a connection are the crowd, not those who make one", () => {
  const connecting = Array.from(
    { length: 100 },
    (_, n) => ({ from: 0, to: 0.5 + n / 999 }),
  );
  const most = longestCrowd([...connecting, ...times(100, { from: 0, to: 9 })]);
  assert.deepEqual([most?.time.toFixed(2), most?.count], ["0.90", 100]);
});
