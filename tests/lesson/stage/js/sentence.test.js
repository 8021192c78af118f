// What one sentence says of a run.

import assert from "node:assert/strict";
import { countsAt } from "../../../../src/inflight_lab/lesson/stage/run.js";
import {
  sentenceAt,
  wordsFor,
} from "../../../../src/inflight_lab/lesson/stage/sentence.js";
import {
  flightOf,
  legAt,
  seenAt,
} from "../../../../src/inflight_lab/lesson/stage/motion.js";
import { quotaOf } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import { asText, momentsOf, recorded, runOf, simulation } from "./support.js";

/**
 * @import { Facts } from "../../../../src/inflight_lab/lesson/stage/facts.js"
 * @import { Counts, Outcome, Run } from "../../../../src/inflight_lab/lesson/stage/run.js"
 * @import { Settings, World } from "../../../../src/inflight_lab/lesson/stage/simulate.js"
 * @import { Request } from "./support.js"
 *
 * @typedef {Partial<Settings & World>} Way
 */

/** So many letters fit in a line of a stage, wherever that is wide. */
const LONGEST = 80;

const LIVE = { isLive: true };
/** @type {Way} */
const NAIVE = { runner: "naive", limit: null };
/** @type {Way} */
const PACED = { runner: "paced", limit: null };
/** @type {Way} */
const PAUSE = { runner: "pause", limit: 6 };
const SPIKE = { ...NAIVE, latency: 1 };

/** @param {number} rate @param {number} [period] */
const per = (rate, period) => ({ quota: quotaOf({ rate, period: period ?? 1 }) });

/** @param {Run} run @param {number} time */
const said = (run, time) => asText(sentenceAt(run, time));

/** @param {Run} run @param {number} time @param {RegExp[]} facts */
function expectSaid(run, time, ...facts) {
  for (const fact of facts) assert.match(said(run, time), fact);
}

/** A run in which a slider is moved after some seconds. @param {Way} way */
function moved(way, /** @type {number} */ seconds, /** @type {Way} */ to) {
  const made = simulation(200, way);
  made.advance(seconds);
  made.set(to);
  made.advance(Infinity);
  return made.run;
}

/** A run that was stopped after 0.7 s. @param {Way} [way] */
function stopped(way) {
  const made = simulation(60, way);
  made.advance(0.7);
  made.stop();
  return made.run;
}

/** A run as a kernel sends it, which does not say how. @param {Way} way */
function unnamed(way) {
  const run = runOf(60, way);
  run.set(0, { manner: "" });
  return run;
}

Deno.test("before its start it says what will be sent, and how", () => {
  expectSaid(simulation(90).run, -1, /90 requests, at most 5.* allows 20 a second/);
  expectSaid(simulation(90, NAIVE).run, -1, /all at once/);
  expectSaid(simulation(90, PACED).run, -1, /steady pace/);
  expectSaid(simulation(90, PAUSE).run, -1, /pause/);
  expectSaid(simulation(1).run, -1, /^1 request, at most/);
  const setting = { limit: 3, latency: 0.3 };
  const run = recorded([[1, 200, 1.3]], setting, { ...LIVE, asked: 9 });
  expectSaid(run, 0.5, /9 requests, at most 3 in flight/);
  expectSaid(run, 1.4, /^(?!.*= 0)/);
});

Deno.test("what nobody has announced is not known before it is sent: a retry, too", () => {
  const run = recorded([[0, 429, 0.1], [3, 200]], per(40, 2), { now: 4 });
  expectSaid(run, 2.5, /Nobody sends/, /1 refused/, /all wait/);
  assert.equal(countsAt(run, 2.5).waiting, 0);
  expectSaid(run, -1, /^2 requests to come. The API allows 40 in 2 s.$/);
  run.goOn(LIVE);
  expectSaid(run, -1, /^Requests to come. The API allows 40 in 2 s.$/);
  run.goOn({ asked: 3 });
  assert.deepEqual([2.5, 3].map((time) => countsAt(run, time).waiting), [2, 1]);
  expectSaid(run, -1, /^3 requests/);
});

