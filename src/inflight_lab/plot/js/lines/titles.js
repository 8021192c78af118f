// The titles of the strips, in words that a room can read.

import { policyAt } from "../run.js";
import { perWords } from "../words.js";
import { short } from "./scales.js";

/**
 * @import { QuotaPolicy, Run } from "../run.js"
 * @import { StripName } from "./strips.js"
 */

/**
 * @param {StripName} name
 * @param {Run} run
 * @param {number} time
 */
export function stripTitle(name, run, time) {
  const policy = policyAt(run, time);
  if (name === "rate") return withAllowed("sent", policy, policy?.rate);
  if (name === "tokens") return withAllowed("tokens", policy, policy?.tokens);
  return name;
}

/**
 * @param {string} what
 * @param {QuotaPolicy | null} policy
 * @param {number | undefined} allowed
 */
function withAllowed(what, policy, allowed) {
  const title = `${what} in the last ${perWords(policy?.period ?? 1)}`;
  return allowed ? `${title}, ${short(allowed)} allowed` : title;
}
