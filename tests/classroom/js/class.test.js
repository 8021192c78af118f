// How a phone sends, and what the wall says.

import assert from "node:assert/strict";
import {
  append,
  NOBODY,
  refusedLately,
  sceneOf,
  sentenceAt,
} from "../../../src/inflight_lab/classroom/page/class_run.js";
import { initialsOf } from "../../../src/inflight_lab/classroom/page/colours.js";
import {
  answerInWords,
  Pace,
  Sender,
} from "../../../src/inflight_lab/classroom/page/sending.js";
import { wallAt } from "../../../src/inflight_lab/stage/quota.js";
import { countsAt, Run } from "../../../src/inflight_lab/stage/run.js";
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
  const run = new Run();
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
  const said = "31 phones sent 64 in one second; 40 are allowed: 24 refused.";
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
});

Deno.test("refusals from before the shared pace are soon not its own", () => {
  const { run, state } = classOf(64, { shared: true });
  run.send(1.7, 1, 99);
  assert.match(asText(sentenceAt(run, 1.8, state)), /nobody is refused/);
  const alone = { ...state, shared: false };
  assert.match(asText(sentenceAt(run, 1.8, alone)), /24 refused/);
});

Deno.test("after a pause, or with one shared pace, a scene begins with counts at 0", () => {
  const { run, state } = classOf(64, {});
  /** @type {(time: number) => EventRow} */
  const sent = (time) => [time, "sent", 64, 200, 1, 1];
  assert.equal(sceneOf(run, state, { now: 9, events: [] }), run);
  assert.equal(sceneOf(run, state, { now: 2, events: [sent(2)] }), run);
  const slow = { ...state, quota: { ...QUOTA, period: 60 } };
  assert.equal(sceneOf(run, slow, { now: 9, events: [sent(9)] }), run, "still counted");
  for (const news of [{ events: [sent(9)] }, { events: [], shared: true }]) {
    const scene = sceneOf(run, state, { now: 9, ...news });
    assert.deepEqual(countsAt(scene, 9), countsAt(new Run(), 9));
    assert.deepEqual(scene.settingAt(9).quota, run.settingAt(9).quota);
    const said = asText(sentenceAt(scene, 9, state));
    assert.equal(said, "3 phones are here. Nobody sends.");
  }
});

Deno.test("nobody's request is lost when a scene begins", () => {
  const { run, state } = classOf(4, {});
  run.send(0.8, 1, 99);
  assert.equal(sceneOf(run, state, { now: 9, events: [], shared: true }), run);
});

Deno.test("before anybody has come it says how to", () => {
  const state = append(new Run(), NOBODY, { now: 0, events: [], quota: QUOTA });
  assert.match(asText(sentenceAt(new Run(), 0, state)), /Scan the code/);
});

Deno.test("counts, quota and the ring of a phone agree with the events", () => {
  const { run } = classOf(64, { phones: people(31) });
  assert.equal(wallAt(run, 0.6).words, "40 of 40 in 1 s");
  const { answered, refused, inFlight } = countsAt(run, 0.9);
  assert.deepEqual([answered, refused, inFlight], [40, 24, 0]);
  assert.equal(refusedLately(run, 0.9).size, 24);
  assert.equal(refusedLately(run, 2.5).size, 0);
});

Deno.test("a long class keeps its counts and forgets the rest", () => {
  const run = new Run();
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
  assert.equal(countsAt(run, 120).answered, 240);
  assert.ok(run.journeys.length < 50);
});

Deno.test("what ends was sent before this wall was opened: it is left out", () => {
  const run = new Run();
  append(run, NOBODY, { now: 1, events: [[1, "answered", 7, 200, null, null]] });
  assert.equal(countsAt(run, 1).answered, 0);
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
  assert.deepEqual([out.length, made.waiting], [3, 37]);
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
  assert.deepEqual([out.length, made.waiting], [0, 0]);
});

Deno.test("a pace spaces turns that are asked for at once", async () => {
  const pace = new Pace();
  const began = performance.now();
  await Promise.all([pace.turn(50), pace.turn(50), pace.turn(50)]);
  assert.ok(performance.now() - began >= 39);
});

Deno.test("an answer is one line, and a 429 says how long to wait", () => {
  const answer = { status: 429, seconds: 0.31, retryAfter: "2", text: "" };
  assert.match(answerInWords(answer), /429 Too Many Requests .*Wait 2 s/);
  assert.match(answerInWords({ ...answer, status: 0 }), /No answer/);
  assert.match(answerInWords({ ...answer, status: 503 }), /more than this room allows/);
});

Deno.test("initials are two letters of a name, or the number", () => {
  const names = ["", "Ana", "Ana Lu Li", "é", "👩‍🏫 x", " 7 "];
  const initials = names.map((each) => initialsOf(9, each));
  assert.deepEqual(initials, ["9", "AN", "AL", "É", "👩X", "7"]);
});
