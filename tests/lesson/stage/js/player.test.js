// The clock of a page.

import assert from "node:assert/strict";
import { Player } from "../../../../src/inflight_lab/lesson/stage/player.js";
import { Run } from "../../../../src/inflight_lab/lesson/stage/run.js";
import { recorded, runOf, simulation } from "./support.js";

/** @import { Picture } from "../../../../src/inflight_lab/lesson/stage/player.js" */
/** @import { Showing } from "../../../../src/inflight_lab/lesson/stage/stage.js" */

/** A page without a screen: its frames come when `frames` says so. */
class Page {
  now = 0;
  isStill = false;
  /** @type {((now: number) => void)[]} */
  #waiting = [];
  /** @type {number[]} The times that were drawn. */
  drawn = [];
  /** @type {Partial<Showing>} How it was shown last. */
  showing = {};

  constructor() {
    Object.assign(globalThis, {
      requestAnimationFrame: (/** @type {(now: number) => void} */ act) =>
        this.#waiting.push(act),
      cancelAnimationFrame: () => {},
      matchMedia: () => ({ matches: this.isStill }),
    });
    performance.now = () => this.now;
    /** @type {Picture["draw"]} */
    const draw = (_, time, showing) => {
      this.drawn.push(time);
      this.showing = showing;
    };
    this.player = new Player([{ draw, showPlayer() {} }]);
  }

  /** @param {number} seconds @param {(time: number) => void} [meanwhile] */
  frames(seconds, meanwhile) {
    for (let frame = 0; frame < 60 * seconds; frame += 1) {
      this.now += 1000 / 60;
      meanwhile?.(this.now / 1000);
      this.#waiting.splice(0).forEach((act) => act(this.now));
    }
  }

  get last() {
    return this.drawn[this.drawn.length - 1];
  }
}

Deno.test("a run that is over plays to its end and stays there", () => {
  const page = new Page();
  const run = runOf(20);
  page.player.show([run]);
  page.frames(0.1);
  assert.ok(page.last < 0);
  page.player.play();
  page.frames(40);
  assert.ok(page.player.isOver && !page.player.isPlaying);
  assert.ok(page.last > run.now, "the last dot has come home");
  assert.deepEqual(page.drawn, [...page.drawn].sort((one, other) => one - other));
});

Deno.test("the run before is shown beside the next, and no plan, nor the same run", () => {
  const page = new Page();
  const [live, first, second] = [runOf(20), runOf(20), runOf(9)];
  live.goOn({ isLive: true }); // as a page shows it until the kernel has sent all of it
  for (const run of [new Run(), live, first]) page.player.show([run]);
  page.frames(0.1);
  assert.equal(page.showing.before, undefined);
  for (const run of [new Run(), second]) page.player.show([run]);
  page.frames(0.1);
  assert.equal(page.showing.before, first);
  assert.deepEqual(page.showing.beside, [second, first], "on one scale");
});

Deno.test("quick answers are slowed down for the eye, but no long run, nor for one of many", () => {
  const page = new Page();
  const mixed = recorded([[0, 200, 0.01], [0, 200, 1.2], [0, 200, 1.2]], {}, {
    now: 1.2,
  });
  const ways = [[20, 0.6], [20, 0.3], [20, 0.05], [400, 0.3]].map(([count, latency]) =>
    runOf(count, { latency, quota: null })
  );
  const paces = [...ways, mixed].map((run) => {
    page.player.show([run]);
    return page.player.pace;
  });
  assert.deepEqual(paces, [0.5, 0.25, 0.25, 1, 1]);
});

Deno.test("who comes back to a page sees on from where it was left", () => {
  const page = new Page();
  page.player.showEnd([runOf(60)]);
  page.player.seek(1);
  page.player.play();
  page.now += 60_000; // no frames meanwhile
  page.frames(0.02);
  assert.ok(page.last < 1.1);
});

Deno.test("a recording is played from just before its first request", () => {
  const page = new Page();
  page.player.show([recorded([[4, 200, 5]], {}, { now: 6 })]);
  page.player.play();
  page.frames(0.05);
  assert.ok(page.last > 3.8 && page.last < 4);
});

