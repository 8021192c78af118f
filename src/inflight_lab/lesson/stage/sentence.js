// What one sentence says of a run at a time: a table from facts to words.  The first row
// whose facts are true is taken; most of them are arithmetic.  Its words carry the
// colours of the dots.

import { factsOf, viewAt } from "./facts.js";
import { inWords, secondsInWords, spanInWords } from "./quota.js";
import { ASLEEP_AFTER } from "./run.js";
import { counted, latencyInWords, lostOf, quotaInWords, ratedWords } from "./sums.js";

/**
 * @import { Facts } from "./facts.js"
 * @import { Run } from "./run.js"
 *
 * @typedef {"out" | "answered" | "refused" | "failed" | "asleep" | "strong"} Look
 * @typedef {string | [text: string, look: Look]} Words
 *
 * @typedef {[isTrue: (facts: Facts) => unknown, words: (facts: Facts) => Words[]]} Row
 */

/** @param {Run} run @param {number} time @returns {Words[]} */
export function sentenceAt(run, time) {
  return wordsFor(factsOf(viewAt(run, time)));
}

/** @param {Facts} facts @returns {Words[]} */
export function wordsFor(facts) {
  const row = SENTENCES.find(([isTrue]) => isTrue(facts));
  return row ? row[1](facts) : [""];
}

/** @type {Row[]} */
const SENTENCES = [
  [(its) => its.phase === "before", planned],
  [(its) => its.phase === "over" && isAllAnswered(its), allAnswered],
  [(its) => its.phase === "over", mixed],
  [(its) => its.stuck > 0 && !its.counts.refused, stuck],
  [(its) => its.isGated, nobodySends],
  [(its) => its.isTail && !(its.isUnlimited && isLossy(its)), tail],
  [(its) => its.sleeping > 0 && its.pause === null, asleep],
  [(its) => hasSum(its) && (its.pause ?? 0) > ASLEEP_AFTER, paused],
  [(its) => its.manner === "paced" && its.spacing !== null, paced],
  [(its) => !its.isBelowQuota && its.spacing !== null, paced],
  [(its) => hasSum(its) && its.latency && its.isFull, limited],
  [(its) => its.limit === null && (its.isUnlimited || isLossy(its)), unlimited],
  [(its) => its.isFresh, planned],
  [() => true, flowing],
];

/** Some got no answer: that is the news. @param {Facts} facts */
function isLossy({ counts: { refused, failed } }) {
  return refused > 0 || failed > 0;
}

/** Whether a rate follows from limit and latency. @param {Facts} facts */
function hasSum({ limit, latency }) {
  return limit !== null && latency !== null;
}

/** At the first try, or with more. @param {Facts} facts */
function isAllAnswered(facts) {
  const { asked, counts: { answered, cancelled } } = facts;
  if (isLossy(facts)) return asked > 0 && answered >= asked;
  return answered > 0 && !cancelled;
}

/** @param {Facts} facts @returns {Words[]} */
function planned({ size, asked, isLive, isUnlimited, manner, limit, quota }) {
  if (size === 0) return ["Nothing has been sent yet."];
  const allowed = quota ? ` The API allows ${quotaInWords(quota)}.` : "";
  const count = asked || (isLive ? 0 : size); // over: it is known
  const some = count ? `${inWords(count)} request${count > 1 ? "s" : ""}` : "Requests";
  const requests = asked ? some : `${some} to come`;
  if (manner === "paced") return [`${requests}, at a steady pace.${allowed}`];
  if (limit === null) {
    return [`${requests}${isUnlimited ? ", all at once" : ""}.${allowed}`];
  }
  const pause = manner === "pause" ? ", with a pause" : "";
  return [`${requests}, at most ${limit} in flight${pause}.${allowed}`];
}

/** @param {Facts} facts @returns {Words[]} */
function stuck(facts) {
  const some = counted(facts.stuck, "out", "wait inside the client");
  return [some, ": it has no connection left."];
}

