// How a phone sends, and what the wall says.

import assert from "node:assert/strict";
import {
  append,
  ClassRun,
  NOBODY,
  refusedOf,
  sceneCountsAt,
  sentenceAt,
} from "../../../src/inflight_lab/classroom/page/class_run.js";
import {
  allInWords,
  answerInWords,
  rateInWords,
  Sender,
} from "../../../src/inflight_lab/classroom/page/sending.js";
import { flightOf } from "../../../src/inflight_lab/stage/motion.js";
import { wallAt } from "../../../src/inflight_lab/stage/quota.js";
import { inFlightAt } from "../../../src/inflight_lab/stage/run.js";
import { asText } from "../../../src/inflight_lab/stage/sentence.js";

/**
 * @typedef {import("../../../src/inflight_lab/classroom/page/class_run.js").EventRow
 *   } EventRow
 * @typedef {import("../../../src/inflight_lab/classroom/page/class_run.js").Person
 *   } Person
 * @typedef {import("../../../src/inflight_lab/classroom/page/class_run.js").State} State
 */

const QUOTA = /** @type {const} */ ({
  kind: "sliding-window",
  rate: 40,
  period: 1,
  burst: 1,
  tokens: 0,
  shape: "window",
  starts: null,
});

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

Deno.test("the sentence says who sent too much, how much, and what is allowed", () => {
  const { run, state } = classOf(64, { phones: people(31) });
  const said = "31 phones sent 64 in the busiest second; 40 are allowed: 24 refused.";
  assert.equal(asText(sentenceAt(run, 0.6, state)), said);
  assert.equal(asText(sentenceAt(run, 60, state)), said, "a class talks about it");
});

Deno.test("one or two are called by their names", () => {
  const { run, state } = classOf(4, { phones: [[1, "Ana"], [2, ""]] });
  const said = "Ana and Phone 2 sent 4 in one second; 40 are allowed.";
  assert.equal(asText(sentenceAt(run, 0.6, state)), said);
});

Deno.test("with one shared pace it says who waits", () => {
  const { run, state } = classOf(30, { shared: true, waiting: 12 });
  const said = "One shared pace: 30 sent in one second; 40 are allowed, " +
    "nobody is refused, 12 wait for their turn.";
  assert.equal(asText(sentenceAt(run, 0.6, state)), said);
  assert.match(asText(sentenceAt(run, 0.6, { ...state, waiting: 1 })), /1 waits for a/);
});

/** Somebody sends one more. @param {number} time @returns {EventRow} */
function sentAt(time) {
  return [time, "sent", 65, 200, 1, 1];
}

Deno.test("one shared pace is a scene of its own, also while requests fly", () => {
  const { run, state } = classOf(64, {});
  run.send(0.85, 1, 64);
  const shared = append(run, state, { now: 1, shared: true, events: [] });
  assert.equal(sceneCountsAt(run, 0.9).refused, 24, "the picture is a little behind");
  assert.deepEqual(sceneCountsAt(run, 1), { inFlight: 1, answered: 0, refused: 0 });
  assert.equal(run.sceneAt(1).refused, 24, "those before are kept");
  assert.equal(asText(sentenceAt(run, 1, shared)), "3 phones are here. Nobody sends.");
  append(run, shared, { now: 1.5, events: [sentAt(1.4)] });
  assert.match(asText(sentenceAt(run, 1.5, shared)), /1 sent .*nobody is refused/);
});

Deno.test("after a pause, a scene begins with counts at 0, and nothing is lost", () => {
  const { run, state } = classOf(64, {});
  append(run, state, { now: 9, events: [sentAt(9)] });
  assert.deepEqual(sceneCountsAt(run, 8.7), { inFlight: 0, answered: 40, refused: 24 });
  assert.deepEqual(sceneCountsAt(run, 9), { inFlight: 1, answered: 0, refused: 0 });
  const said = asText(sentenceAt(run, 9, state));
  assert.equal(said, "Phone 1 sent 1 in one second; 40 are allowed.");
});

