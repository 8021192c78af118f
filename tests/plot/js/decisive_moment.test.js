// Which moment of a finished run is shown.

import assert from "node:assert/strict";

import { decisiveMoment } from "../../../src/inflight_lab/plot/js/decisive_moment.js";
import { FlowModel } from "../../../src/inflight_lab/plot/js/flow/model.js";
import { motionOf } from "../../../src/inflight_lab/plot/js/flow/request.js";
import { Run } from "../../../src/inflight_lab/plot/js/run.js";
import RECORDED from "../forty_five.json" with { type: "json" };
import { request, runOf, SEVEN_IN_TWO, sevenInTwo } from "./support.js";

/**
 * @import { Columns } from "../../../src/inflight_lab/plot/js/columns.js"
 * @import { Row } from "./support.js"
 */

/**
 * @param {number} count Requests that are sent one after the other.
 * @param {number} seconds From one to the next.
 */
function spaced(count, seconds) {
  /** @type {Row[]} */
  const rows = [];
  for (let n = 0; n < count; n += 1) {
    const sent = n * seconds;
    rows.push(...request(n, { sent, ended: sent + seconds / 2, status: 200 }));
  }
  return rows;
}

const REFUSED = request(9, { sent: 5, ended: 5.5, status: 429, arrived: 5.001 });

