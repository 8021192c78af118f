// Runs for the tests of the stage.

import { quotaOf, Simulation } from "../../../src/inflight_lab/stage/simulate.js";

/** @import { Settings, World } from "../../../src/inflight_lab/stage/simulate.js" */

/** @type {Settings} */
export const USUAL = {
  runner: "semaphore",
  limit: 5,
  latency: 0.5,
  quota: quotaOf({ rate: 20 }),
};

/** A simulation in which every answer takes just the latency. @type {Partial<World>} */
const EVEN = { jitter: 0, way: 0.1, work: 0 };

/** @param {number} count @param {Partial<Settings>} [settings] */
export function simulation(count, settings = {}) {
  const made = new Simulation({ ...EVEN, ...USUAL, ...settings });
  made.ask(count);
  return made;
}

/**
 * A simulated run that is over.
 *
 * @param {number} count
 * @param {Partial<Settings>} [settings]
 */
export function runOf(count, settings) {
  const made = simulation(count, settings);
  made.advance(Infinity);
  return made.run;
}

/** Times in and after a run. @param {{ now: number }} run */
export function momentsOf({ now }) {
  return Array.from({ length: 60 }, (_, index) => (index / 50) * now);
}

/**
 * What a sentence says, without its colours.
 *
 * @param {import("../../../src/inflight_lab/stage/sentence.js").Words[]} words
 */
export function asText(words) {
  return words.map((each) => typeof each === "string" ? each : each[0]).join("");
}
