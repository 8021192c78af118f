// A page that computes its runs: what it makes of its settings.

import assert from "node:assert/strict";
import { settingsFor } from "../../../../src/inflight_lab/lesson/stage/controls.js";
import { Simulation } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import {
  changeTo,
  termsOf,
  USUAL,
} from "../../../../src/inflight_lab/lesson/stage/toy.js";

/**
 * @import { Setting } from "../../../../src/inflight_lab/lesson/stage/controls.js"
 * @import { Runner } from "../../../../src/inflight_lab/lesson/stage/simulate.js"
 */

/** @type {Runner[]} */
const RUNNERS = ["naive", "semaphore", "pause", "paced"];

Deno.test("the paced have the limit of a panel, and none where a pace is the news", () => {
  const limits = [false, true].map((opens) =>
    ["naive", "semaphore", "paced"].map((runner) =>
      termsOf({ ...USUAL, opens }, /** @type {Runner} */ (runner)).limit
    )
  );
  assert.deepEqual(limits, [[null, 5, 5], [null, 5, null]]);
});

/** @param {Setting} setting @param {Runner} runner @param {boolean} isUnderWay */
function ends({ name, min, max }, runner, isUnderWay) {
  return [min, max].map((value) => {
    const settings = { ...USUAL, ...changeTo(USUAL, name, value) };
    const made = new Simulation(termsOf(isUnderWay ? USUAL : settings, runner));
    made.ask(isUnderWay ? USUAL.count : settings.count);
    made.advance(1);
    made.set(termsOf(settings, runner));
    made.advance(20);
    return made.run.journeys.map(({ ended, outcome }) => [ended, outcome]);
  });
}

Deno.test("a slider changes what a page computes of its runners, and of no other", () => {
  for (const setting of settingsFor()) {
    for (const runner of RUNNERS) {
      for (const isUnderWay of [false, true]) {
        if (isUnderWay && setting.name === "count") continue; // a run asks once
        if (isUnderWay && runner === "naive") continue; // all are sent
        const [least, most] = ends(setting, runner, isUnderWay);
        const has = setting.runners?.includes(runner) ?? true;
        const words = `${setting.name} of ${runner}`;
        if (has) assert.notDeepEqual(least, most, words);
        else assert.deepEqual(least, most, words);
      }
    }
  }
});