/** @type {{ name: string, run: Run, time: number, words: string }[]} */
const CASES = [
  {
    name: "the first refusal comes before all else, with its dot at the API",
    run: runOf({
      now: 8,
      counts: { cancelled: 1 },
      policies: [SEVEN_IN_TWO],
      events: [...spaced(9, 0.1), ...REFUSED, [7, "cancelled", null, 1]],
    }),
    time: 5.001,
    words: "the first refusal, at 5\u00a0s",
  },
  {
    name: "where older refusals are no longer known, it is a refusal",
    run: runOf({ now: 8, dropped: { refused: 3 }, events: REFUSED }),
    time: 5.001,
    words: "a refusal, at 5\u00a0s",
  },
  {
    name: "a refusal that has not been answered is at the API for a while",
    run: runOf({ now: 8, events: [[5, "sent", 0], [5, "arrived", 0, 429]] }),
    time: 5,
    words: "the first refusal, at 5\u00a0s",
  },
  {
    name: "those that are refused in the same burst are at the API, too",
    run: runOf({
      now: 8,
      events: [
        ...request(8, { sent: 4.9, ended: 5.4, status: 429, arrived: 4.901 }),
        ...REFUSED,
        ...request(10, { sent: 5.1, ended: 5.6, status: 429, arrived: 5.101 }),
        ...request(11, { sent: 5.2, ended: 5.7, status: 429, arrived: 5.201 }),
      ],
    }),
    time: 5.101,
    words: "the first refusal, at 5.1\u00a0s",
  },
  {
    name: "a run that was stopped is shown as it stood right before",
    run: runOf({
      now: 4.2,
      stopped: true,
      policies: [SEVEN_IN_TWO],
      events: [
        ...spaced(7, 0.1),
        [3, "sent", 7],
        [4.01, "cancelled", null, 30],
        [4.02, "cancelled", 7],
      ],
    }),
    time: 4,
    words: "right before it was stopped, at 4\u00a0s",
  },
  {
    name: "a run that was stopped with nothing in flight is shown at its end",
    run: runOf({ now: 4.2, stopped: true, events: spaced(7, 0.1) }),
    time: 4.2,
    words: "right before it was stopped, at 4.2\u00a0s",
  },
  {
    name: "several that time out at once stop nothing",
    run: runOf({
      now: 4,
      levels: { client: [[0, 2], [4, 0]] },
      events: [[0, "sent", 0], [0, "sent", 1], [4, "cancelled", 0], [
        4,
        "cancelled",
        1,
      ]],
    }),
    time: 2,
    words: "a steady moment, at 2\u00a0s",
  },
  {
    name: "one request that times out as the last stops nothing",
    run: runOf({
      now: 4,
      levels: { client: [[0, 1], [4, 0]] },
      events: [
        ...request(0, { sent: 0, ended: 1, status: 200 }),
        [1, "sent", 1],
        [3.9, "cancelled", 1],
      ],
    }),
    time: 2,
    words: "a steady moment, at 2\u00a0s",
  },
  {
    name: "a request that is cancelled while others are still sent stops nothing",
    run: runOf({
      now: 4,
      levels: { client: [[0, 1], [4, 0]] },
      events: [[0, "sent", 0], [1, "cancelled", 0], [2, "sent", 1], [
        4,
        "answered",
        1,
        200,
      ]],
    }),
    time: 2,
    words: "a steady moment, at 2\u00a0s",
  },
  {
    name: "a plot that ended while requests were in flight is shown at its end",
    run: runOf({ now: 4, counts: { in_flight: 1 }, events: [[3, "sent", 0]] }),
    time: 4,
    words: "its end, at 4\u00a0s",
  },
  {
    name: "a window that was nearly full is shown when it was fullest",
    run: runOf({
      now: 9,
      policies: [SEVEN_IN_TWO],
      events: [...spaced(7, 0.25), ...request(7, { sent: 8, ended: 8.5, status: 200 })],
    }),
    time: 1.505,
    words: "the fullest 2\u00a0s, 7 of 7, at 1.5\u00a0s",
  },
  {
    name: "a fixed window is shown before it is emptied",
    run: runOf({
      now: 9,
      window_offset: 0.45,
      policies: [sevenInTwo("fixed-window")],
      events: spaced(7, 0.25),
    }),
    time: 1.505,
    words: "the fullest 2\u00a0s, 7 of 7, at 1.5\u00a0s",
  },
  {
    name: "a fixed window begins with the clock's period",
    run: runOf({
      now: 9,
      window_offset: 1,
      policies: [sevenInTwo("fixed-window")],
      levels: { server: [[0, 1], [8, 0]] },
      events: spaced(7, 0.25),
    }),
    time: 4,
    words: "a steady moment, at 4\u00a0s",
  },
  {
    name: "who comes right at the beginning of a fixed window is in it",
    run: runOf({
      now: 9,
      window_offset: 0.4,
      policies: [{ ...sevenInTwo("fixed-window"), rate: 2 }],
      events: [
        ...request(0, { sent: 1.6, arrived: 1.6, ended: 2, status: 200 }),
        ...request(1, { sent: 3.59, arrived: 3.59, ended: 4, status: 200 }),
        ...request(2, { sent: 3.6, arrived: 3.6, ended: 4, status: 200 }),
      ],
    }),
    time: 3.59,
    words: "the fullest 2\u00a0s, 2 of 2, at 3.6\u00a0s",
  },
  {
    name: "a bucket has no window that could be fuller than allowed",
    run: runOf({
      now: 9,
      policies: [sevenInTwo("token-bucket", 7)],
      levels: { server: [[0, 1], [8, 0]] },
      events: spaced(13, 0.15),
    }),
    time: 4,
    words: "a steady moment, at 4\u00a0s",
  },
  {
    name: "nor have requests that are let in evenly spaced",
    run: runOf({
      now: 9,
      policies: [sevenInTwo("gcra", 2)],
      levels: { server: [[0, 1], [8, 0]] },
      events: spaced(9, 0.2),
    }),
    time: 4,
    words: "a steady moment, at 4\u00a0s",
  },
  {
    name: "a refusal that the practice server never saw is shown when it came back",
    run: runOf({ now: 8, events: [[5, "sent", 0], [5.5, "answered", 0, 429]] }),
    time: 5.5,
    words: "the first refusal, at 5.5\u00a0s",
  },
  {
    name: "else the level is shown that lasted longest in the middle of the run",
    run: runOf({
      now: 8,
      policies: [SEVEN_IN_TWO],
      levels: { server: [[0, 1], [2.5, 4], [3, 3], [4, 0], [5.5, 2], [5.8, 0]] },
    }),
    time: 1.975,
    words: "a steady moment, at 2\u00a0s",
  },
  {
    name: "a lane that goes on beside others is shown while it had something to do",
    run: runOf({
      now: 9,
      levels: { server: [[0, 2], [1, 0]] },
      events: spaced(2, 0.1),
    }),
    time: 0.5,
    words: "a steady moment, at 0.5\u00a0s",
  },
  {
    name: "a long rest is no moment to be shown",
    run: runOf({ now: 9, levels: { server: [[0, 2], [3, 0], [8, 1], [9, 0]] } }),
    time: 2.625,
    words: "a steady moment, at 2.6\u00a0s",
  },
  {
    name: "of a run whose beginning is no longer known the middle of the rest is shown",
    run: runOf({
      now: 90,
      dropped: { accepted: 500 },
      levels: { client: [[29, 3]] },
      events: [[2, "sent", 4], [30, "answered", 4, 200]],
    }),
    time: 60,
    words: "a steady moment, at 60\u00a0s",
  },
  {
    name: "a run in which nothing was sent has a middle too",
    run: runOf({ now: 3 }),
    time: 1.5,
    words: "a steady moment, at 1.5\u00a0s",
  },
];

