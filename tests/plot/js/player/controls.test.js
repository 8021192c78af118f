// What the controls of a player say, and where its keys go.

import assert from "node:assert/strict";

import {
  playLabel,
  timeInWords,
} from "../../../../src/inflight_lab/plot/js/player/bar.js";
import { timeAfter } from "../../../../src/inflight_lab/plot/js/player/keys.js";
import { shareOf } from "../../../../src/inflight_lab/plot/js/player/scrub.js";
import { rangeOfWhole } from "../../../../src/inflight_lab/plot/js/lines/time_axis.js";

const PLAYBACK = { time: 3, span: { begin: 0, end: 10 } };

Deno.test("the button says what it does next", () => {
  assert.equal(playLabel({ on: true, clock: { running: true } }), "Pause");
  assert.equal(playLabel({ on: true, clock: { running: false } }), "Play");
  assert.equal(playLabel({ on: false, clock: { running: false } }), "Play again");
});

Deno.test("the time is said with the whole, and drawn as a share of it", () => {
  assert.equal(timeInWords(PLAYBACK), "3.0 of 10.0 s");
  assert.equal(shareOf(PLAYBACK), 0.3);
  assert.equal(shareOf({ time: 0, span: { begin: 0, end: 0 } }), 1);
});

Deno.test("on the slider keys go as on any slider", () => {
  const went = ["ArrowRight", "ArrowDown", "PageUp", "Home", "End"].map((key) =>
    timeAfter(key, PLAYBACK, true)
  );
  assert.deepEqual(went, [3.2, 2.8, 4, 0, 10]);
});

Deno.test("elsewhere only arrows across do: the others scroll the page", () => {
  assert.equal(timeAfter("ArrowRight", PLAYBACK, false), 3.2);
  assert.equal(timeAfter("ArrowUp", PLAYBACK, false), null);
  assert.equal(timeAfter("End", PLAYBACK, false), null);
  assert.equal(timeAfter("x", PLAYBACK, true), null);
});

Deno.test("the axis has room for the whole run from the start, however short", () => {
  assert.deepEqual(rangeOfWhole(100), { from: 0, seconds: 102 });
  assert.deepEqual(rangeOfWhole(0.1), { from: 0, seconds: 0.51 });
});
