// What a view says before a run: what will happen, as far as it is known.

import { everyPeriod, many, perWords, spacing, withCommas } from "../words.js";

/**
 * @import { QuotaPolicy, Run } from "../run.js"
 * @import { RunSoFar, Sentence } from "./run_so_far.js"
 */

/**
 * @param {RunSoFar} soFar Of a planned run.
 * @returns {Sentence}
 */
export function planned({ run, counts, limit, policy }) {
  if (!counts.waiting) return { text: "No request yet.", tone: "calm" };
  const requests = many(counts.waiting, "request");
  const text = `Press Run: ${requests}${limitInWords(run, limit)}; ${allowed(policy)}.`;
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

/** @param {QuotaPolicy | null} policy */
function allowed(policy) {
  if (!policy) return "the API has no quota";
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