for (const { name, run, time, words } of CASES) {
  Deno.test(name, () => {
    const moment = decisiveMoment(run);
    assert.equal(Number(moment.time.toFixed(6)), time);
    assert.equal(moment.words, words);
  });
}

/** Two slots that send together, sleep for a second, and send again. */
const SLEEPERS = runOf({
  now: 4,
  policies: [SEVEN_IN_TWO],
  levels: { limit: [[0, 2]] },
  events: [0, 1.5].flatMap((sent) => /** @type {Row[]} */ ([
    [sent, "taken", null, 0],
    [sent, "taken", null, 1],
    [sent, "sent", 2 * sent, 0],
    [sent, "sent", 2 * sent + 1, 1],
    [sent + 0.5, "answered", 2 * sent, 200],
    [sent + 0.5, "answered", 2 * sent + 1, 200],
    [sent + 1.5, "freed", null, 0],
    [sent + 1.5, "freed", null, 1],
  ])),
});

/** A hundred that arrive at once, and a hundred for which there is no connection yet. */
const CROWD = runOf({
  now: 3,
  policies: [SEVEN_IN_TWO],
  events: [
    ...Array.from({ length: 200 }, (_, n) => /** @type {Row} */ ([0, "sent", n])),
    ...Array.from(
      { length: 100 },
      (_, n) => /** @type {Row} */ ([0.01, "arrived", n, 200]),
    ),
    ...Array.from(
      { length: 100 },
      (_, n) => /** @type {Row} */ ([1, "arrived", 100 + n, 429]),
    ),
  ],
});

Deno.test("where most slots sleep, that is what a run is about", () => {
  assert.equal(decisiveMoment(SLEEPERS).words, "2 slots asleep, at 0.8\u00a0s");
});

Deno.test("a page can ask for another moment", () => {
  const crowd = decisiveMoment(CROWD, "not arrived");
  assert.equal(crowd.words, "100 not arrived, at 0.3\u00a0s");
  const first = decisiveMoment(CROWD, "refused");
  assert.equal(first.words, "the first refusal, at 1\u00a0s");
  assert.match(decisiveMoment(SLEEPERS, "steady").words, /^a steady moment/);
});

Deno.test("a moment that a run does not have is not shown", () => {
  assert.deepEqual(decisiveMoment(CROWD, "asleep"), decisiveMoment(CROWD));
  assert.deepEqual(decisiveMoment(SLEEPERS, "none such"), decisiveMoment(SLEEPERS));
});

/**
 * The requests under way in the frozen picture of a run.
 *
 * @param {Run} run
 */
function frozen(run) {
  const model = new FlowModel(run, motionOf(run, { still: true }));
  model.advance(decisiveMoment(run).time);
  return model;
}

for (const slow of [1, 5]) {
  Deno.test(`the first refusal is shown at the API, ${slow} times as slow`, () => {
    const refused = { sent: 5, arrived: 5, ended: 5 + 2 / slow, status: 429 };
    const model = frozen(runOf({ now: 8, slow, events: request(9, refused) }));
    const shown = model.underWay.map((each) => [each.legAt(model.time), each.outcome]);
    assert.deepEqual(shown, [["api", "refused"]]);
  });
}

/** @type {{ name: "naive" | "semaphore", atApi: number }[]} */
const FULL = [{ name: "naive", atApi: 45 }, { name: "semaphore", atApi: 9 }];

for (const { name, atApi } of FULL) {
  Deno.test(`when 45 of 45 have come, the API works on the last of them: ${name}`, () => {
    const run = new Run(/** @type {Columns} */ (RECORDED[name]));
    assert.match(decisiveMoment(run).words, /^the fullest 3\s?s, 45 of 45/);
    const model = frozen(run);
    const legs = model.underWay.map((each) => each.legAt(model.time));
    assert.deepEqual(legs, Array(atApi).fill("api"));
  });
}