Deno.test("what the API still counts belongs to the scene", () => {
  for (
    const [time, quota] of /** @type {const} */ ([[2, QUOTA], [9, {
      ...QUOTA,
      period: 60,
    }]])
  ) {
    const { run, state } = classOf(64, { quota });
    append(run, state, { now: time, events: [sentAt(time)] });
    assert.equal(sceneCountsAt(run, time).refused, 24);
  }
});

Deno.test("sentence, counts and dots say at the same time who is refused", () => {
  const { run, state } = classOf(64, {});
  const first = run.journeys.find(({ outcome }) => outcome === "refused");
  assert.ok(first);
  const { turns } = flightOf(first, run.settingAt(first.sent)); // it turns red
  for (const [time, refused] of [[turns - 1e-6, 0], [turns, 1]]) {
    assert.equal(sceneCountsAt(run, time).refused, refused);
    assert.equal(asText(sentenceAt(run, time, state)).includes("refused"), !!refused);
    assert.equal(sceneCountsAt(run, time).inFlight, inFlightAt(run, time) - refused);
  }
});

Deno.test("before anybody has sent it says how to come", () => {
  for (const phones of [[], people(3)]) {
    const state = append(new ClassRun(), NOBODY, { now: 0, events: [], phones });
    assert.match(asText(sentenceAt(new ClassRun(), 0, state)), /Scan the code/);
  }
});

Deno.test("counts, quota and the number beside a phone agree with the events", () => {
  const { run } = classOf(64, { phones: people(31) });
  assert.equal(wallAt(run, 0.6).words, "40 of 40 in 1 s");
  assert.deepEqual(sceneCountsAt(run, 0.9), { inFlight: 0, answered: 40, refused: 24 });
  const refused = people(31).map(([number]) => refusedOf(run, 60, number));
  assert.equal(refused.reduce((sum, each) => sum + each), 24, "it stays");
  assert.deepEqual([refusedOf(run, 0.2, 10), refused[9], refused[2]], [0, 1, 0]);
  run.beginScene(61);
  assert.equal(refusedOf(run, 62, 10), 0, "a new scene");
});

Deno.test("a long class keeps its counts and forgets the rest", () => {
  const run = new ClassRun();
  let state = NOBODY;
  for (let now = 0; now < 120; now += 0.5) {
    const number = now * 2;
    state = append(run, state, {
      now,
      latency: 0.3,
      events: [
        [now, "sent", number, 200, 1, 1],
        [now, "answered", number, 200, null, 1],
      ],
    });
  }
  assert.equal(sceneCountsAt(run, 120).answered, 240);
  assert.ok(run.journeys.length < 50);
});

Deno.test("what ends was sent before this wall was opened: it is left out", () => {
  const run = new ClassRun();
  append(run, NOBODY, { now: 1, events: [[1, "answered", 7, 200, null, null]] });
  assert.equal(sceneCountsAt(run, 1).answered, 0);
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
  const at = performance.now();
  const answer = { status: 429, seconds: 0.31, retryAfter: "60", at };
  assert.match(answerInWords(answer), /429 Too Many Requests .*Wait [56]\d\ss/);
  assert.doesNotMatch(answerInWords({ ...answer, at: at - 60_000 }), /Wait/);
  assert.match(answerInWords({ ...answer, at: at - 60_000 }), /said to wait 60\ss/);
  assert.match(answerInWords({ ...answer, status: 0 }), /No answer/);
  assert.match(answerInWords({ ...answer, status: 503 }), /more than this room allows/);
});

Deno.test("a phone says what is shared, and what all have sent", () => {
  const all = { rate: 20, period: 1, sent: 34 };
  assert.equal(rateInWords(all), "Everybody here shares 20 requests a second.");
  assert.equal(allInWords(all), "The class: 34 sent in 1 s, 20 allowed");
  const slow = { ...all, period: 60 };
  assert.equal(rateInWords(slow), "Everybody here shares 20 requests in a minute.");
});
