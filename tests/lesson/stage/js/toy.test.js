// A page that computes its runs: what it makes of its settings.

import assert from "node:assert/strict";
import { settingsFor } from "../../../../src/inflight_lab/lesson/stage/controls.js";
import { Simulation } from "../../../../src/inflight_lab/lesson/stage/simulate.js";
import {
  changeTo,
  termsOf,
  USUAL,
} from "../../../../src/inflight_lab/lesson/stage/toy.js";

/** @import { Runner } from "../../../../src/inflight_lab/lesson/stage/simulate.js" */

Deno.test("the paced have the limit of a panel, and none where a pace is the news", () => {
  const limits = [false, true].map((opens) =>
    ["naive", "semaphore", "paced"].map((runner) =>
      termsOf({ ...USUAL, opens }, /** @type {Runner} */ (runner)).limit
    )
  );
  assert.deepEqual(limits, [[null, 5, 5], [null, 5, null]]);
});

Deno.test("each slider changes what a page computes, before a run and during it", () => {
  for (const { name, min, max } of settingsFor()) {
    for (const isUnderWay of [false, true]) {
      if (isUnderWay && name === "count") continue; // a run asks once
      const [least, most] = [min, max].map((value) => {
        const settings = { ...USUAL, ...changeTo(USUAL, name, value) };
        const made = new Simulation(
          termsOf(isUnderWay ? USUAL : settings, "semaphore"),
        );
        made.ask(settings.count);
        made.advance(1);
        made.set(termsOf(settings, "semaphore"));
        made.advance(20);
        return made.run.journeys.map(({ ended, outcome }) => [ended, outcome]);
      });
      assert.notDeepEqual(least, most, name);
    }
  }
});
