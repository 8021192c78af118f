// What a view says of a run that goes well: how fast it is, and what the quota leaves.

import { levelAt } from "../run.js";
import { arrivalsIn, busiestPeriod, eventsIn, extremes, meanLevel } from "../spans.js";
import { NEARLY_USED } from "../thresholds.js";
import {
  areAllowed,
  inOnePeriod,
  lastPeriod,
  many,
  plainRate,
  plainSeconds,
  plainTime,
  ratePerSecond,
  withCommas,
} from "../words.js";
import { STILL_RECENT } from "./run_so_far.js";
import { sleepersIn } from "./sleepers.js";

/** A number in flight may be rounded to an integer if that changes it by less than this. */
const ROUNDING = 0.15;

/**
 * @import { QuotaPolicy, RequestEvent } from "../run.js"
 * @import { RunSoFar, Situation } from "./run_so_far.js"
 * @import { Sleepers } from "./sleepers.js"
 */

/** @type {Situation} */
export function asleep(soFar) {
  const { run, limit = 0, counts } = soFar;
  const lately = soFar.last(STILL_RECENT);
  const areMostInFlight = extremes(run.levels.client, lately).lowest > limit / 2;
  if (limit && areMostInFlight) return null;
  const sleepers = sleepersIn(run, lately);
  const areFew = sleepers.count === 0 || sleepers.count < limit / 2;
  if (areFew || !soFar.latency) return null;
  const haveWoken = sleepers.pause > 0;
  const text = counts.waiting && haveWoken
    ? lawOfSleepers(soFar, sleepers)
    : sleeping(sleepers.count, soFar.limit);
  return { text, tone: "calm" };
}

/** @type {Situation} */
export function tokensNearlyUsed(soFar) {
  const { run, policy } = soFar;
  if (!policy?.tokens) return null;
  const { highest } = extremes(run.levels.tokens, soFar.last(1));
  if (highest < NEARLY_USED * policy.tokens) return null;
  const used = `${withCommas(highest)} of ${
    withCommas(policy.tokens)
  } tokens were used`;
  const text = `${used} ${inOnePeriod(policy.period)}: hardly any are left.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
export function nearlyFull(soFar) {
  const { run, policy } = soFar;
  if (!policy) return null;
  const { rate, period } = policy;
  const came = busiestPeriod(run, soFar.last(STILL_RECENT), period);
  if (came < NEARLY_USED * rate) return null;
  const inOne = inOnePeriod(period);
  const text = came > rate
    ? `More came ${inOne} than the ${withCommas(rate)} allowed: none refused so far.`
    : `The quota is well used: ${areAllowed(rate)} ${inOne}.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
export function steady(soFar) {
  const inFlight = meanLevel(soFar.ownLevel, soFar.last(1));
  const shown = Math.round(inFlight);
  const latency = soFar.latency;
  if (!shown || !latency || soFar.policy?.tokens) return null;
  if (Math.abs(inFlight - shown) > ROUNDING * inFlight) return null;
  const rate = shown / plainTime(latency);
  const law = `${withCommas(shown)} in flight / ${plainSeconds(latency)} each`;
  const text = `${law} = ${ratePerSecond(rate)}${besideTheQuota(soFar, rate)}.`;
  return { text, tone: "calm" };
}

/** @type {Situation} */
export function counted(soFar) {
  const { run, policy } = soFar;
  if (policy && !isPerSecond(policy)) {
    return { text: `${latestPeriod(soFar, policy)}.`, tone: "calm" };
  }
  const isSent = (/** @type {RequestEvent} */ { what }) => what === "sent";
  const sent = eventsIn(run, soFar.last(1)).filter(isSent).length;
  const beside = besideTheQuota(soFar, sent);
  return {
    text: `${withCommas(sent)} sent in the last second${beside}.`,
    tone: "calm",
  };
}

/**
 * @param {RunSoFar} soFar
 * @param {number} rate A second.
 */
function besideTheQuota(soFar, rate) {
  const { policy } = soFar;
  if (!policy) return "";
  if (!isPerSecond(policy)) return `. ${latestPeriod(soFar, policy)}`;
  const unused = Math.floor(policy.rate - plainRate(rate));
  const left = unused > 0 ? `, ${withCommas(unused)} unused` : "";
  return `; ${withCommas(policy.rate)} allowed${left}`;
}

/** @param {QuotaPolicy} policy */
const isPerSecond = ({ period, tokens }) => period === 1 && !tokens;

/**
 * What came in the latest period, beside what is allowed.
 *
 * @param {RunSoFar} soFar
 * @param {QuotaPolicy} policy
 */
function latestPeriod({ run, time }, { period, rate, tokens }) {
  const came = withCommas(arrivalsIn(run, { from: time - period, to: time }));
  if (!tokens) return `${came} came in ${lastPeriod(period)}, ${areAllowed(rate)}`;
  const used = withCommas(levelAt(run.levels.tokens, time) ?? 0);
  const requests = `${came} of ${many(rate, "request")}`;
  const budget = `${used} of ${withCommas(tokens)} tokens`;
  return `In ${lastPeriod(period)}: ${requests}, ${budget}`;
}

/**
 * What slots that sleep again and again come to.
 *
 * @param {RunSoFar} soFar
 * @param {Sleepers} sleepers
 */
function lawOfSleepers(soFar, { count, pause }) {
  const { latency } = soFar;
  const each = `(${plainSeconds(latency)} each + ${plainSeconds(pause)} asleep)`;
  const rate = count / (plainTime(latency) + plainTime(pause));
  const law = `${many(count, "slot")} / ${each} = ${ratePerSecond(rate)}`;
  return `${law}${besideTheQuota(soFar, rate)}.`;
}

/**
 * @param {number} count How many slots sleep.
 * @param {number | undefined} limit
 */
function sleeping(count, limit) {
  const all = count === limit;
  if (count === 1) return `${all ? "The only" : "One"} slot sleeps: it sends nothing.`;
  const who = all ? `All ${count}` : withCommas(count);
  return `${who} slots sleep: a sleeping slot sends nothing.`;
}