Deno.test("what it says adds up: rate and unused, latency and rate", () => {
  const even = runOf(60, { limit: 7, latency: 0.4, ...per(30) });
  expectSaid(even, 2, /18 a second; 30 allowed, 12 unused/); // 17.5, and not 13
  const odd = runOf(60, { limit: 12, latency: 1.55 });
  expectSaid(odd, 2, /12 in flight \/ 1\.55 s = 7\.7 a second/);
  expectSaid(runOf(60, per(900, 60)), 2, /600 a minute; 900 allowed, 300 unused/);
  const spaced = runOf(60, {
    quota: quotaOf({ rate: 20, shape: "spacing", burst: 9 }),
  });
  expectSaid(spaced, 2, /^(?!.*unused).*one every 50 ms allowed/);
});

Deno.test("what was refused is beside the rate of those that are out", () => {
  const burst = runOf(80, { limit: 22, latency: 1.2 }); // an average that is allowed
  expectSaid(burst, 1.5, /18 a second, 22 in the busiest; 20 allowed, \d+ refused/);
  const slowed = moved({ limit: 25 }, 2, { limit: 8 });
  expectSaid(slowed, 1.9, /50 a second; 20 allowed, \d+ refused/);
  expectSaid(slowed, 4, /16 a second; 20 allowed, 4 unused/);
});

Deno.test("while a latency is dragged there is no sum: those out have several", () => {
  const run = moved({ latency: 1.1 }, 1.5, { latency: 0.3 });
  expectSaid(run, 1.6, /^5 in flight, 5 sent in 1 s\.$/);
  expectSaid(run, 2.6, /5 in flight/, /0\.3 s = 17 a second/);
});

Deno.test("nor where something else keeps them back, or nobody knows the limit", () => {
  const sent = [0, 1, 1.01, 1.2, 1.21, 1.22, 1.23, 1.24];
  const setting = { limit: 12, latency: 0.3, ...per(20) };
  const few = sent.map((time) => /** @type {Request} */ ([time, 200]));
  expectSaid(
    recorded(few, setting, { ...LIVE, asked: 60 }),
    1.25,
    /^8 in flight, 7 sent in 1 s\.$/,
  );
  /** @type {Request[]} */
  const three = [[0, 200], [0.4, 200], [0.8, 429]];
  const run = recorded(three, { latency: 0.3, ...per(2, 3) }, LIVE);
  expectSaid(run, 0.7, /^2 in flight, 2 sent in 3 s\.$/);
  expectSaid(run, 1.2, /^2 in flight, 1 refused: up to 3 came within 3 s, 2 allowed/);
});

Deno.test("failures are beside the sum, with their cause", () => {
  /** @type {Request[]} */
  const requests = [[0, 200, 0.5], [0, 500, 0.5], [0.5, 200], [0.5, 200]];
  const run = recorded(requests, { limit: 2, latency: 0.5 }, { ...LIVE, started: 9 });
  expectSaid(run, 0.7, /4 a second; 1 failed: the API answered 500/);
  const over = recorded([[0, 200, 1], [0, 500, 1]]);
  expectSaid(over, 9, /1 answered, 1 failed: the API answered 500/);
});

Deno.test("a pause is in the sum, also if only the kept slots tell of it", () => {
  expectSaid(runOf(60, PAUSE), 1, /6 slots/, /1 s asleep/, /4 a second/);
  expectSaid(unnamed(PAUSE), 1, /6 asleep/);
  expectSaid(unnamed(PAUSE), 1.9, /6 slots/, /1 s asleep/, /4 a second/);
});

