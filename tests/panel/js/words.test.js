// The words beside a panel's sliders, in its lists and on its goals.

import assert from "node:assert/strict";

import {
  goalInWords,
  latencyInWords,
  rateInWords,
  speedInWords,
  verdictInWords,
  viewInWords,
} from "../../../src/inflight_lab/panel/js/words.js";

Deno.test("a rate is per period, which is named unless it is a second", () => {
  assert.equal(rateInWords(7, 1), "7 / s");
  assert.equal(rateInWords(7, 2), "7 / 2 s");
  assert.equal(rateInWords(7, 0.5), "7 / 0.5 s");
});

Deno.test("a latency has no superfluous digits", () => {
  assert.equal(latencyInWords(0), "0 s");
  assert.equal(latencyInWords(0.05), "0.05 s");
  assert.equal(latencyInWords(1.23456), "1.235 s");
});

Deno.test("the lists say what a choice does", () => {
  assert.deepEqual([1, 5].map(speedInWords), ["off", "5 × slower"]);
  assert.equal(viewInWords("both"), "both, if they fit");
  assert.equal(viewInWords("lines"), "lines");
});

Deno.test("a goal is open, met or missed, with what was seen", () => {
  const goal = { name: "no 429", met: null, seen: "" };
  assert.equal(verdictInWords(goal), "open");
  assert.equal(verdictInWords({ ...goal, met: true }), "met");
  const missed = { ...goal, met: false, seen: "38 refused" };
  assert.equal(verdictInWords(missed), "missed: 38 refused");
  assert.equal(goalInWords(missed), "goal no 429: ✘ missed: 38 refused");
});
