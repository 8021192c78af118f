// What a view says of a run that is over: how it ended, and why.

import { many, plainSeconds, withCommas } from "../words.js";
import { whyFailed, whyRefused } from "./causes.js";
import { neverSent } from "./never_sent.js";
import { overallPace } from "./overall_pace.js";

/**
 * @import { RunSoFar, Situation } from "./run_so_far.js"
 */

/** @type {Situation} */
function nothingSent({ run, counts }) {
  if (counts.started) return null;
  return { text: run.now ? "Nothing was sent." : "Not run yet.", tone: "calm" };
}

/** @type {Situation} */
function stopped(soFar) {
  const { run, counts } = soFar;
  if (!run.stopped) return null;
  const unsent = neverSent(run.events);
  const parts = [
    `${withCommas(counts.accepted)} answered`,
    part(counts.refused, `refused${inBrackets(whyRefused(soFar))}`),
    part(counts.failed, "failed"),
    part(counts.cancelled - unsent, "given up in flight"),
    part(unsent, "never sent"),
  ];
  const ends = parts.filter((each) => each).join(", ");
  return { text: `Stopped after ${took(soFar)}: ${ends}.`, tone: toneOf(soFar) };
}

/** @type {Situation} */
function allAnsweredInTheEnd(soFar) {
  const { counts } = soFar;
  const isTroubled = counts.refused > 0 || counts.failed > 0;
  const { announced } = counts;
  if (!isTroubled || !announced || counts.accepted < announced) return null;
  const answered = `${all(counts.accepted)} answered in ${took(soFar)}`;
  return { text: `${answered}, after ${troubles(soFar)}.`, tone: toneOf(soFar) };
}

/** @type {Situation} */
function failed(soFar) {
  const { counts } = soFar;
  if (!counts.failed || counts.failed < counts.refused) return null;
  const who = outOf(counts.failed, counts.started);
  const others = also(counts.refused, "refused") + givenUp(soFar);
  const text = `${who} failed${because(whyFailed(soFar))}.${others}`;
  return { text, tone: "failed" };
}

/** @type {Situation} */
function refused(soFar) {
  const { counts } = soFar;
  if (!counts.refused) return null;
  const who = outOf(counts.refused, counts.started);
  const others = also(counts.failed, "failed") + givenUp(soFar);
  const text = `${who} refused${because(whyRefused(soFar))}.${others}`;
  return { text, tone: "refused" };
}

/** @type {Situation} */
function someUnanswered({ run, counts }) {
  const { started, accepted, cancelled } = counts;
  if (accepted === started) return null;
  const unsent = neverSent(run.events);
  const parts = [
    `${withCommas(accepted)} answered`,
    part(cancelled - unsent, "cancelled"),
    part(unsent, "never sent"),
    part(started - accepted - cancelled, "without an answer"),
  ];
  const text = `${parts.filter((each) => each).join(", ")}.`;
  return { text, tone: "calm" };
}

/** @type {Situation} */
function allAnswered(soFar) {
  const { accepted } = soFar.counts;
  const text = `${all(accepted)} answered in ${took(soFar)}${overallPace(soFar)}.`;
  return { text, tone: "calm" };
}

/** What is said of a run that is over: the first that applies. */
export const WHEN_OVER = [
  nothingSent,
  stopped,
  allAnsweredInTheEnd,
  failed,
  refused,
  someUnanswered,
  allAnswered,
];

/**
 * What went wrong most often on the way, and why.
 *
 * @param {RunSoFar} soFar
 */
function troubles(soFar) {
  const { counts } = soFar;
  if (counts.refused >= counts.failed) {
    return many(counts.refused, "refusal") + because(whyRefused(soFar));
  }
  return many(counts.failed, "failure") + because(whyFailed(soFar));
}

/** @param {RunSoFar} soFar */
const took = ({ elapsed }) => plainSeconds(elapsed);

/**
 * @param {number} count
 * @param {string} fate
 */
const part = (count, fate) => (count ? `${withCommas(count)} ${fate}` : "");

/**
 * @param {number} count
 * @param {string} fate
 */
const also = (count, fate) => (count ? ` ${withCommas(count)} ${fate}.` : "");

/** @param {RunSoFar} soFar */
function givenUp({ run, counts }) {
  const unsent = neverSent(run.events);
  return also(counts.cancelled - unsent, "cancelled") + also(unsent, "never sent");
}

/** @param {string} why */
const because = (why) => (why ? `: ${why}` : "");

/** @param {string} why */
const inBrackets = (why) => (why ? ` (${why})` : "");

/** @param {number} number */
const all = (number) => (number === 1 ? "1 request" : `All ${withCommas(number)}`);

/**
 * @param {number} count
 * @param {number} whole
 */
function outOf(count, whole) {
  return count === whole ? all(whole) : `${withCommas(count)} of ${withCommas(whole)}`;
}

/** @param {RunSoFar} soFar */
function toneOf({ counts }) {
  if (counts.failed > counts.refused) return "failed";
  return counts.refused ? "refused" : "calm";
}