Deno.test("what is paced has its spacing, also if only the times tell of it", () => {
  expectSaid(runOf(60, PACED), 2, /One every 51 ms/, /20 a second/);
  expectSaid(unnamed(PACED), 2, /One every 51 ms/, /20 a second/);
  const times = Array.from(
    { length: 40 },
    (_, index) => /** @type {Request} */ ([index * 0.05 + (index % 6 ? 0 : 0.04), 200]),
  );
  expectSaid(recorded(times, {}, LIVE), 2, /One every \d+ ms/); // one gap of six is short
  const spike = runOf(100, SPIKE);
  for (const time of [0.1, 0.3, 0.9]) expectSaid(spike, time, /^(?!One every)/);
});

Deno.test("all at once, it says what was too much as soon as the API has", () => {
  const run = runOf(60, SPIKE);
  expectSaid(run, 0.15, /60 in flight/);
  for (const time of [0.8, 0.99, 1]) {
    expectSaid(run, time, /40 .*refused: 60 came within 1 s, 20 allowed/);
  }
  expectSaid(runOf(150, SPIKE), 1.5, /refused: .* came within 1 s/); // 50 are still out
});

Deno.test("as many are said to wait for a connection as stand there, if they are many", () => {
  const made = simulation(200, { ...NAIVE, quota: null, way: 0.03, work: 0.002 });
  made.advance(0.4);
  assert.equal(said(made.run, 0.15), "75 in flight, all at once.");
  const standing = countsAt(made.run, 0.4).inFlight - 100;
  expectSaid(made.run, 0.4, new RegExp(`^${standing} wait inside`));
  const [few, more] = [104, 110].map((count) =>
    runOf(count, { ...NAIVE, quota: null })
  );
  expectSaid(few, 0.4, /^(?!.*connection)/);
  expectSaid(more, 0.4, /10 wait inside the client/, /no connection/);
});

Deno.test("at the end it says how many, how long, and what share of the quota", () => {
  expectSaid(runOf(33), 3.4, /last 3 are still out/);
  expectSaid(runOf(60), 99, /All 60 answered in 6 s: 54 % of the quota/);
  const beside = runOf(60);
  beside.goOn(LIVE); // while another goes on beside it
  expectSaid(beside, 99, /All 60 answered/);
  const paced = runOf(200, { ...PACED, latency: 1 });
  expectSaid(paced, 99, /in 11 s: 99 % of the quota/); // until the last one left
  for (const count of [40, 60, 100]) expectSaid(runOf(count, PACED), 99, /99 %/);
  const nearly = recorded([[0, 200, 0.1], [1.005, 200, 1.1]], per(1), { now: 2 });
  expectSaid(nearly, 9, /: 99 %/);
  for (const [count, limit, share] of [[200, 10, 35], [200, 25, 95], [20, 20, 20]]) {
    const run = runOf(count, { limit, latency: 0.3, ...per(100) }); // as on the scoreboard
    expectSaid(run, 99, new RegExp(`: ${share} %`));
  }
});

Deno.test("where all are answered in the end, refusals were more tries", () => {
  /** @type {Request[]} */
  const requests = [[0, 429, 0.5], [2, 200, 2.5]];
  const run = recorded(requests, per(1), { asked: 1, now: 3 });
  expectSaid(run, 1, /Nobody sends/);
  expectSaid(run, 9, /All 1 answered, after 1 more try/);
  assert.deepEqual(sentenceAt(run, 9)[2], ["try", "refused"]);
  run.goOn(LIVE);
  expectSaid(run, 1.9, /^(?!All)/);
  expectSaid(run, 2.6, /All 1 answered, after 1 more try/);
});

Deno.test("where nobody waits, nobody is said to", () => {
  const run = recorded([[0, 429, 0.1]], {}, { ...LIVE, now: 3 });
  run.wait(0, 0);
  expectSaid(run, 2.5, /^(?!Nobody sends)/);
  run.wait(2.6, 1);
  expectSaid(run, 2.8, /Nobody sends/, /1 refused/);
});

