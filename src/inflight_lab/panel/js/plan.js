// What a panel would send if it were run now: shown until there is a run.

import { Run } from "../../stage/run.js";

/**
 * @import { Model } from "../../plot/page/widget.js"
 * @import { Terms } from "../../stage/wire.js"
 * @import { Lane } from "./goals.js"
 */

/** The traits of the model on which a plan depends. */
export const PLANNED = ["count", "limit", "latency", "rate"];

/** @param {Model} model @param {number} lane */
export function planFor(model, lane) {
  /** @type {Lane} */
  const { adjustable, unlimited } = model.get("_lanes")[lane];
  /** @type {{ terms: Terms }} */
  const { terms: { quota, max_concurrent: maxConcurrent, way } } = model.get("_fixed");
  const run = new Run();
  run.size = model.get("count");
  run.isUnlimited = unlimited;
  run.set(0, {
    limit: adjustable ? model.get("limit") : null,
    latency: model.get("latency"),
    way,
    quota: quota && { ...quota, rate: model.get("rate") },
    maxConcurrent,
  });
  return run;
}
