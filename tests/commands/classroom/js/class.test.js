// How a phone sends, and what the wall says.

import assert from "node:assert/strict";
import {
  append,
  ClassRun,
  countsOf,
  earlierInWords,
  journeysOf,
  NOBODY,
  sentenceAt,
} from "../../../../src/inflight_lab/commands/classroom/page/class_run.js";
import {
  allInWords,
  answerInWords,
  rateInWords,
  Sender,
} from "../../../../src/inflight_lab/commands/classroom/page/sending.js";
import { flightOf } from "../../../../src/inflight_lab/lesson/stage/motion.js";
import { wallAt } from "../../../../src/inflight_lab/lesson/stage/quota.js";
import { inFlightAt } from "../../../../src/inflight_lab/lesson/stage/run.js";
import { quotaOf } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import { asText } from "../../../lesson/stage/js/support.js";

/**
 * @typedef {import("../../../../src/inflight_lab/commands/classroom/page/class_run.js").EventRow
 *   } EventRow
 * @typedef {import("../../../../src/inflight_lab/commands/classroom/page/class_run.js").Person
 *   } Person
 * @typedef {import("../../../../src/inflight_lab/commands/classroom/page/class_run.js").State} State
 */

const QUOTA = { ...quotaOf({ rate: 40 }), kind: "sliding-window" };

/** @param {number} count @returns {Person[]} */
function people(count) {
  return Array.from({ length: count }, (_, index) => [index + 1, ""]);
}

/**
 * A class in which `count` requests come in the first half second, in turns from all.
 *
 * @param {number} count
 * @param {Partial<State>} state
 */
function classOf(count, state) {
  const run = new ClassRun();
  const phones = state.phones ?? people(3);
  const rows = Array.from({ length: count }, (_, number) => {
    const time = 0.01 + number / count / 2;
    const status = number < QUOTA.rate ? 200 : 429;
    const phone = phones[number % phones.length][0];
    return /** @type {EventRow[]} */ ([
      [time, "sent", number, status, Math.min(number + 1, 40), phone],
      [time + 0.3, "answered", number, status, null, phone],
    ]);
  });
  const events = rows.flat().sort(([one], [other]) => one - other);
  const news = { now: 0.9, events, latency: 0.3, quota: QUOTA, phones, ...state };
  return { run, state: append(run, NOBODY, news) };
}

Deno.test("the sentence says how to come, then who sent how many, and what is allowed", () => {
  for (const phones of [[], people(3)]) {
    const state = append(new ClassRun(), NOBODY, { now: 0, events: [], phones });
    assert.match(asText(sentenceAt(new ClassRun(), 0, state)), /Scan the code/);
  }
  /** @type {[count: number, phones: Person[], fact: RegExp][]} */
  const classes = [
    [64, people(31), /31 phones sent up to 64 in a second; 40 are allowed/],
    [4, [[1, "Ana"]], /1 phone sent up to 4 in a second; 40 are allowed/],
  ];
  for (const [count, phones, fact] of classes) {
    const { run, state } = classOf(count, { phones });
    assert.match(asText(sentenceAt(run, 0.6, state)), fact);
    assert.match(asText(sentenceAt(run, 60, state)), fact, "a class talks about it");
  }
});

/** Somebody sends one more. @param {number} time @returns {EventRow} */
function sentAt(time) {
  return [time, "sent", 65, 200, 1, 1];
}

/** @param {ClassRun} run @param {number} time */
function roundAt(run, time) {
  const round = run.rounds.at(time);
  const counts = countsOf(journeysOf(round), time);
  return { number: round?.number, ...counts };
}

const NOTHING = { inFlight: 0, answered: 0, refused: 0, failed: 0, cancelled: 0 };

Deno.test("one shared pace is a round of its own, from the next request on", () => {
  const { run, state } = classOf(64, {});
  const shared = append(run, state, { now: 1, shared: true, events: [] });
  const first = { ...NOTHING, number: 1, answered: 40, refused: 24 };
  assert.deepEqual(roundAt(run, 1), first);
  assert.match(asText(sentenceAt(run, 1, shared)), /from now on/);
  append(run, shared, { now: 2, events: [sentAt(1.5)] });
  assert.deepEqual(roundAt(run, 1.2), first, "the picture is a little behind");
  assert.deepEqual(roundAt(run, 2), { ...NOTHING, number: 2, inFlight: 1 });
  assert.match(asText(sentenceAt(run, 2, shared)), /shared pace: up to 1 .* 40 are/);
  assert.deepEqual(earlierInWords(run, 1), []);
  assert.deepEqual(earlierInWords(run, 2), ["Round 1: 24 of 64 refused"]);
});