Deno.test("a run that was stopped says when, and counts what was given up", () => {
  expectSaid(stopped(), 9, /Stopped after 0\.7 s: 5 answered, 55 cancelled/);
  const run = recorded([[1, 200, 1.3], [2, 200]], {}, { asked: 3 });
  run.end(2.5, run.journeys[1], "cancelled", null);
  run.giveUp(2.5, 1);
  run.goOn({ now: 2.7, wasStopped: true }); // as far as the clock beside it
  expectSaid(run, 2.7, /Stopped after 2\.7 s: 1 answered, 2 cancelled/);
});

Deno.test("who is cut off on the way back was refused all the same", () => {
  const run = recorded([[0, 200, 1], [0.1, 429], [0.2, 429], [1.4, 200]], per(1, 60));
  for (const each of run.journeys) run.expect(each, 1 + each.sent * 10);
  run.goOn({ now: 1.5 });
  assert.equal(seenAt(run, 1.4).refused, 2); // both have bounced
  for (const each of run.journeys.slice(1)) run.end(1.5, each, "cancelled");
  const { inFlight, refused, cancelled } = countsAt(run, 9);
  assert.deepEqual([inFlight, refused, cancelled], [0, 2, 1]);
  assert.equal(seenAt(run, 9).refused, 2);
  expectSaid(run, 9, /1 answered, 2 refused, 1 cancelled/);
});

/** What the lessons show. @type {Way[]} */
const LESSONS = [
  { limit: 3, latency: 0.6 },
  { limit: 12, latency: 0.6 },
  { limit: 12, latency: 0.3 },
  { limit: 25, latency: 0.6 },
  { limit: 24, latency: 1.2 },
  { limit: 60, latency: 1.2 },
  { runner: "paced", limit: 12, latency: 0.6 },
  { runner: "paced", limit: 12, latency: 1.2 },
  { runner: "pause", limit: 6, latency: 0.3 },
  SPIKE,
];

Deno.test("it keeps its form as long as the situation lasts, and fits in a line", () => {
  for (const way of LESSONS) {
    const run = runOf(120, { way: 0.03, jitter: 0.08, work: 0.002, seed: 58, ...way });
    const words = Array.from({ length: 200 }, (_, part) => part / 190 * run.now)
      .map((time) => said(run, time));
    const forms = words.map((each) => each.replaceAll(/[\d.]+( ms)?/g, "#"));
    const changes = forms.filter((form, index) => form !== forms[index - 1]);
    assert.deepEqual(changes, [...new Set(changes)], "a form came back");
    for (const each of words) {
      assert.ok(each.length <= LONGEST, each);
      assert.doesNotMatch(each, /NaN|Infinity|undefined|null|^$/);
    }
  }
});

/** How many dots have the colour of this outcome. @param {Run} run @param {number} time */
function coloured(run, time, /** @type {Outcome} */ outcome) {
  return run.journeys.filter((journey) => {
    const flight = flightOf(journey, run.settingAt(journey.sent));
    const { name } = legAt(journey, flight, time, 0.5);
    return journey.outcome === outcome && (name === "back" || name === "home");
  }).length;
}

Deno.test("without a limit, counts and dots tell of one moment: by their colours", () => {
  const run = runOf(60, SPIKE);
  assert.equal(countsAt(run, 0.8).refused, 0); // all are still on their way home
  assert.equal(seenAt(run, 0.8).refused, 40);
  for (const time of momentsOf(run)) {
    const { refused, answered } = seenAt(run, time);
    assert.equal(refused, coloured(run, time, "refused"), `at ${time}`);
    assert.equal(answered, coloured(run, time, "answered"), `at ${time}`);
  }
});