Deno.test("keys pressed faster than frames are drawn all count", () => {
  const page = new Page();
  page.player.showEnd([runOf(20)]);
  for (const seconds of [-Infinity, 1, 0.1]) page.player.step(seconds);
  page.frames(1);
  assert.equal(page.last, 1.1);
});

Deno.test("at the speed that one chooses, so much more happens, in the next run too", () => {
  const page = new Page();
  const passed = [1, 4].map((pace) => {
    page.player.choosePace(pace);
    page.player.showEnd([runOf(60)]);
    page.player.seek(0.5);
    page.player.play();
    page.frames(0.5);
    return page.last - 0.5;
  });
  assert.ok(Math.abs(passed[1] / passed[0] - 4) < 0.1);
  page.player.showEnd([runOf(20)]);
  page.player.choosePace(1);
  assert.equal(page.player.time, page.player.end, "over is over at any speed");
});

Deno.test("a simulation is computed as far as it is shown", () => {
  const page = new Page();
  const made = simulation(10);
  page.player.show([made.run]);
  page.player.simulate((time) => made.advance(time), 0.5);
  page.frames(1);
  assert.ok(Math.abs(made.now - page.last) < 1e-9);
  assert.ok(Math.abs(page.last - 0.5) < 0.02);
  page.frames(20);
  assert.ok(page.player.isOver);
});

Deno.test("of runs that are shown no more, nothing goes on", () => {
  const page = new Page();
  const [first, second] = [simulation(10), simulation(10)];
  page.player.show([first.run]);
  page.player.simulate((time) => first.advance(time), 1);
  page.frames(0.5);
  const { now } = first;
  page.player.show([second.run]);
  assert.ok(!page.player.hasBegun && !page.player.isPlaying);
  page.player.play();
  page.frames(1);
  assert.equal(first.now, now);
});

/** A page that follows a run that has just begun. */
function following(page = new Page()) {
  const run = new Run();
  run.goOn({ isLive: true });
  page.player.show([run]);
  page.player.follow();
  return { page, run };
}

Deno.test("a live run is followed a little behind, smoothly, as news come", () => {
  const { page, run } = following();
  page.frames(5, (time) => {
    if (Math.floor(time * 60) % 7 === 0) run.goOn({ now: time });
    assert.ok(page.player.time <= Math.max(0, time - 0.2));
  });
  assert.ok(page.last > 4.5);
  const steps = page.drawn.slice(60).map((time, index) =>
    time - page.drawn[59 + index]
  );
  assert.ok(Math.min(...steps) > 0 && Math.max(...steps) < 0.05);
  run.goOn({ isLive: false });
  page.frames(2);
  assert.ok(page.player.isOver);
});

Deno.test("a live run is followed at full speed, whatever was chosen before", () => {
  const page = new Page();
  page.player.showEnd([runOf(20)]);
  page.player.choosePace(0.5);
  const { run } = following(page);
  assert.equal(page.player.pace, 1);
  assert.ok(page.player.isCatchingUp);
  run.goOn({ now: 1, isLive: false });
  page.frames(0.1);
  assert.ok(page.player.isCatchingUp, "its last dots are on their way home");
  page.frames(3);
  assert.ok(page.player.isOver && !page.player.isCatchingUp);
  assert.equal(page.player.pace, 0.5);
});

Deno.test("who looks back while a live run ends can play it like any other", () => {
  const { page, run } = following();
  run.goOn({ now: 2 });
  page.frames(0.1);
  page.player.seek(0.5);
  run.goOn({ isLive: false });
  assert.ok(!page.player.isCatchingUp);
  page.player.play();
  assert.ok(page.player.mode === "replay" && !page.player.isCatchingUp);
  page.frames(0.2);
  assert.ok(page.last > 0.5 && page.last < 1);
});

Deno.test("who wants no motion sees a picture every half second", () => {
  const page = new Page();
  page.isStill = true;
  page.player.stillness = matchMedia("");
  page.player.showEnd([runOf(20)]);
  page.player.seek(0);
  page.player.play();
  page.frames(2);
  assert.ok(new Set(page.drawn).size <= 7);
});
