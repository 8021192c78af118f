// What one sentence says of a run.

import assert from "node:assert/strict";
import { countsAt, Run } from "../../../src/inflight_lab/stage/run.js";
import { sentenceAt } from "../../../src/inflight_lab/stage/sentence.js";
import { flightOf, legAt, seenAt } from "../../../src/inflight_lab/stage/motion.js";
import { quotaOf, Simulation } from "../../../src/inflight_lab/stage/simulate.js";
import { asText, momentsOf, runOf, simulation, USUAL } from "./support.js";

/** So many letters fit in a line of a stage, wherever that is wide. */
const LONGEST = 80;

/** @param {Run} run @param {number} time */
const said = (run, time) => asText(sentenceAt(run, time));

/** @import { Outcome } from "../../../src/inflight_lab/stage/run.js" */

/** How many dots have the colour of this outcome. @param {Run} run @param {number} time */
function coloured(run, time, /** @type {Outcome} */ outcome) {
  return run.journeys.filter((journey) => {
    const flight = flightOf(journey, run.settingAt(journey.sent));
    const { name } = legAt(journey, flight, time, 0.5);
    return journey.outcome === outcome && (name === "back" || name === "home");
  }).length;
}

/** @param {Run} run @param {number} time @param {RegExp[]} facts */
function expectSaid(run, time, ...facts) {
  for (const fact of facts) assert.match(said(run, time), fact);
}

Deno.test("before its start it says what will be sent, and how", () => {
  expectSaid(simulation(90).run, -1, /90 requests/, /at most 5/, /allows 20 a second/);
  expectSaid(simulation(90, { runner: "naive" }).run, -1, /all at once/);
  expectSaid(simulation(90, { runner: "paced", limit: null }).run, -1, /steady pace/);
  expectSaid(simulation(90, { runner: "pause" }).run, -1, /pause/);
  expectSaid(simulation(1).run, -1, /^1 request, at most/);
});

Deno.test("what it says adds up: rate and unused, latency and rate", () => {
  const even = runOf(60, { limit: 7, latency: 0.4, quota: quotaOf({ rate: 30 }) });
  expectSaid(even, 2, /18 a second; 30 allowed, 12 unused/); // 17.5, and not 13
  const odd = runOf(60, { limit: 12, latency: 1.55 });
  expectSaid(odd, 2, /12 in flight \/ 1\.55 s = 7\.7 a second/);
});

Deno.test("an average that is allowed is beside the busiest second, and what was refused", () => {
  const run = runOf(80, { limit: 22, latency: 1.2 });
  expectSaid(run, 1.5, /18 a second, 22 in the busiest; 20 allowed, \d+ refused/);
});

/** What the lessons show, as settings of the simulator. */
const LESSONS = [
  { limit: 3, latency: 0.6 },
  { limit: 12, latency: 0.6 },
  { limit: 12, latency: 0.3 },
  { limit: 25, latency: 0.6 },
  { limit: 24, latency: 1.2 },
  { limit: 60, latency: 1.2 },
  { runner: /** @type {const} */ ("paced"), limit: 12, latency: 0.6 },
  { runner: /** @type {const} */ ("paced"), limit: 12, latency: 1.2 },
  { runner: /** @type {const} */ ("pause"), limit: 6, latency: 0.3 },
  { runner: /** @type {const} */ ("naive"), limit: null, latency: 1 },
];

