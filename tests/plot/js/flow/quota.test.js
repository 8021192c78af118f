// How the API's quota stands: seven requests in any two seconds, as a window, a bucket or ticks.

import assert from "node:assert/strict";

import { letInWithin } from "../../../../src/inflight_lab/plot/js/flow/arrivals.js";
import { FlowModel } from "../../../../src/inflight_lab/plot/js/flow/model.js";
import {
  ticksAt,
  tokensAt,
  windowAt,
} from "../../../../src/inflight_lab/plot/js/flow/quota.js";
import { MOVING } from "../../../../src/inflight_lab/plot/js/flow/request.js";
import {
  nowOn,
  ticksAround,
} from "../../../../src/inflight_lab/plot/js/flow/ticks_picture.js";
import { towersOf } from "../../../../src/inflight_lab/plot/js/flow/window_picture.js";
import { runOf, sevenInTwo } from "../support.js";

/** @import { Arrival } from "../../../../src/inflight_lab/plot/js/flow/arrivals.js" */

/**
 * @param {[time: number, serverStatus: number, quota?: number][]} arrivals
 * @returns {Arrival[]}
 */
function arrivalsOf(arrivals) {
  return arrivals.map(([time, serverStatus, quota = NaN]) => ({
    time,
    serverStatus,
    quota: Number.isNaN(quota) ? null : quota,
    request: null,
  }));
}

/** @param {number} number */
const rounded = (number) => Number(number.toFixed(6));

const ARRIVALS = arrivalsOf([[0.1, 200], [0.9, 200], [1, 429], [2, 503], [2, 200]]);

Deno.test("a sliding window holds those let in during the last period", () => {
  const policy = sevenInTwo("sliding-window");
  const used = [0.09, 0.1, 2, 2.099, 2.1, 2.9, 3.999, 4].map((time) =>
    windowAt(ARRIVALS, policy, time, 0.4).times.length
  );
  assert.deepEqual(used, [0, 1, 3, 3, 2, 1, 1, 0]);
});

Deno.test("a fixed window is emptied by the clock, which began before the run", () => {
  const policy = sevenInTwo("fixed-window");
  const views = [1, 1.599, 1.6, 2, 3.6].map((time) =>
    windowAt(ARRIVALS, policy, time, 0.4)
  );
  assert.deepEqual(views.map(({ times }) => times.length), [2, 2, 0, 1, 0]);
  assert.deepEqual(views.map(({ age }) => rounded(age)), [1.4, 1.999, 0, 0.4, 0]);
});

Deno.test("where only the client is seen, a refusal is in no window once it is known", () => {
  const model = new FlowModel(
    runOf({
      events: [
        [1, "sent", 0],
        [1, "arrived", 0, null],
        [1, "sent", 1],
        [1, "arrived", 1, null],
        [1.5, "answered", 1, 429],
      ],
    }),
    MOVING,
  );
  assert.equal(letInWithin(model.arrivals, 1.1, 2).length, 1);
});

Deno.test("a bucket is as full as the server said, and refills up to its burst", () => {
  const policy = sevenInTwo("token-bucket", 4);
  const arrivals = arrivalsOf([[1, 200, 3], [1, 200, 2], [1.2, 429, 0.7]]);
  const tokens = [0.9, 1, 1.1, 1.2, 1.4, 9].map((time) =>
    tokensAt(arrivals, policy, time)
  );
  assert.deepEqual(tokens.map(rounded), [4, 2, 2.35, 0.7, 1.4, 4]);
});

Deno.test("GCRA's next request is due as the server said; each used its own tick", () => {
  const policy = { ...sevenInTwo("gcra", 3), rate: 10, period: 2 };
  const arrivals = arrivalsOf([[1, 200, 0.2], [1, 200, 0.4], [1.1, 429, 0.3], [
    5,
    200,
    0.2,
  ]]);
  const burst = ticksAt(arrivals, policy, 1.1);
  assert.deepEqual([rounded(burst.due), burst.used.map(rounded)], [1.4, [1, 1.2]]);
  const later = ticksAt(arrivals, policy, 5);
  assert.deepEqual([rounded(later.due), later.used.map(rounded)], [5.2, [5]]);
  assert.deepEqual(ticksAt([], policy, 1), { due: 0, used: [] });
});

Deno.test("ticks go on evenly around the time, also after a long rest", () => {
  const spacing = 2 / 7;
  for (const [due, time] of [[1.3, 1], [1.3, 8.97]]) {
    const ticks = ticksAround(due, time, spacing);
    const some = Array.from({ length: 40 }, () => Number(ticks.next().value));
    const last = some.findLast((tick) => tick <= time) ?? NaN;
    assert.ok(time - last < spacing);
    const steps = (last - due) / spacing;
    assert.equal(rounded(steps), Math.round(steps));
  }
});

Deno.test("requests of one moment are one tower, and now is at the right", () => {
  const view = { age: 2, times: [1, 1.001, 1.002, 1.9] };
  const towers = towersOf(view, 2, 2, 325);
  assert.deepEqual(towers.map(({ count }) => count), [3, 1]);
  const [early, late] = towers.map(({ middle }) => middle);
  assert.ok(Math.abs(early - 325 / 2) < 6.5 && Math.abs(late - 325 * 0.95) < 6.5);
});

Deno.test("in a fixed window towers stand as far from its begin as it was old", () => {
  const towers = towersOf({ age: 1.5, times: [1] }, 2, 2, 325);
  assert.ok(Math.abs(towers[0].middle - 325 / 4) < 6.5);
});

Deno.test("on the ticks of GCRA now is at the right, with room for what a burst uses", () => {
  assert.deepEqual([1, 5, 50].map((burst) => nowOn(364, 26, burst)), [312, 208, 182]);
});
