// Prints what the simulator makes of each of the settings in its argument, as JSON.

import { countsAt } from "../../../src/inflight_lab/stage/run.js";
import { quotaOf, Simulation } from "../../../src/inflight_lab/stage/simulate.js";

const WORLD = { way: 0, jitter: 0, work: 0 };

const results = JSON.parse(Deno.args[0]).map((/** @type {any} */ setting) => {
  const { count, quota, ...settings } = setting;
  const simulation = new Simulation({ ...settings, ...WORLD, quota: quotaOf(quota) });
  simulation.ask(count);
  simulation.advance(Infinity);
  const { answered, refused } = countsAt(simulation.run, Infinity);
  return { answered, refused, seconds: simulation.now };
});
console.log(JSON.stringify(results));