Deno.test("it keeps its form as long as the situation lasts, and fits in a line", () => {
  for (const settings of LESSONS) {
    const made = new Simulation({ ...USUAL, ...settings, seed: 58 });
    made.ask(120);
    made.advance(Infinity);
    const { run } = made;
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

Deno.test("after a change, refusals of before it are no cause of what is", () => {
  const made = simulation(200, { limit: 25 });
  made.advance(2);
  made.set({ limit: 8 });
  made.advance(Infinity);
  expectSaid(made.run, 1.9, /50 a second; 20 allowed, \d+ refused/);
  expectSaid(made.run, 4, /16 a second; 20 allowed, 4 unused/);
});

Deno.test("failures are beside the sum, with their cause", () => {
  const run = runOf(60);
  run.end(1.2, run.journeys[8], "failed", 503);
  run.goOn({ isLive: true, started: run.size + 9 });
  expectSaid(run, 2, /8 a second; 1 failed: the API answered 503/);
  const over = new Run();
  ["answered", "failed"].forEach((outcome) =>
    over.end(1, over.send(0), /** @type {Outcome} */ (outcome), 500)
  );
  expectSaid(over, 9, /1 answered, 1 failed: the API answered 500/);
});

Deno.test("who is kept back elsewhere is not said to send too many", () => {
  const run = new Run();
  run.goOn({ isLive: true, asked: 60 });
  run.set(0, { limit: 12, latency: 0.3, quota: quotaOf({ rate: 20 }) });
  for (const [number, time] of [0, 1, 1.01, 1.2, 1.21, 1.22, 1.23, 1.24].entries()) {
    run.send(time, number);
  }
  expectSaid(run, 1.25, /^8 in flight, 7 sent in 1 s\.$/);
});

Deno.test("where nobody knows the limit there is no sum, but what came and the cause", () => {
  const run = new Run();
  run.goOn({ isLive: true });
  run.set(0, { latency: 0.3, quota: quotaOf({ rate: 2, period: 3 }) });
  for (const [time, status] of [[0, 200], [0.4, 200], [0.8, 429]]) {
    run.arrive(time, run.send(time), { status });
  }
  expectSaid(run, 0.7, /^2 in flight, 2 sent in 3 s\.$/);
  expectSaid(
    run,
    1.2,
    /^2 in flight, 1 refused: up to 3 came within 3 s, 2 allowed\.$/,
  );
});

Deno.test("what is unused is of the quota's own period", () => {
  const run = runOf(60, { limit: 5, quota: quotaOf({ rate: 900, period: 60 }) });
  expectSaid(run, 2, /600 a minute/, /900 allowed/, /300 unused/);
});

Deno.test("the pause is in the sum of the runner that has one", () => {
  const run = runOf(20, { runner: "pause", limit: 6, latency: 0.5 });
  expectSaid(run, 1, /6 slots/, /1 s asleep/, /4 a second/);
});

Deno.test("what is paced has its spacing", () => {
  const run = runOf(60, { runner: "paced", limit: null });
  expectSaid(run, 2, /One every 51 ms/, /20 a second/);
});

Deno.test("before the first is sent it says what will be, and sums nothing", () => {
  const run = new Run();
  run.goOn({ isLive: true, asked: 9 });
  run.set(0, { limit: 3, latency: 0.3 });
  expectSaid(run, 0.5, /9 requests, at most 3 in flight/);
  run.end(1.3, run.send(1, 0), "answered", 200);
  assert.doesNotMatch(said(run, 1.4), /= 0/);
});

Deno.test("who is done says so, while another goes on beside it", () => {
  const run = runOf(60);
  run.goOn({ isLive: true });
  expectSaid(run, run.now + 3, /All 60 answered/);
});

Deno.test("a live run's pause is found out from the slots that are kept", () => {
  const run = runOf(20, { runner: "pause", limit: 6, latency: 0.5 });
  run.set(0, { manner: "" }); // as a kernel sends it
  expectSaid(run, 1, /6 asleep/);
  expectSaid(run, 1.9, /6 slots/, /1 s asleep/, /4 a second/);
});

Deno.test("a live run's pace is found out from how evenly they leave", () => {
  const run = runOf(60, { runner: "paced", limit: null });
  run.set(0, { manner: "" });
  expectSaid(run, 2, /One every 51 ms/, /20 a second/);
  const late = new Run();
  late.goOn({ isLive: true });
  for (let index = 0; index < 40; index += 1) {
    const time = index * 0.05 + (index % 6 ? 0 : 0.04); // one of six gaps is short
    late.arrive(time, late.send(time));
  }
  expectSaid(late, 2, /One every \d+ ms/);
  const spike = runOf(100, { runner: "naive", latency: 1 });
  for (const time of [0.1, 0.3, 0.9]) {
    assert.doesNotMatch(said(spike, time), /One every/);
  }
});

Deno.test("without a limit, counts and dots tell of one moment: by their colours", () => {
  const run = runOf(60, { runner: "naive", latency: 1 });
  assert.equal(countsAt(run, 0.8).refused, 0); // all are still on their way home
  assert.equal(seenAt(run, 0.8).refused, 40);
  for (const time of momentsOf(run)) {
    const { refused, answered } = seenAt(run, time);
    assert.equal(refused, coloured(run, time, "refused"), `at ${time}`);
    assert.equal(answered, coloured(run, time, "answered"), `at ${time}`);
  }
});

Deno.test("at every time each request is counted once", () => {
  for (
    const runner of /** @type {const} */ (["naive", "semaphore", "pause", "paced"])
  ) {
    const limit = runner === "naive" || runner === "paced" ? null : 30;
    const stopped = simulation(60, { runner, limit, latency: 0.9 });
    stopped.advance(0.7);
    stopped.stop();
    for (const run of [runOf(60, { runner, limit, latency: 0.9 }), stopped.run]) {
      for (const time of momentsOf(run)) {
        const { waiting, inFlight, ...seen } = seenAt(run, time);
        const { answered, refused, failed, cancelled } = seen;
        const ended = answered + refused + failed + cancelled;
        assert.equal(waiting + inFlight + ended, 60, `${runner} at ${time}`);
        assert.ok(Math.min(waiting, inFlight) >= 0, `${runner} at ${time}`);
      }
    }
  }
});

Deno.test("a slot that is taken again at once was never free", () => {
  const run = new Run();
  run.goOn({ started: 9 });
  run.set(0, { limit: 2, latency: 0.5 });
  const [first, second] = [run.send(0, 0), run.send(0, 1)];
  for (const each of [first, second]) run.end(0.5, each, "answered", 200);
  for (const slot of [0, 1]) run.send(0.52, slot);
  run.goOn({ now: 0.9, isLive: true });
  expectSaid(run, 0.51, /2 in flight/);
  assert.equal(seenAt(run, 0.51).inFlight, 2);
  const late = new Run();
  late.end(0.5, late.send(0, 0), "answered", 200);
  assert.equal(seenAt(late, 0.65).inFlight, 0);
});

Deno.test("all at once, it says what was too much as soon as the API has", () => {
  const run = runOf(60, { runner: "naive", latency: 1 });
  expectSaid(run, 0.15, /60 in flight/);
  for (const time of [0.8, 0.99, 1]) {
    expectSaid(run, time, /40 .*refused/, /60 came within 1 s, 20 allowed/);
  }
  const pooled = runOf(150, { runner: "naive", latency: 1 });
  expectSaid(pooled, 1.5, /refused/, /came within 1 s/); // 50 are still out
});

Deno.test("the last ones are still out", () => {
  const run = runOf(33, { limit: 5 });
  expectSaid(run, run.now - 0.1, /last 3 are still out/);
});

Deno.test("at the end it says how many, how long, and what share of the quota", () => {
  expectSaid(runOf(60), 99, /All 60 answered/, /in 6 s/, /54 % of the quota/);
});

Deno.test("the share is of what was allowed until the last request left", () => {
  const paced = runOf(200, { runner: "paced", limit: null, latency: 1 });
  expectSaid(paced, 99, /in 11 s/, /99 % of the quota/);
  for (const count of [40, 60, 100]) {
    const few = runOf(count, { runner: "paced", limit: null });
    expectSaid(few, 99, /99 % of the quota/);
  }
  const usual = { latency: 0.3, quota: quotaOf({ rate: 100 }) }; // as on the scoreboard
  expectSaid(runOf(200, { limit: 10, ...usual }), 99, /in 6 s/, /35 %/);
  expectSaid(runOf(200, { limit: 25, ...usual }), 99, /95 %/);
  expectSaid(runOf(20, { limit: 20, ...usual }), 99, /20 %/);
});

Deno.test("who is cut off on the way back was refused all the same", () => {
  const run = new Run();
  run.set(0, { quota: quotaOf({ rate: 1, period: 60 }) });
  const journeys = [0, 0.1, 0.2].map((time) => run.send(time));
  journeys.forEach((each, index) =>
    run.arrive(index / 10, each, { status: index ? 429 : 200, due: 1 + index })
  );
  run.end(1, journeys[0], "answered", 200);
  run.goOn({ now: 1.5 });
  assert.equal(seenAt(run, 1.4).refused, 2); // both have bounced
  for (const each of journeys.slice(1)) run.end(1.5, each, "cancelled");
  run.end(1.5, run.send(1.4), "cancelled");
  const { inFlight, refused, cancelled } = countsAt(run, 9);
  assert.deepEqual([inFlight, refused, cancelled], [0, 2, 1]);
  assert.equal(seenAt(run, 9).refused, 2);
  expectSaid(run, 9, /1 answered, 2 refused, 1 cancelled/);
});

Deno.test("where all are answered in the end, refusals were more tries", () => {
  const run = new Run();
  run.goOn({ asked: 1 });
  run.set(0, { quota: quotaOf({ rate: 1 }) });
  for (const [time, status] of [[0, 429], [2, 200]]) {
    const journey = run.send(time);
    run.arrive(time, journey, { status });
    run.end(time + 0.5, journey, status === 200 ? "answered" : "refused", status);
  }
  run.goOn({ now: 3 });
  expectSaid(run, 1, /Nobody sends/);
  expectSaid(run, 9, /All 1 answered, after 1 more try/);
  assert.deepEqual(sentenceAt(run, 9)[2], ["try", "refused"]);
});

Deno.test("as many are said to wait for a connection as stand there", () => {
  const settings = { ...USUAL, runner: /** @type {const} */ ("naive"), quota: null };
  const made = new Simulation({ ...settings, way: 0.03, work: 0.002 });
  made.ask(200);
  made.advance(0.4);
  assert.equal(said(made.run, 0.15), "75 in flight, all at once.");
  const standing = countsAt(made.run, 0.4).inFlight - 100;
  expectSaid(made.run, 0.4, new RegExp(`^${standing} wait inside`));
});

Deno.test("few that wait for a connection are not worth a sentence", () => {
  const few = runOf(104, { runner: "naive", quota: null });
  const more = runOf(110, { runner: "naive", quota: null });
  assert.doesNotMatch(said(few, 0.4), /connection/);
  expectSaid(more, 0.4, /10 wait inside the client/, /no connection/);
});

Deno.test("of a spacing nothing is unused: it is allowed or too fast", () => {
  const quota = quotaOf({ rate: 20, shape: "spacing", burst: 9 });
  const run = runOf(60, { limit: 5, latency: 0.5, quota });
  expectSaid(run, 2, /one every 50 ms allowed/);
  assert.doesNotMatch(said(run, 2), /unused/);
});

Deno.test("what nobody has announced is not known before it is sent: a retry, too", () => {
  const run = new Run();
  run.set(0, { quota: quotaOf({ rate: 40, period: 2 }) });
  const journey = run.send(0);
  run.arrive(0, journey, { status: 429 });
  run.end(0.1, journey, "refused", 429);
  run.send(3);
  run.goOn({ now: 4 });
  expectSaid(run, 2.5, /Nobody sends/, /1 refused/, /all wait/);
  assert.equal(countsAt(run, 2.5).waiting, 0);
  expectSaid(run, -1, /^2 requests to come. The API allows 40 in 2 s.$/);
  run.goOn({ isLive: true });
  expectSaid(run, -1, /^Requests to come. The API allows 40 in 2 s.$/);
  run.goOn({ asked: 3 });
  assert.deepEqual([2.5, 3].map((time) => countsAt(run, time).waiting), [2, 1]);
  expectSaid(run, -1, /^3 requests/);
});

Deno.test("where nobody waits, nobody is said to", () => {
  const run = new Run();
  run.goOn({ isLive: true });
  run.wait(0, 1);
  const journey = run.send(0);
  run.wait(0, 0);
  run.arrive(0, journey, { status: 429 });
  run.end(0.1, journey, "refused", 429);
  run.goOn({ now: 3 });
  assert.doesNotMatch(said(run, 2.5), /Nobody sends/);
  run.wait(2.6, 1);
  expectSaid(run, 2.8, /Nobody sends/, /1 refused/);
});

Deno.test("a run that was stopped says so, and counts what was given up", () => {
  const made = simulation(60);
  made.advance(0.7);
  made.stop();
  expectSaid(made.run, 9, /Stopped after 0\.7 s/, /5 answered/, /55 cancelled/);
});

Deno.test("a run that was stopped had gone as far as the clock beside it", () => {
  const run = new Run();
  run.goOn({ asked: 3 });
  run.end(1.3, run.send(1), "answered", 200);
  run.end(2.5, run.send(2), "cancelled", null);
  run.giveUp(2.5, 1);
  run.goOn({ now: 2.7, wasStopped: true });
  expectSaid(run, 2.7, /Stopped after 2\.7 s/, /1 answered/, /2 cancelled/);
});

Deno.test("while a latency is dragged there is no sum: those out have several", () => {
  const made = simulation(90, { latency: 1.1 });
  made.advance(1.5);
  made.set({ latency: 0.3 });
  made.advance(Infinity);
  expectSaid(made.run, 1.6, /^5 in flight, 5 sent in 1 s\.$/);
  expectSaid(made.run, 2.6, /5 in flight/, /0\.3 s = 17 a second/);
});

Deno.test("live, it is done once all that were asked for are answered", () => {
  const run = new Run();
  run.goOn({ isLive: true, asked: 3 });
  for (const [time, status] of [[0, 200], [0.1, 429], [0.2, 200], [1, 200]]) {
    const journey = run.send(time);
    run.arrive(time, journey, { status });
    run.end(time + 0.3, journey, status === 429 ? "refused" : "answered", status);
  }
  run.goOn({ started: 4, now: 3 });
  assert.doesNotMatch(said(run, 0.9), /All/);
  expectSaid(run, 2, /All 3 answered, after 1 more try/);
});
