// What a view says before a run: what will happen, as far as it is known.

import { maxConcurrentAt } from "../run.js";
import {
  atMostAtOnce,
  everyPeriod,
  many,
  perWords,
  spacing,
  withCommas,
} from "../words.js";

/**
 * @import { QuotaPolicy, Run } from "../run.js"
 * @import { RunSoFar, Sentence } from "./run_so_far.js"
 */

/**
 * @param {RunSoFar} soFar Of a planned run.
 * @returns {Sentence}
 */
export function planned({ run, time, counts, limit, policy }) {
  if (!counts.waiting) return { text: "No request yet.", tone: "calm" };
  const requests = many(counts.waiting, "request");
  const api = apiInWords(policy, maxConcurrentAt(run, time));
  const text = `Press Run: ${requests}${limitInWords(run, limit)}; ${api}.`;
  return { text, tone: "calm" };
}

/**
 * @param {Run} run
 * @param {number | undefined} limit
 */
function limitInWords(run, limit) {
  if (limit !== undefined) return `, at most ${withCommas(limit)} at once`;
  return run.unlimited ? ", with no limit" : "";
}

/**
 * @param {QuotaPolicy | null} policy
 * @param {number} most How many it lets in at once; 0 for any number.
 */
function apiInWords(policy, most) {
  if (!most) return policy ? allowed(policy) : "the API has no quota";
  const atOnce = atMostAtOnce(most);
  return policy ? `${allowed(policy)}, ${atOnce}` : `the API allows ${atOnce}`;
}

/** @param {QuotaPolicy} policy */
function allowed(policy) {
  const { kind, rate, period, burst, tokens } = policy;
  if (kind === "gcra") return `the API allows ${spacing(policy)}`;
  if (kind === "token-bucket") {
    const refill = `${withCommas(rate)} ${everyPeriod(period)}`;
    return `the API allows ${refill}, and ${withCommas(burst)} to begin with`;
  }
  const per = period === 1 ? "a second" : `in ${perWords(period)}`;
  if (!tokens) return `the API allows ${withCommas(rate)} ${per}`;
  return `the API allows ${many(rate, "request")} and ${many(tokens, "token")} ${per}`;
}
