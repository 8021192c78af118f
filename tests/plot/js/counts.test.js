// How a run stood at a time, in numbers.

import assert from "node:assert/strict";

import { countsAt } from "../../../src/inflight_lab/plot/js/counts.js";
import { outcomeOf } from "../../../src/inflight_lab/plot/js/outcomes.js";
import {
  endsOf,
  numbersAt,
  percentOf,
} from "../../../src/inflight_lab/plot/js/tiles.js";
import NUMBERS from "../shared_numbers.json" with { type: "json" };
import { request, runOf, SEVEN_IN_TWO } from "./support.js";

/** Two of nine are dropped, three end in time, one is in flight, and three wait in vain. */
const RUN = runOf({
  now: 5,
  dropped: { accepted: 2 },
  counts: {
    started: 9,
    announced: 9,
    accepted: 3,
    refused: 1,
    failed: 1,
    cancelled: 4,
  },
  policies: [{ ...SEVEN_IN_TWO, tokens: 1300 }],
  levels: {
    server: [[1, 2], [1.4, 1], [2.5, 0]],
    client: [[1, 3], [1.5, 1], [2.6, 0]],
    waiting: [[0, 4], [2, 3], [3, 0]],
    limit: [[0, 6]],
    rate: [[1, 5]],
    tokens: [[1, 800]],
  },
  events: [
    ...request(0, { sent: 1, ended: 1.3, status: 200 }),
    ...request(1, { sent: 1, ended: 1.4, status: 429 }),
    [1, "sent", 2],
    [1.5, "failed", 2, "ReadTimeout"],
    [2, "sent", 3],
    [3, "cancelled", 3],
    [3, "cancelled", null, 3],
  ],
});

Deno.test("before its end a run's events say how it stood", () => {
  assert.deepEqual(countsAt(RUN, 2), {
    started: 9,
    waiting: 3,
    inFlight: 1,
    announced: 9,
    accepted: 3,
    refused: 1,
    failed: 1,
    cancelled: 0,
  });
  assert.equal(countsAt(RUN, 3).cancelled, 4);
});

Deno.test("an ending counts from its own time on", () => {
  assert.equal(countsAt(RUN, 1.399).refused, 0);
  assert.equal(countsAt(RUN, 1.4).refused, 1);
});

Deno.test("a request on its way is in flight for the client, not for the server", () => {
  const run = runOf({ now: 2, levels: { server: [[0.5, 1]], client: [[0, 3]] } });
  const { started, inFlight } = countsAt(run, 1);
  assert.equal(started, 3);
  assert.equal(inFlight, 1);
});

Deno.test("at its end, and while it is live, the kernel's own numbers are shown", () => {
  assert.equal(countsAt(RUN, 5), RUN.counts);
  assert.equal(countsAt(RUN, Infinity), RUN.counts);
});

Deno.test("an answer counts as its status says, as in Python", () => {
  for (let status = 200; status < 600; status += 1) {
    const answer = { time: 0, request: 0, detail: status, quota: null };
    const error = NUMBERS.refusals.includes(status) ? "refused" : "failed";
    const expected = status < 400 ? "accepted" : error;
    assert.equal(outcomeOf({ what: "answered", ...answer }), expected, `${status}`);
  }
});

Deno.test("a number that nobody knows is not shown as 0", () => {
  const unobserved = runOf({ now: 2, levels: { client: [[0, 3]] } });
  assert.equal(numbersAt(unobserved, 2, unobserved.counts).waiting, null);
  assert.equal(numbersAt(RUN, 2, countsAt(RUN, 2)).waiting, 3);
});

Deno.test("what was sent lately is counted in the quota's period, else in a second", () => {
  const { rate, period } = numbersAt(RUN, 2, countsAt(RUN, 2));
  assert.deepEqual([rate, period], [5, 2]);
  const free = runOf({ now: 2.2, levels: { rate: [[2, 1]] } });
  const numbers = numbersAt(free, Infinity, free.counts);
  assert.deepEqual([numbers.rate, numbers.period], [1, 1]);
});

Deno.test("the bar shows shares of all that were asked for", () => {
  assert.equal(percentOf(RUN.counts, "accepted"), 100 / 3);
  assert.equal(percentOf(runOf({}).counts, "accepted"), 0);
});

/**
 * @param {Partial<import("../../../src/inflight_lab/plot/js/columns.js").CountFields>} counts
 */
function barOf(counts) {
  const ends = endsOf(runOf({ counts }).counts);
  const { accepted, refused, failed, cancelled, started } = ends;
  return [accepted, refused, failed, cancelled, started];
}

Deno.test("a refusal or a failure that was sent again is not in the bar", () => {
  const retried = {
    started: 252,
    announced: 200,
    accepted: 200,
    refused: 50,
    failed: 2,
  };
  assert.deepEqual(barOf(retried), [200, 0, 0, 0, 200]);
  const givenUp = {
    started: 252,
    announced: 200,
    accepted: 199,
    refused: 50,
    failed: 3,
  };
  assert.deepEqual(barOf(givenUp), [199, 0, 1, 0, 200]);
});

Deno.test("one that was not sent again is, and so is what nobody announced", () => {
  const refused = { started: 200, accepted: 140, refused: 60 };
  assert.deepEqual(barOf({ ...refused, announced: 200 }), [140, 60, 0, 0, 200]);
  assert.deepEqual(barOf({ ...refused, announced: 0 }), [140, 60, 0, 0, 200]);
  const more = { started: 300, announced: 200, accepted: 300 };
  assert.deepEqual(barOf(more), [300, 0, 0, 0, 300]);
});