Deno.test("a round begins after a pause, but not while the API counts the last", () => {
  for (
    const [period, time, number] of [[1, 3, 1], [1, 9, 2], [60, 9, 1], [60, 99, 2]]
  ) {
    const { run, state } = classOf(64, { quota: { ...QUOTA, period } });
    append(run, state, { now: time, events: [sentAt(time)] });
    assert.equal(roundAt(run, time).number, number);
  }
});

Deno.test("counts and dots say at the same time who is refused", () => {
  const { run } = classOf(64, {});
  const first = run.journeys.find(({ outcome }) => outcome === "refused");
  assert.ok(first);
  const { turns } = flightOf(first, run.settingAt(first.sent)); // it turns red
  for (const [time, refused] of [[turns - 1e-6, 0], [turns, 1]]) {
    const counts = roundAt(run, time);
    assert.equal(counts.refused, refused);
    assert.equal(counts.inFlight, inFlightAt(run, time) - refused);
  }
});

Deno.test("the rows of all phones have what the round has", () => {
  const { run } = classOf(64, { phones: people(31) });
  assert.equal(wallAt(run, 0.6).words, "40 of 40 in 1 s");
  const { sent } = run.rounds.at(60) ?? assert.fail();
  const refused = people(31).map(([number]) =>
    countsOf(sent.get(number) ?? [], 60).refused
  );
  assert.equal(refused.reduce((sum, each) => sum + each), 24);
  assert.deepEqual([refused[9], refused[2]], [1, 0]);
});

Deno.test("a long class keeps its round and forgets the rest", () => {
  const run = new ClassRun();
  let state = NOBODY;
  for (let number = 0; number < 800; number += 1) {
    const now = number / 2;
    const events = /** @type {EventRow[]} */ ([
      [now, "sent", number, 200, 1, 1],
      [now, "answered", number, 200, null, 1],
    ]);
    state = append(run, state, { now, latency: 0.3, events });
  }
  assert.equal(roundAt(run, 400).answered, 800);
  assert.ok(run.journeys.length < 300);
});

Deno.test("what ends was sent before this wall was opened: it is left out", () => {
  const run = new ClassRun();
  append(run, NOBODY, { now: 1, events: [[1, "answered", 7, 200, null, null]] });
  assert.deepEqual(roundAt(run, 1), { ...NOTHING, number: undefined });
});

/** A sender whose answers come when `answer` is called. @param {number} limit */
function sender(limit) {
  /** @type {(() => void)[]} */
  const out = [];
  const manner = {
    limit: () => limit,
    turn: () => Promise.resolve(),
    send: () => new Promise((/** @type {(_: void) => void} */ done) => out.push(done)),
  };
  const made = new Sender(manner);
  return { made, out, setLimit: (/** @type {number} */ other) => limit = other };
}

/** Until everything that can happen has happened. */
const settled = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("a phone never has more in flight than its limit, also after two presses", async () => {
  const { made, out, setLimit } = sender(3);
  made.send(20);
  made.send(20);
  await settled();
  assert.equal(out.length, 3);
  out.shift()?.();
  await settled();
  assert.equal(out.length, 3);
  setLimit(5);
  made.goOn();
  await settled();
  assert.equal(out.length, 5);
  made.forget();
  for (const done of out.splice(0)) done();
  await settled();
  assert.equal(out.length, 0);
});

Deno.test("an answer is one line, and a 429 says how long to wait", () => {
  const answer = { status: 429, seconds: 0.31, retryAfter: "60" };
  assert.match(answerInWords(answer), /429 Too Many Requests .*wait 60\ss/);
  assert.doesNotMatch(answerInWords({ ...answer, retryAfter: "" }), /wait/);
  assert.match(answerInWords({ ...answer, status: 0 }), /No answer/);
  assert.match(answerInWords({ ...answer, status: 503 }), /more than this room allows/);
});

Deno.test("a phone says what is shared, and what all have sent", () => {
  const all = { rate: 20, period: 1, sent: 34 };
  assert.match(rateInWords(all), / 20 requests a second/);
  assert.match(allInWords(all), /34 sent in 1 s, 20 allowed/);
  assert.match(rateInWords({ ...all, period: 60 }), / 20 requests in a minute/);
});
