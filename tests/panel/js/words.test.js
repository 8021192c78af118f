// The words beside a panel's sliders, in its lists and over an empty plot.

import assert from "node:assert/strict";

import {
  hintInWords,
  latencyInWords,
  rateInWords,
  speedInWords,
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

Deno.test("the hint says what will be sent", () => {
  const settings = { limit: 3, quota: "gcra", rate: 7 };
  const begin = "Press Run, or Space: ";
  assert.equal(hintInWords(settings), `${begin}at most 3 in flight, quota 7`);
  assert.equal(
    hintInWords({ ...settings, limit: null, quota: "none" }),
    `${begin}no limit, no quota`,
  );
  assert.equal(hintInWords({ ...settings, quota: undefined }), "Press Play, or Space");
});
