// What a view says of a run that is over: how it ended, and why.

import { howMany } from "../outcomes.js";
import {
  areAllowed,
  grouped,
  inOnePeriod,
  many,
  plainSeconds,
  ratePerSecond,
} from "../words.js";
import { busiest, whyFailed, whyRefused } from "./causes.js";
import { extremes } from "../spans.js";

/** A rate is not worth a word if it was measured for fewer seconds. */
const MEANINGFUL = 0.5;

/**
 * @import { Moment, Sentence, Situation } from "./moment.js"
 */

/** @type {Situation} */
function nothingSent({ run, counts }) {
  if (counts.started) return null;
  return { text: run.now ? "Nothing was sent." : "Not run yet.", tone: "calm" };
}

/** @type {Situation} */
function stopped(moment) {
  const { counts } = moment;
  if (!counts.cancelled) return null;
  const neverSent = moment.endings("cancelled")
    .filter(({ request }) => request === null)
    .reduce((sum, event) => sum + howMany(event), 0);
  const parts = [`${grouped(counts.accepted)} answered`];
  if (counts.refused) parts.push(`${grouped(counts.refused)} refused${why(moment)}`);
  if (counts.failed) parts.push(`${grouped(counts.failed)} failed`);
  const givenUp = counts.cancelled - neverSent;
  if (givenUp) parts.push(`${grouped(givenUp)} given up in flight`);
  if (neverSent) parts.push(`${grouped(neverSent)} never sent`);
  const text = `Stopped after ${took(moment)}: ${parts.join(", ")}.`;
  return { text, tone: toneOf(moment) };
}

/** @type {Situation} */
function allAnsweredInTheEnd(moment) {
  const { accepted, refused, failed } = moment.counts;
  const troubles = refused + failed;
  if (!troubles || !moment.announced || accepted < moment.announced) return null;
  const noun = refused >= failed ? "refusal" : "failure";
  const why = because(refused >= failed ? whyRefused(moment) : whyFailed(moment));
  const after = `after ${many(Math.max(refused, failed), noun)}${why}`;
  const text = `${all(accepted)} answered in ${took(moment)}, ${after}.`;
  return { text, tone: toneOf(moment) };
}

/** @type {Situation} */
function failed(moment) {
  const { counts } = moment;
  if (!counts.failed || counts.failed < counts.refused) return null;
  const who = share(counts.failed, counts.started);
  const others = also(counts.refused, "refused");
  return {
    text: `${who} failed${because(whyFailed(moment))}.${others}`,
    tone: "failed",
  };
}

/** @type {Situation} */
function refused(moment) {
  const { counts } = moment;
  if (!counts.refused) return null;
  const who = share(counts.refused, counts.started);
  const others = also(counts.failed, "failed");
  const text = `${who} refused${because(whyRefused(moment))}.${others}`;
  return { text, tone: "refused" };
}

/** @type {Situation} */
function open(moment) {
  const { started, accepted } = moment.counts;
  if (accepted === started) return null;
  const rest = `${grouped(started - accepted)} without an answer`;
  return { text: `${grouped(accepted)} answered, ${rest}.`, tone: "calm" };
}

/** @type {Situation} */
function answered(moment) {
  const { accepted } = moment.counts;
  const text = `${all(accepted)} answered in ${took(moment)}${paceInWords(moment)}.`;
  return { text, tone: "calm" };
}

/** What is said of a run that is over: the first that applies. */
export const WHEN_OVER = [
  nothingSent,
  stopped,
  allAnsweredInTheEnd,
  failed,
  refused,
  open,
  answered,
];

/**
 * How fast it went, and what was allowed.
 *
 * @param {Moment} moment
 */
function paceInWords(moment) {
  const { policy, counts } = moment;
  const took = elapsed(moment);
  if (counts.accepted < 2) return "";
  const rate = counts.accepted / took;
  if (!policy && took < MEANINGFUL) return "";
  if (!policy) return `: ${ratePerSecond(rate)}`;
  const tokens = tokensInWords(moment, policy);
  if (tokens) return tokens;
  if (policy.period === 1 && took >= 1 && rate <= policy.rate) {
    return `: ${ratePerSecond(rate)} of the ${grouped(policy.rate)} allowed`;
  }
  const most = `${grouped(busiest(moment, policy))} came ${inOnePeriod(policy.period)}`;
  return `: at most ${most}, ${areAllowed(policy.rate)}`;
}

/**
 * Which of the two limits was the nearer one; "" if no tokens were counted.
 *
 * @param {Moment} moment
 * @param {import("../run.js").QuotaPolicy} policy
 */
function tokensInWords(moment, policy) {
  const { highest } = extremes(moment.run.levels.tokens, moment.whole);
  if (!policy.tokens || !highest) return "";
  const tokens = `${grouped(highest)} of ${grouped(policy.tokens)} tokens`;
  const requests = `${grouped(busiest(moment, policy))} of ${
    many(policy.rate, "request")
  }`;
  return `: at most ${tokens} and ${requests} ${inOnePeriod(policy.period)}`;
}

/** @param {Moment} moment */
const took = (moment) => plainSeconds(elapsed(moment));

/**
 * Seconds from the first request to the last answer.
 *
 * @param {Moment} moment
 */
const elapsed = ({ run }) => run.counts.elapsed || run.now;

/**
 * @param {number} count
 * @param {string} fate
 */
const also = (count, fate) => (count ? ` ${grouped(count)} ${fate}.` : "");

/** @param {string} why */
const because = (why) => (why ? `: ${why}` : "");

/**
 * Why requests were refused, in brackets.
 *
 * @param {Moment} moment
 */
function why(moment) {
  const reason = whyRefused(moment);
  return reason && ` (${reason})`;
}

/** @param {number} number */
const all = (number) => (number === 1 ? "1 request" : `All ${grouped(number)}`);

/**
 * @param {number} part
 * @param {number} whole
 */
function share(part, whole) {
  return part === whole ? all(whole) : `${grouped(part)} of ${grouped(whole)}`;
}

/** @param {Moment} moment */
function toneOf({ counts }) {
  if (counts.failed > counts.refused) return "failed";
  return counts.refused ? "refused" : "calm";
}
