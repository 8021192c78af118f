// A dot is out for exactly as long as its request was in flight.

import assert from "node:assert/strict";

import {
  FlowRequest,
  inSlowMotion,
  MOVING,
  STILL,
} from "../../../../src/inflight_lab/plot/js/flow/request.js";

/**
 * @import { Leg, Motion } from "../../../../src/inflight_lab/plot/js/flow/request.js"
 */

/**
 * One that is sent at 1 s.
 *
 * @param {{ arrived: number, ended: number, status: number, motion?: Motion }} about
 */
function sentAtOne({ arrived, ended, status, motion = MOVING }) {
  const request = new FlowRequest(7, 1, null);
  request.arrive(arrived, status || null, motion);
  request.end(ended, status, motion);
  return request;
}

/**
 * When each of its legs begins, from just before it is sent on.
 *
 * @param {FlowRequest} request
 */
function legsOf(request) {
  /** @type {[Leg, number][]} */
  const legs = [];
  for (let n = 1000; n < 2000; n += 1) {
    const leg = request.legAt((n + 0.5) / 1000); // not just where two legs meet
    if (leg !== legs[legs.length - 1]?.[0]) legs.push([leg, n / 1000]);
  }
  return legs;
}

Deno.test("of a long flight the ways there and back take 0.14 s each", () => {
  const request = sentAtOne({ arrived: 1.005, ended: 1.5, status: 200 });
  assert.deepEqual(legsOf(request), [["out", 1], ["api", 1.14], ["back", 1.36], [
    "land",
    1.5,
  ]]);
});

Deno.test("of a short flight they are a third each", () => {
  const request = sentAtOne({ arrived: 1.005, ended: 1.24, status: 429 });
  assert.deepEqual(legsOf(request), [["out", 1], ["api", 1.08], ["back", 1.16], [
    "land",
    1.24,
  ]]);
});

Deno.test("one without a connection has not left until the server has seen it", () => {
  const request = sentAtOne({ arrived: 1.3, ended: 1.9, status: 200 });
  assert.deepEqual(legsOf(request).slice(0, 2), [["pool", 1], ["out", 1.3]]);
  const near = sentAtOne({ arrived: 1.024, ended: 1.9, status: 200 });
  assert.equal(near.departureTime, 1);
});

Deno.test("one that is lost does not come back, but falls from where it is", () => {
  const request = sentAtOne({ arrived: 1.005, ended: 1.5, status: 0 });
  assert.deepEqual(legsOf(request), [["out", 1], ["api", 1.14], ["land", 1.5]]);
});

Deno.test("one that is given up in the pool goes from there", () => {
  const request = new FlowRequest(7, 1, null);
  request.end(1.5, 0, MOVING);
  assert.deepEqual(legsOf(request), [["pool", 1], ["land", 1.5]]);
});

Deno.test("where motion disturbs it is at the API all the time", () => {
  const request = sentAtOne({ arrived: 1.005, ended: 1.5, status: 200, motion: STILL });
  assert.deepEqual(legsOf(request), [["api", 1], ["land", 1.5]]);
});

Deno.test("its share of a leg goes from 0 to 1", () => {
  const request = sentAtOne({ arrived: 1.005, ended: 1.5, status: 200 });
  assert.equal(request.share("out", 1.07, MOVING), 0.5);
  assert.equal(Number(request.share("back", 1.43, MOVING).toFixed(6)), 0.5);
  assert.equal(Number(request.share("land", 1.66, MOVING).toFixed(6)), 0.5);
  assert.equal(request.share("land", 9, MOVING), 1);
  assert.equal(request.share("land", 1.5, STILL), 1);
});

Deno.test("what becomes of it is known from the server's status, then from its answer", () => {
  const request = new FlowRequest(7, 1, null);
  assert.equal(request.outcome, null);
  request.arrive(1.1, 200, MOVING);
  assert.equal(request.outcome, null);
  request.arrive(1.1, 429, MOVING);
  assert.equal(request.outcome, "refused");
  for (
    const [status, outcome]
      of /** @type {const} */ ([[204, "ok"], [404, "lost"], [0, "lost"]])
  ) {
    request.end(1.5, status, MOVING);
    assert.equal(request.outcome, outcome);
  }
});

Deno.test("in slow motion a dot is no slower on its way", () => {
  const motion = inSlowMotion(MOVING, 20);
  const slow = sentAtOne({ arrived: 1.001, ended: 1.5, status: 200, motion });
  assert.equal(slow.apiTime, 1 + MOVING.fly / 20);
  assert.equal(slow.answerTime, 1.5 - MOVING.fly / 20);
  const inPool = sentAtOne({ arrived: 1.002, ended: 1.5, status: 200, motion });
  assert.equal(inPool.legAt(1.001), "pool");
});
