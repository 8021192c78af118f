// What a view says of a run that goes well: how fast it is, and what the quota leaves.

import { levelAt } from "../run.js";
import { arrivalsIn, busiestPeriod, eventsIn, extremes, meanLevel } from "../spans.js";
import {
  areAllowed,
  grouped,
  inOnePeriod,
  lastPeriod,
  many,
  plainRate,
  plainSeconds,
  plainTime,
  ratePerSecond,
} from "../words.js";
import { STILL_RECENT } from "./moment.js";
import { sleepersIn } from "./sleepers.js";

/** The quota is nearly used from this share on. */
const NEARLY = 0.9;

/** A number in flight may be rounded to an integer if that changes it by less than this. */
const ROUNDING = 0.15;

/**
 * @import { QuotaPolicy } from "../run.js"
 * @import { Moment, Situation } from "./moment.js"
 */

/** @type {Situation} */
export function asleep(moment) {
  const { run, limit, counts } = moment;
  const lately = moment.last(STILL_RECENT);
  const half = (limit ?? 0) / 2;
  if (limit && extremes(run.levels.client, lately).lowest > half) return null;
  const { count, pause } = sleepersIn(run, lately);
  const latency = moment.latency;
  if (!count || !latency || count < half) return null;
  if (!counts.waiting || !pause) return { text: sleeping(count, limit), tone: "calm" };
  const each = `(${plainSeconds(latency)} each + ${plainSeconds(pause)} asleep)`;
  const rate = count / (plainTime(latency) + plainTime(pause));
  const law = `${many(count, "slot")} / ${each} = ${ratePerSecond(rate)}`;
  return { text: `${law}${besideTheQuota(moment, rate)}.`, tone: "calm" };
}

/** @type {Situation} */
export function tokensNearlyUsed(moment) {
  const { run, policy } = moment;
  if (!policy?.tokens) return null;
  const { highest } = extremes(run.levels.tokens, moment.last(1));
  if (highest < NEARLY * policy.tokens) return null;
  const used = `${grouped(highest)} of ${grouped(policy.tokens)} tokens were used`;
  const text = `${used} ${inOnePeriod(policy.period)}: hardly any are left.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
export function nearlyFull(moment) {
  const { run, policy } = moment;
  if (!policy) return null;
  const { rate, period } = policy;
  const came = busiestPeriod(run, moment.last(STILL_RECENT), period);
  if (came < NEARLY * rate) return null;
  const inOne = `${grouped(came)} came ${inOnePeriod(period)}`;
  const left = came === rate ? "fully" : "nearly";
  const text = came > rate
    ? `${inOne}, more than the ${grouped(rate)} allowed: none refused so far.`
    : `${inOne}, ${areAllowed(rate)}: the quota is ${left} used.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
export function steady(moment) {
  const inFlight = meanLevel(moment.ownLevel, moment.last(1));
  const shown = Math.round(inFlight);
  const latency = moment.latency;
  if (!shown || !latency || moment.policy?.tokens) return null;
  if (Math.abs(inFlight - shown) > ROUNDING * inFlight) return null;
  const rate = shown / plainTime(latency);
  const law = `${grouped(shown)} in flight / ${plainSeconds(latency)} each`;
  const text = `${law} = ${ratePerSecond(rate)}${besideTheQuota(moment, rate)}.`;
  return { text, tone: "calm" };
}

/** @type {Situation} */
export function counted(moment) {
  const { run, policy } = moment;
  if (policy && !isPerSecond(policy)) {
    return { text: `${latestPeriod(moment, policy)}.`, tone: "calm" };
  }
  const sent =
    eventsIn(run, moment.last(1)).filter(({ what }) => what === "sent").length;
  const text = `${grouped(sent)} sent in the last second${
    besideTheQuota(moment, sent)
  }.`;
  return { text, tone: "calm" };
}

/**
 * @param {Moment} moment
 * @param {number} rate A second.
 */
function besideTheQuota(moment, rate) {
  const { policy } = moment;
  if (!policy) return "";
  if (!isPerSecond(policy)) return `. ${latestPeriod(moment, policy)}`;
  const unused = Math.floor(policy.rate - plainRate(rate));
  const left = unused > 0 ? `, ${grouped(unused)} unused` : "";
  return `; ${grouped(policy.rate)} allowed${left}`;
}

/** @param {QuotaPolicy} policy */
const isPerSecond = ({ period, tokens }) => period === 1 && !tokens;

/**
 * What came in the latest period, beside what is allowed.
 *
 * @param {Moment} moment
 * @param {QuotaPolicy} policy
 */
function latestPeriod({ run, time }, { period, rate, tokens }) {
  const came = grouped(arrivalsIn(run, { from: time - period, to: time }));
  const inThe = `n ${lastPeriod(period)}`;
  if (!tokens) return `${came} came i${inThe}, ${areAllowed(rate)}`;
  const used = `${grouped(levelAt(run.levels.tokens, time) ?? 0)} of ${
    grouped(tokens)
  }`;
  return `I${inThe}: ${came} of ${many(rate, "request")}, ${used} tokens`;
}

/**
 * @param {number} count How many slots sleep.
 * @param {number | undefined} limit
 */
function sleeping(count, limit) {
  const all = count === limit;
  if (count === 1) return `${all ? "The only" : "One"} slot sleeps: it sends nothing.`;
  const who = all ? `All ${count}` : grouped(count);
  return `${who} slots sleep: a sleeping slot sends nothing.`;
}
