// What a panel would send if it were run now, from its settings.

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { Plan } from "../../plot/js/planned_run.js"
 * @import { QuotaPolicy } from "../../plot/js/run.js"
 */

/** The settings of the model on which a plan depends. */
export const PLANNED = ["count", "limit", "quota", "rate", "slow"];

/**
 * @param {Model} model
 * @param {number} lane Its place among the lanes.
 * @returns {Plan}
 */
export function planOf(model, lane) {
  const { adjustable, unlimited } = model.get("_page").limits[lane];
  return {
    count: model.get("count"),
    limit: adjustable ? model.get("limit") : null,
    unlimited,
    policy: policyOf(model),
    maxConcurrent: model.get("_page").max_concurrent,
    slow: model.get("slow"),
  };
}

/**
 * @param {Model} model
 * @returns {QuotaPolicy | null}
 */
function policyOf(model) {
  const kind = model.get("quota");
  if (kind === "none") return null;
  const rate = model.get("rate");
  const { period, burst, tokens } = model.get("_page");
  const usualBurst = kind === "token-bucket" ? Math.floor(rate) : 1;
  return { kind, rate, period, burst: burst ?? usualBurst, tokens };
}