/** @param {Facts} facts @returns {Words[]} */
function nobodySends({ counts }) {
  return ["Nobody sends: after ", counted(counts.refused, "refused"), ", all wait."];
}

/** @param {Facts} facts @returns {Words[]} */
function tail({ counts }) {
  const { inFlight } = counts;
  const verb = inFlight === 1 ? "one is" : `${inWords(inFlight)} are`;
  return ["The last ", [verb, "out"], " still out", ...lostOf(counts), "."];
}

/** Before it is known for how long. @param {Facts} facts @returns {Words[]} */
function asleep({ counts, sleeping }) {
  const out = counted(counts.inFlight, "out", "in flight");
  return [out, ", ", counted(sleeping, "asleep"), " after the answer."];
}

/** @param {Facts} facts @returns {Words[]} */
function paused(facts) {
  const { limit, size } = facts;
  const slots = Math.min(limit ?? size, size);
  const latency = facts.latency ?? 0;
  const pause = facts.pause ?? 0;
  return [
    [`${slots} slots`, "out"],
    ` / (${latencyInWords(latency)} + `,
    [`${secondsInWords(pause)} asleep`, "asleep"],
    ") = ",
    ...ratedWords(facts, slots / (latency + pause)),
  ];
}

/** @param {Facts} facts @returns {Words[]} */
function paced(facts) {
  const spacing = facts.spacing ?? 0;
  return [
    "One every ",
    [secondsInWords(spacing), "out"],
    " = ",
    ...ratedWords(facts, 1 / spacing),
  ];
}

/** @param {Facts} facts @returns {Words[]} */
function limited(facts) {
  const latency = facts.latency ?? 0;
  const { inFlight } = facts.counts;
  const out = counted(inFlight, "out", "in flight");
  const rated = ratedWords(facts, inFlight / latency);
  return [out, ` / ${latencyInWords(latency)} = `, ...rated];
}

/** @param {Facts} facts @returns {Words[]} */
function unlimited(facts) {
  const out = counted(facts.counts.inFlight, "out", "in flight");
  if (isLossy(facts)) return [out, ...lostOf(facts.counts), ...causeOf(facts)];
  return [out, ", all at once."];
}

/** @param {Facts} facts @returns {Words[]} */
function flowing({ counts, sentLately, quota }) {
  const out = counted(counts.inFlight, "out", "in flight");
  const span = spanInWords(quota?.period ?? 1);
  return [out, `, ${inWords(sentLately)} sent in ${span}.`];
}

/** @param {Facts} facts @returns {Words[]} */
function allAnswered(facts) {
  const { counts: { answered, refused, failed }, took, share } = facts;
  const all = counted(answered, "answered");
  if (isLossy(facts)) {
    const tries = refused + failed;
    return [
      [`All ${all[0]}`, "answered"],
      `, after ${inWords(tries)} more `,
      [tries === 1 ? "try" : "tries", refused ? "refused" : "failed"],
      ...causeOf(facts),
    ];
  }
  const inTime = ` in ${secondsInWords(took)}`;
  if (answered === 1) return [["Answered", "answered"], `${inTime}.`];
  const used = share === null ? "." : `: ${share} % of the quota.`;
  return [[`All ${all[0]}`, "answered"], inTime + used];
}

/** @param {Facts} facts @returns {Words[]} */
function mixed(facts) {
  const { asked, counts, wasStopped, now } = facts;
  const { sent, answered, cancelled } = counts;
  const after = `Stopped after ${secondsInWords(now)}: `;
  const came = asked ? "" : `${inWords(sent)} came: `; // tries, perhaps
  const begin = wasStopped && cancelled ? after : came;
  const words = [begin, counted(answered, "answered"), ...lostOf(counts)];
  if (cancelled) return [...words, `, ${inWords(cancelled)} cancelled.`];
  return [...words, ...causeOf(facts)];
}

/** As far as a page knows. @param {Facts} facts */
function causeOf({ why }) {
  return [why ? `: ${why}.` : "."];
}