Deno.test("at every time each request is counted once", () => {
  for (const way of [NAIVE, PACED, { limit: 30 }, { ...PAUSE, limit: 30 }]) {
    const slow = { ...way, latency: 0.9 };
    for (const run of [runOf(60, slow), stopped(slow)]) {
      for (const time of momentsOf(run)) {
        const { waiting, inFlight, ...seen } = seenAt(run, time);
        const { answered, refused, failed, cancelled } = seen;
        const ended = answered + refused + failed + cancelled;
        assert.equal(waiting + inFlight + ended, 60, `${way.runner} at ${time}`);
        assert.ok(Math.min(waiting, inFlight) >= 0, `${way.runner} at ${time}`);
      }
    }
  }
});

Deno.test("a slot that is taken again at once was never free", () => {
  const setting = { limit: 2, latency: 0.5 };
  /** @type {Request[]} */
  const requests = [[0, 200, 0.5], [0, 200, 0.5], [0.52, 200], [0.52, 200]];
  const run = recorded(requests, setting, { ...LIVE, started: 9, now: 0.9 });
  expectSaid(run, 0.51, /2 in flight/);
  assert.equal(seenAt(run, 0.51).inFlight, 2);
  assert.equal(seenAt(recorded([[0, 200, 0.5]]), 0.65).inFlight, 0);
});

Deno.test("where answers take no time, nothing is divided by it", () => {
  const run = runOf(60, { latency: 0, limit: 5 });
  for (const time of momentsOf(run)) assert.doesNotMatch(said(run, time), /∞/);
});

/** @type {Counts} */
const COUNTS = {
  sent: 30,
  waiting: 30,
  inFlight: 6,
  notArrived: 0,
  answered: 24,
  refused: 0,
  failed: 0,
  cancelled: 0,
};

/** A run with a limit, under way. @type {Facts} */
const FACTS = {
  phase: "under way",
  limit: 6,
  quota: quotaOf({ rate: 20 }),
  manner: "",
  latency: 0.5,
  asked: 60,
  size: 60,
  isLive: true,
  isUnlimited: false,
  wasStopped: false,
  counts: COUNTS,
  now: 3,
  took: 3,
  share: 95,
  stuck: 0,
  isGated: false,
  isTail: false,
  sleeping: 0,
  pause: null,
  spacing: null,
  isBelowQuota: true,
  isFull: true,
  isFresh: false,
  sentLately: 12,
  isRefusedNow: false,
  busiest: 0,
  why: "",
  whyNow: "",
};

const BEFORE = { phase: /** @type {const} */ ("before") };
const OVER = { phase: /** @type {const} */ ("over") };
const FREE = { limit: null, isBelowQuota: false };
const EVEN = { spacing: 0.05, isBelowQuota: false };
const OTHERWISE = { isFull: false };
const REFUSED = { ...COUNTS, refused: 4 };
const FAILED = { ...COUNTS, failed: 2 };
const WHY = { why: "so" };

