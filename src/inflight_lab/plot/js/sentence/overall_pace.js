// How fast a run was, and what was allowed.

import {
  areAllowed,
  inOnePeriod,
  many,
  plainTime,
  ratePerSecond,
  withCommas,
} from "../words.js";
import { busiest, mostTokens } from "./causes.js";

/** A rate is not worth a word if it was measured for fewer seconds. */
const MEANINGFUL = 0.5;

/**
 * @import { QuotaPolicy } from "../run.js"
 * @import { RunSoFar } from "./run_so_far.js"
 */

/**
 * What follows the time that a run took; "" if there is nothing to say.
 *
 * @param {RunSoFar} soFar
 */
export function overallPace(soFar) {
  const { policy, counts } = soFar;
  if (counts.accepted < 2) return "";
  if (!policy) return rateAlone(soFar);
  if (policy.tokens && mostTokens(soFar)) return bothBudgets(soFar, policy);
  if (rateTellsAll(soFar, policy)) {
    return `${rateAlone(soFar)} of the ${withCommas(policy.rate)} allowed`;
  }
  return inItsBusiestPeriod(soFar, policy);
}

/** @param {RunSoFar} soFar */
function rateAlone(soFar) {
  if (soFar.elapsed < MEANINGFUL) return "";
  return `: ${ratePerSecond(rateOf(soFar))}`;
}

/**
 * @param {RunSoFar} soFar
 * @param {QuotaPolicy} policy
 */
function bothBudgets(soFar, policy) {
  const { rate, period, tokens } = policy;
  const used = `${withCommas(mostTokens(soFar))} of ${withCommas(tokens)} tokens`;
  const came = withCommas(busiest(soFar, policy));
  const requests = `${came} of ${many(rate, "request")}`;
  return `: at most ${used} and ${requests} ${inOnePeriod(period)}`;
}

/**
 * Whether the mean can stand beside the quota, which is of a second, too.
 *
 * @param {RunSoFar} soFar
 * @param {QuotaPolicy} policy
 */
function rateTellsAll(soFar, { rate, period }) {
  if (period !== 1 || soFar.elapsed < 1) return false;
  return rateOf(soFar) <= rate;
}

/**
 * @param {RunSoFar} soFar
 * @param {QuotaPolicy} policy
 */
function inItsBusiestPeriod(soFar, policy) {
  const came = `${withCommas(busiest(soFar, policy))} came`;
  const period = inOnePeriod(policy.period);
  return `: at most ${came} ${period}, ${areAllowed(policy.rate)}`;
}

/**
 * Answers a second, computed from the rounded time in the sentence, so that the two numbers
 * agree.
 *
 * @param {RunSoFar} soFar
 */
const rateOf = ({ counts, elapsed }) => counts.accepted / plainTime(elapsed);
