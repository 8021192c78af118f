// A player plays while somebody sees it, and does what a person asks for.

import assert from "node:assert/strict";

import {
  Attention,
  isMuchInView,
} from "../../../../src/inflight_lab/plot/js/player/attention.js";
import { Playback } from "../../../../src/inflight_lab/plot/js/playback.js";
import { withPlayedTime } from "../../../panel/js/support.js";
import { runOf } from "../support.js";

/**
 * @param {(attention: Attention, playback: Playback) => void} test
 */
function whileItPlays(test) {
  withPlayedTime(() => {
    const playback = new Playback(
      () => [runOf({ now: 2 })],
      new AbortController().signal,
    );
    test(new Attention(playback), playback);
  });
}

Deno.test("it begins when it is seen, rests unseen, and goes on", () => {
  whileItPlays((attention, { clock }) => {
    assert.equal(clock.running, false);
    attention.see(true);
    assert.equal(clock.running, true);
    attention.see(false);
    assert.equal(clock.running, false);
    attention.see(true);
    assert.equal(clock.running, true);
  });
});

Deno.test("what a person has paused stays paused, in view and out of it", () => {
  whileItPlays((attention, { clock }) => {
    attention.see(true);
    attention.toggle();
    attention.see(false);
    attention.see(true);
    assert.equal(clock.running, false);
    attention.toggle();
    assert.equal(clock.running, true);
  });
});

Deno.test("what has come to its end does not begin again by itself", () => {
  whileItPlays((attention, playback) => {
    attention.see(true);
    playback.end();
    attention.see(false);
    attention.see(true);
    assert.equal(playback.on, false);
  });
});

Deno.test("a moment that a person has chosen stays when the player comes into view", () => {
  whileItPlays((attention, playback) => {
    attention.seek(1.5);
    attention.see(true);
    assert.equal(playback.clock.running, false);
    assert.equal(playback.time, 1.5);
  });
});

Deno.test("at its end it is over as soon as nobody sees it", () => {
  whileItPlays((attention, playback) => {
    attention.see(true);
    attention.seek(2);
    attention.see(false);
    attention.see(true);
    assert.deepEqual([playback.on, playback.clock.running], [false, false]);
  });
});

Deno.test("another run plays from its start, wherever the one before it was", () => {
  whileItPlays((attention, playback) => {
    attention.see(true);
    playback.seek(1.5);
    attention.pause();
    attention.playFromStart();
    assert.equal(playback.clock.running, true);
    assert.ok(playback.time < 1.5);
  });
});

/**
 * @param {number} share How much of the player is in a window of 1,000 pixels.
 * @param {number} height Pixels of it that are.
 */
function entry(share, height) {
  const rect = { height: 1000 };
  return /** @type {IntersectionObserverEntry} */ ({
    intersectionRatio: share,
    intersectionRect: { ...rect, height },
    rootBounds: rect,
  });
}

Deno.test("half of it is enough to begin with, or half a window", () => {
  assert.equal(isMuchInView(entry(0.4, 300), false), false);
  assert.equal(isMuchInView(entry(0.5, 300), false), true);
  assert.equal(isMuchInView(entry(0.2, 500), false), true);
  assert.equal(isMuchInView(entry(0.2, 100), true), true);
  assert.equal(isMuchInView(entry(0.05, 50), true), false);
});