/** @type {[facts: Partial<Facts>, words: string][]} */
const TABLE = [
  [{}, "6 in flight / 0.5 s = 12 a second; 20 allowed, 8 unused."],
  [{ ...BEFORE, size: 0 }, "Nothing has been sent yet."],
  [BEFORE, "60 requests, at most 6 in flight. The API allows 20 a second."],
  [
    { ...BEFORE, manner: "pause", quota: null },
    "60 requests, at most 6 in flight, " +
    "with a pause.",
  ],
  [{ ...BEFORE, manner: "paced", quota: null }, "60 requests, at a steady pace."],
  [{ ...BEFORE, ...FREE, quota: null }, "60 requests."],
  [
    { ...BEFORE, ...FREE, quota: null, isUnlimited: true },
    "60 requests, all at once.",
  ],
  [{ ...BEFORE, ...FREE, quota: null, asked: 0 }, "Requests to come."],
  [
    { ...BEFORE, ...FREE, quota: null, asked: 0, isLive: false },
    "60 requests to come.",
  ],
  [{ stuck: 50 }, "50 wait inside the client: it has no connection left."],
  [{ stuck: 50, ...FREE, counts: REFUSED, ...WHY }, "6 in flight, 4 refused: so."],
  [{ isGated: true, counts: REFUSED }, "Nobody sends: after 4 refused, all wait."],
  [{ isTail: true }, "The last 6 are still out."],
  [
    { isTail: true, counts: { ...FAILED, inFlight: 1 } },
    "The last one is still " +
    "out, 2 failed.",
  ],
  [{ isTail: true, isUnlimited: true }, "The last 6 are still out."],
  [
    { isTail: true, isUnlimited: true, ...FREE, counts: REFUSED, ...WHY },
    "6 in flight, 4 refused: so.",
  ],
  [{ sleeping: 3 }, "6 in flight, 3 asleep after the answer."],
  [
    { sleeping: 3, pause: 1 },
    "6 slots / (0.5 s + 1 s asleep) = 4 a second; 20 " +
    "allowed, 16 unused.",
  ],
  [{ pause: 0.02 }, "6 in flight / 0.5 s = 12 a second; 20 allowed, 8 unused."],
  [{ pause: 1, latency: null }, "6 in flight, 12 sent in 1 s."],
  [EVEN, "One every 50 ms = 20 a second; 20 allowed."],
  [
    { ...EVEN, isBelowQuota: true },
    "6 in flight / 0.5 s = 12 a second; 20 allowed, " +
    "8 unused.",
  ],
  [
    { ...EVEN, isBelowQuota: true, manner: "paced" },
    "One every 50 ms = 20 a " +
    "second; 20 allowed.",
  ],
  [{ quota: null }, "6 in flight / 0.5 s = 12 a second."],
  [{ quota: null, counts: REFUSED }, "6 in flight / 0.5 s = 12 a second; 4 refused."],
  [{ counts: FAILED, ...WHY }, "6 in flight / 0.5 s = 12 a second; 2 failed: so."],
  [
    { latency: 0.2, counts: REFUSED },
    "6 in flight / 0.2 s = 30 a second; 20 " +
    "allowed, 4 refused.",
  ],
  [{ counts: REFUSED }, "6 in flight / 0.5 s = 12 a second; 20 allowed, 8 unused."],
  [
    { counts: REFUSED, isRefusedNow: true, busiest: 22 },
    "6 in flight / 0.5 s = 12 a " +
    "second, 22 in the busiest; 20 allowed, 4 refused.",
  ],
  [
    { counts: REFUSED, isRefusedNow: true, whyNow: "so" },
    "6 in flight / 0.5 s = 12 " +
    "a second; 4 refused: so.",
  ],
  [OTHERWISE, "6 in flight, 12 sent in 1 s."],
  [{ ...OTHERWISE, quota: null, isFresh: true }, "60 requests, at most 6 in flight."],
  [{ latency: 0 }, "6 in flight, 12 sent in 1 s."],
  [{ ...FREE, isUnlimited: true }, "6 in flight, all at once."],
  [{ ...FREE, counts: FAILED }, "6 in flight, 2 failed."],
  [FREE, "6 in flight, 12 sent in 1 s."],
  [OVER, "All 24 answered in 3 s: 95 % of the quota."],
  [{ ...OVER, share: null }, "All 24 answered in 3 s."],
  [{ ...OVER, counts: { ...COUNTS, answered: 1 } }, "Answered in 3 s."],
  [
    { ...OVER, asked: 24, counts: REFUSED, ...WHY },
    "All 24 answered, after 4 more " +
    "tries: so.",
  ],
  [{ ...OVER, counts: REFUSED, ...WHY }, "24 answered, 4 refused: so."],
  [{ ...OVER, asked: 0, counts: FAILED }, "30 came: 24 answered, 2 failed."],
  [
    { ...OVER, wasStopped: true, counts: { ...REFUSED, cancelled: 9 } },
    "Stopped after 3 s: 24 answered, 4 refused, 9 cancelled.",
  ],
];

Deno.test("the table: from facts to words", () => {
  for (const [facts, words] of TABLE) {
    assert.equal(asText(wordsFor({ ...FACTS, ...facts })), words);
  }
});
