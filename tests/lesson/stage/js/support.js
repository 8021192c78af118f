// Runs for the tests of the stage.

import { outcomeOf, Run } from "../../../../src/inflight_lab/lesson/stage/run.js";
import {
  quotaOf,
  Simulation,
} from "../../../../src/inflight_lab/lesson/stage/simulate.js";

/**
 * @import { Setting, Standing } from "../../../../src/inflight_lab/lesson/stage/run.js"
 * @import { Settings, World } from "../../../../src/inflight_lab/lesson/stage/simulate.js"
 *
 * @typedef {[sent: number, status: number, ended?: number]} Request It arrives as it is
 *   sent, and without an end it is still out.
 */

/** @type {Settings} */
export const USUAL = {
  runner: "semaphore",
  limit: 5,
  latency: 0.5,
  quota: quotaOf({ rate: 20 }),
};

/** A simulation in which every answer takes just the latency. @type {Partial<World>} */
const EVEN = { jitter: 0, way: 0.1, work: 0 };

/** @param {number} count @param {Partial<Settings & World>} [settings] */
export function simulation(count, settings = {}) {
  const made = new Simulation({ ...EVEN, ...USUAL, ...settings });
  made.ask(count);
  return made;
}

/**
 * A simulated run that is over.
 *
 * @param {number} count
 * @param {Partial<Settings & World>} [settings]
 */
export function runOf(count, settings) {
  const made = simulation(count, settings);
  made.advance(Infinity);
  return made.run;
}

/**
 * A run of these requests, and how it stands.
 *
 * @param {Request[]} requests
 * @param {Partial<Setting>} [setting]
 * @param {Partial<Standing>} [standing]
 */
export function recorded(requests, setting = {}, standing = {}) {
  const run = new Run();
  run.set(0, setting);
  for (const [sent, status, ended] of requests) {
    const journey = run.send(sent);
    run.arrive(sent, journey, { status });
    if (ended !== undefined) run.end(ended, journey, outcomeOf(status), status);
  }
  run.goOn(standing);
  return run;
}

/** Times in and after a run. @param {{ now: number }} run */
export function momentsOf({ now }) {
  return Array.from({ length: 60 }, (_, index) => (index / 50) * now);
}

/**
 * What a sentence says, without its colours.
 *
 * @param {import("../../../../src/inflight_lab/lesson/stage/sentence.js").Words[]} words
 */
export function asText(words) {
  return words.map((each) => typeof each === "string" ? each : each[0]).join("");
}
