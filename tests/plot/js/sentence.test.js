// The sentence of a run: the table of cases that Python's plain picture keeps to as well.

import assert from "node:assert/strict";

import { plannedRun } from "../../../src/inflight_lab/plot/js/planned_run.js";
import { sentenceOf } from "../../../src/inflight_lab/plot/js/sentence.js";
import SENTENCES from "../sentences.json" with { type: "json" };
import { runOf, SEVEN_IN_TWO } from "./support.js";

/**
 * @import { Phase } from "../../../src/inflight_lab/plot/js/phase.js"
 * @import { Row } from "./support.js"
 *
 * @typedef {object} Burst Requests that are sent together.
 * @property {number} at
 * @property {number} count
 * @property {number} [took] In seconds; without it they are still in flight.
 * @property {number} [status]
 * @property {string} [error] In place of an answer.
 * @property {boolean} [arrives]
 * @property {number} [arrivesAfter] In seconds.
 *
 * @typedef {object} Slot
 * @property {number} slot
 * @property {number[]} sent The times at which it sends.
 * @property {number} took In seconds.
 *
 * @typedef {object} Case
 * @property {string} case
 * @property {any} run Like a test's run, but with the fields of a `quota` that matter,
 *   and of another one that is set `later`.
 * @property {number} [time]
 * @property {Burst[]} [bursts]
 * @property {Slot[]} [slots]
 * @property {string} text
 * @property {string} [tone]
 */

/** @type {Record<string, Phase>} */
const PHASES = { ready: "ready", running: "running", over: "frozen" };

/** @type {Record<string, Case[]>} */
const TABLE = SENTENCES;

for (const [name, cases] of Object.entries(TABLE)) {
  for (const each of cases) {
    Deno.test(`${name}: ${each.case}`, () => {
      const found = sentenceOf(runOfCase(each), each.time ?? Infinity, PHASES[name]);
      assert.deepEqual(found, { text: each.text, tone: each.tone ?? "calm" });
    });
  }
}

Deno.test("a planned run says what will happen", () => {
  const policy = { ...SEVEN_IN_TWO, rate: 100, period: 1 };
  const limited = plannedRun({
    count: 200,
    limit: 3,
    unlimited: false,
    policy,
    slow: 1,
  });
  const free = { count: 200, limit: null, policy: null, slow: 1 };
  const unlimited = plannedRun({ ...free, unlimited: true });
  const unknown = plannedRun({ ...free, unlimited: false });
  const texts = [limited, unlimited, unknown].map((run) =>
    sentenceOf(run, 0, "ready").text
  );
  assert.deepEqual(texts, [
    "Press Run: 200 requests, at most 3 at once; the API allows 100 a second.",
    "Press Run: 200 requests, with no limit; the API has no quota.",
    "Press Run: 200 requests; the API has no quota.",
  ]);
});

Deno.test("a run that is played says what was said when it went on", () => {
  const each = TABLE.running.find(({ case: words }) => words.startsWith("steady, far"));
  assert(each);
  const { text } = sentenceOf(runOfCase(each), 1.399, "playing");
  assert.equal(text, each.text);
});

Deno.test("a run that is played is over at its own end, however long others take", () => {
  for (const each of TABLE.over) {
    const run = runOfCase(each);
    const played = sentenceOf(run, run.now, "playing");
    assert.equal(played.text, each.text, each.case);
  }
});

Deno.test("a frozen view speaks of the whole run, not of the moment it shows", () => {
  const [, each] = TABLE.over;
  assert.equal(sentenceOf(runOfCase(each), 0.1, "frozen").text, each.text);
});

/** @param {Case} table */
function runOfCase({ run, bursts = [], slots = [] }) {
  const { quota, max_concurrent, later, ...brief } = run;
  const policies = [policyRow({ time: 0, quota, max_concurrent })];
  if (later) policies.push(policyRow(later));
  const events = [...bursts.flatMap(burstEvents), ...slots.flatMap(slotEvents)];
  events.sort(([time], [other]) => time - other);
  return runOf({ policies, events, ...brief });
}

/**
 * What is allowed from `time` on.
 *
 * @param {{ time: number, quota?: any, max_concurrent?: number }} brief
 */
function policyRow({ time, quota, max_concurrent = 0 }) {
  const policy = quota ? { ...SEVEN_IN_TWO, period: 1, ...quota } : { kind: "none" };
  return { ...policy, time, max_concurrent };
}

/**
 * @param {Burst} burst
 * @param {number} place Among the bursts of a run.
 */
function burstEvents(burst, place) {
  const { at, count, took, status = 200, error } = burst;
  const { arrives = true, arrivesAfter = 0 } = burst;
  /** @type {Row[]} */
  const events = [];
  for (let i = 0; i < count; i += 1) {
    const number = 1000 * place + i;
    events.push([at, "sent", number]);
    if (arrives) events.push([at + arrivesAfter, "arrived", number, status]);
    if (took && error) events.push([at + took, "failed", number, error]);
    else if (took) events.push([at + took, "answered", number, status]);
  }
  return events;
}

/**
 * A slot that is freed right before it is taken again.
 *
 * @param {Slot} slot
 */
function slotEvents({ slot, sent, took }) {
  /** @type {Row[]} */
  const events = [];
  sent.forEach((time, place) => {
    const number = 1000 * slot + place;
    if (place) events.push([time, "freed", null, slot]);
    events.push([time, "taken", null, slot], [time, "sent", number, slot]);
    events.push([time, "arrived", number, 200]);
    events.push([time + took, "answered", number, 200]);
  });
  return events;
}
