// Finished runs are played again together, as slowly as they were, and only once.

import assert from "node:assert/strict";

import {
  Playback,
  spanInWords,
  spanOf,
} from "../../../src/inflight_lab/plot/js/playback.js";
import { onASetClock, runOf } from "./support.js";
import { withPlayedTime } from "../../panel/js/support.js";

const SHORT = runOf({ now: 2 });
const LONG = runOf({ now: 5, slow: 20 });
const WITHOUT_BEGINNING = runOf({
  now: 99,
  dropped: { accepted: 700 },
  events: [[12, "sent", 1], [40, "answered", 1, 200]],
});

Deno.test("runs side by side begin with the first and end with the last", () => {
  assert.deepEqual(spanOf([SHORT, LONG]), { begin: 0, end: 5, slow: 20 });
});

Deno.test("of a long run what is kept of it is played", () => {
  const span = spanOf([WITHOUT_BEGINNING]);
  assert.equal(span.begin, 40);
  assert.equal(spanInWords(span), "Played again: its last 59 s");
  assert.equal(spanInWords(spanOf([SHORT])), "Played again, as it was");
});

Deno.test("nothing is played while one of the runs goes on", () => {
  const runs = [SHORT, runOf({ now: 1, live: true })];
  const playback = new Playback(() => runs, new AbortController().signal);
  assert.equal(playback.isPossible, false);
  runs[1] = SHORT;
  assert.equal(playback.isPossible, true);
});

Deno.test("it ends by itself once the last dots have landed", () => {
  withPlayedTime((pass) => {
    const playback = new Playback(() => [LONG], new AbortController().signal);
    playback.play();
    pass(100_500);
    assert.deepEqual([playback.on, playback.clock.running], [true, true]);
    pass(100);
    assert.deepEqual([playback.on, playback.clock.running], [false, false]);
  });
});

Deno.test("in slow motion it is played as slowly as it was", () => {
  onASetClock((set) => {
    withPlayedTime(() => {
      const playback = new Playback(() => [LONG], new AbortController().signal);
      playback.play();
      set(10);
      assert.equal(playback.clock.time(), 0.5);
    });
  });
});

Deno.test("it can be ended, and neither it nor a closed page is ended later", () => {
  withPlayedTime((pass) => {
    const page = new AbortController();
    const playback = new Playback(() => [SHORT], page.signal);
    let heard = 0;
    playback.addEventListener("change", () => {
      heard += 1;
    });
    playback.end(); // nothing is played yet
    playback.play();
    playback.end();
    assert.deepEqual([playback.on, heard], [false, 2]);
    playback.play();
    page.abort();
    pass(10_000);
    assert.equal(heard, 3);
  });
});

Deno.test("it goes on from where it was paused, and a pause takes no time", () => {
  onASetClock((set) => {
    withPlayedTime((pass) => {
      const playback = new Playback(() => [SHORT], new AbortController().signal);
      playback.play();
      set(0.5);
      playback.pause();
      set(60);
      pass(60_000);
      assert.deepEqual([playback.on, playback.time], [true, 0.5]);
      playback.play();
      set(61);
      assert.equal(playback.time, 1.5);
    });
  });
});

Deno.test("from the end it is played again, also if somebody went there", () => {
  withPlayedTime(() => {
    const playback = new Playback(() => [SHORT], new AbortController().signal);
    playback.seek(2);
    playback.play();
    assert.ok(playback.clock.running);
    assert.ok(playback.time < 2);
  });
});

Deno.test("a time that is sought is shown, within the runs, and announced", () => {
  const playback = new Playback(() => [SHORT], new AbortController().signal);
  let sought = 0;
  playback.addEventListener("seek", () => {
    sought += 1;
  });
  playback.seek(1.5);
  assert.deepEqual([playback.on, playback.clock.running], [true, false]);
  assert.equal(playback.time, 1.5);
  playback.seek(-1);
  assert.equal(playback.time, 0);
  playback.seek(9);
  assert.deepEqual([playback.time, sought], [2, 3]);
});

Deno.test("sought or slowed down while it plays, it ends when its end has come", () => {
  withPlayedTime((pass) => {
    const playback = new Playback(() => [SHORT], new AbortController().signal);
    playback.play();
    playback.seek(1);
    playback.slower = 5;
    pass(5000);
    assert.equal(playback.on, true, "its last dots take their time, too");
    pass(5000);
    assert.deepEqual([playback.on, playback.time], [false, 2]);
  });
});
