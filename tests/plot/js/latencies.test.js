// Where the latency changed, in marks and in words.

import assert from "node:assert/strict";

import {
  lastingChanges,
  latenciesInWords,
} from "../../../src/inflight_lab/plot/js/latencies.js";
import { latencyMarks } from "../../../src/inflight_lab/plot/js/lines/latency_marks.js";

const CHANGES = [
  { time: 0, latency: 0.3 },
  { time: 0.05, latency: 0.6 }, // set right after the start
  { time: 2, latency: 0.2 },
  { time: 2.1, latency: 0.1 },
  { time: 2.2, latency: 0.03 },
];

const LASTING = [{ time: 0, latency: 0.6 }, { time: 2.2, latency: 0.03 }];

/** 100 pixels a second, and 10 a letter. */
const AXIS = { x: (/** @type {number} */ time) => 52 + 100 * time, wide: 500 };
const widthOf = (/** @type {string} */ words) => 10 * words.length;

Deno.test("what a slider went across on its way is no change", () => {
  assert.deepEqual(lastingChanges(CHANGES), LASTING);
  const back = [...LASTING, { time: 3, latency: 0.03 }];
  assert.deepEqual(lastingChanges(back), LASTING);
});

Deno.test("those who hear a plot hear where the latency changed", () => {
  const words = "Latency 0.6 s, 0.03 s from 2.2 s on.";
  assert.equal(latenciesInWords(CHANGES), words);
  assert.equal(latenciesInWords(CHANGES.slice(0, 1)), "");
});

Deno.test("a change is marked, with as many words as there is room for", () => {
  const range = { from: 0, seconds: 4 };
  const marks = latencyMarks(CHANGES, range, AXIS, widthOf);
  assert.deepEqual(marks, [
    { pixel: 52, isChange: false, words: "latency 0.6 s" },
    { pixel: 272, isChange: true, words: "latency 0.03 s" },
  ]);
  const narrow = latencyMarks(CHANGES, range, { ...AXIS, wide: 380 }, widthOf);
  assert.equal(narrow[1].words, "0.03 s");
  const tiny = latencyMarks(CHANGES, range, { ...AXIS, wide: 290 }, widthOf);
  assert.equal(tiny[1].words, "");
});

Deno.test("a latency that stays is no news", () => {
  const range = { from: 0, seconds: 4 };
  assert.deepEqual(latencyMarks(CHANGES.slice(0, 1), range, AXIS, widthOf), []);
});

Deno.test("the latency that stands at the left end has no line", () => {
  const axis = { ...AXIS, x: (/** @type {number} */ time) => 52 + 100 * (time - 3) };
  const marks = latencyMarks(CHANGES, { from: 3, seconds: 4 }, axis, widthOf);
  assert.deepEqual(marks, [{ pixel: 52, isChange: false, words: "latency 0.03 s" }]);
});
