// What time of a run is drawn: the kernel's, estimated, or the page's own.

import assert from "node:assert/strict";

import { KernelClock, PageClock } from "../../../src/inflight_lab/plot/js/clock.js";
import { onASetClock } from "./support.js";

/** @param {number} time */
const rounded = (time) => Number(time.toFixed(6));

Deno.test("the kernel's time goes on between two messages", () => {
  onASetClock((set) => {
    const clock = new KernelClock();
    set(100);
    clock.sync({ now: 2, live: true, slow: 1 }, true);
    set(100.3);
    assert.equal(rounded(clock.time(0)), 2.3);
    assert.equal(rounded(clock.time(0.25)), 2.05);
  });
});

Deno.test("a message that is a little late moves the clock a little", () => {
  onASetClock((set) => {
    const clock = new KernelClock();
    set(100);
    clock.sync({ now: 2, live: true, slow: 1 }, true);
    set(101.4); // 0.4 s late
    clock.sync({ now: 3, live: true, slow: 1 }, false);
    assert.equal(rounded(clock.time(0)), 3.38);
  });
});

for (const late of [0.5, -0.5]) {
  Deno.test(`a difference of ${late} s is corrected at once, as after a laptop slept`, () => {
    onASetClock((set) => {
      const clock = new KernelClock();
      set(100);
      clock.sync({ now: 2, live: true, slow: 1 }, true);
      set(110 + late);
      clock.sync({ now: 12, live: true, slow: 1 }, false);
      assert.equal(rounded(clock.time(0)), 12);
    });
  });
}

Deno.test("the last message of a run is taken as exact", () => {
  onASetClock((set) => {
    const clock = new KernelClock();
    set(100);
    clock.sync({ now: 2, live: true, slow: 1 }, true);
    set(101.4);
    clock.sync({ now: 3, live: false, slow: 1 }, false);
    assert.equal(rounded(clock.time(0)), 3);
  });
});

Deno.test("another run begins at its own time", () => {
  onASetClock((set) => {
    const clock = new KernelClock();
    set(100);
    clock.sync({ now: 2, live: true, slow: 1 }, true);
    set(102);
    clock.sync({ now: 3.9, live: true, slow: 1 }, true);
    assert.equal(rounded(clock.time(0)), 3.9);
  });
});

Deno.test("after the end of a run the time moves on for a tail", () => {
  onASetClock((set) => {
    const clock = new KernelClock();
    set(100);
    clock.sync({ now: 2, live: true, slow: 1 }, true);
    set(200);
    assert.equal(clock.moves(0), true);
    clock.sync({ now: 102, live: false, slow: 1 }, false);
    set(201.9);
    assert.deepEqual([clock.moves(2), clock.moves(1.8)], [true, false]);
  });
});

Deno.test("the page's time is played, paused and sought", () => {
  onASetClock((set) => {
    const clock = new PageClock();
    set(7);
    assert.deepEqual([clock.time(), clock.moves()], [0, false]);
    clock.play();
    set(9);
    assert.deepEqual([clock.time(), clock.moves()], [2, true]);
    clock.pause();
    set(20);
    assert.deepEqual([clock.time(), clock.moves()], [2, false]);
    clock.seek(5);
    clock.play();
    set(21);
    assert.equal(clock.time(), 6);
    clock.seek(1);
    set(22);
    assert.equal(clock.time(), 2);
  });
});

Deno.test("another speed counts from the moment at which it is set", () => {
  onASetClock((set) => {
    const clock = new PageClock();
    clock.play();
    set(4);
    clock.speed = 0.5;
    set(6);
    assert.equal(clock.time(), 5);
  });
});

Deno.test("pictures hear that a clock was started, stopped or sought", () => {
  const clock = new PageClock();
  let heard = 0;
  clock.addEventListener("change", () => {
    heard += 1;
  });
  clock.play();
  clock.seek(3);
  clock.pause();
  assert.equal(heard, 3);
});

Deno.test("in slow motion the run's own seconds are longer, a picture's lag is not", () => {
  onASetClock((set) => {
    const clock = new KernelClock();
    set(100);
    clock.sync({ now: 2, live: true, slow: 20 }, true);
    set(104);
    assert.equal(rounded(clock.time(0)), 2.2);
    assert.equal(rounded(clock.time(1)), 2.15);
    set(104.4); // 0.4 s late
    clock.sync({ now: 2.2, live: true, slow: 20 }, false);
    assert.equal(rounded(clock.time(0)), 2.219);
  });
});
