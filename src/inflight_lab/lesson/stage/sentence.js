// What one sentence says of a run at a time.  The first pattern that fits is
// taken; most of them are arithmetic.  Its words carry the colours of the dots.
//
// A pattern looks at what the run has met so far, and not at what a frame shows: so a
// sentence keeps its form for as long as the situation lasts.

import { pauseAt, whyFailed, whyRefused } from "./causes.js";
import { CONNECTED, seenAt } from "./motion.js";
import { inWords, secondsInWords, spanInWords } from "./quota.js";
import { ASLEEP_AFTER, isAsleep, levelAt, PAUSE } from "./run.js";
import {
  BEGINNING,
  counted,
  lasted,
  latencyInWords,
  lostOf,
  quotaInWords,
  ratedWords,
  usedShare,
} from "./sums.js";

/**
 * @import { Counts, Run, Setting } from "./run.js"
 *
 * @typedef {"out" | "answered" | "refused" | "failed" | "asleep" | "strong"} Look
 * @typedef {string | [text: string, look: Look]} Words
 *
 * @typedef {object} View What is known of a run at a time.
 * @property {Run} run
 * @property {number} time
 * @property {Setting} setting
 * @property {Counts} counts
 * @property {number | null} latency Of those that are out; null where it differs.
 *
 * @typedef {(view: View) => Words[] | null} Pattern
 */

/** So many that are stuck are worth a sentence. */
const MANY_STUCK = 5;

/** As many in flight have a connection each, in httpx and wherever a limit is lower. */
const CONNECTIONS = 100;

/** A spacing is the average of so many, so that it stands still. */
const MANY_GAPS = 40;

/** Of more gaps or pauses, the last so many count: each frame sorts them. */
const MOST_GAPS = 2000;

/** The longest spacing that is a pace, in seconds: others are just one by one. */
const LONGEST_GAP = 0.1;

/** Who keeps a pace has three of four gaps longer than this share of the average. */
const EVEN = 0.5;

/** What has just happened, in seconds of the run. */
const RECENT = 1;

/** @param {Run} run @param {number} time @returns {Words[]} */
export function sentenceAt(run, time) {
  const counts = seenAt(run, time);
  const setting = run.settingAt(time);
  const view = { run, time, setting, counts, latency: latencyAt(run, time) };
  const isOver = isDone(run, counts) || (!run.isLive && time >= run.now);
  const isPlanned = time < 0 || run.size === 0;
  const patterns = isPlanned ? [planned] : isOver ? OVER : UNDER_WAY;
  for (const pattern of patterns) {
    const words = pattern(view);
    if (words) return words;
  }
  return [""];
}

/** @param {Run} run @param {number} time */
function latencyAt(run, time) {
  const oldest = run.journeys.find(({ sent, ended }) => sent <= time && time < ended);
  const { latency } = run.settingAt(time);
  const before = run.settingAt(oldest?.sent ?? time).latency;
  return before === latency ? latency : null;
}

/**
 * One of two side by side may be done while the other goes on.  Where nobody counts
 * those that wait, who was refused may try again: all that were asked for are answered.
 *
 * @param {Run} run
 * @param {Counts} counts
 */
function isDone({ asked, knowsWaiting, size }, { sent, waiting, inFlight, answered }) {
  if (inFlight > 0) return false;
  if (!knowsWaiting) return asked > 0 && answered >= asked;
  return sent >= size && waiting === 0;
}

/** @type {Pattern[]} */
const UNDER_WAY = [
  notYet,
  stuck,
  nobodySends,
  tail,
  asleep,
  paused,
  paced,
  flowing,
];

/** @type {Pattern[]} */
const OVER = [allAnswered, retried, mixed];

/** @type {Pattern} */
function planned({ run, setting }) {
  if (run.size === 0) return ["Nothing has been sent yet."];
  const { manner, limit, quota } = setting;
  const allowed = quota ? ` The API allows ${quotaInWords(quota)}.` : "";
  const count = run.asked || (run.isLive ? 0 : run.size); // over: it is known
  const some = count ? `${inWords(count)} request${count > 1 ? "s" : ""}` : "Requests";
  const requests = run.asked ? some : `${some} to come`;
  if (manner === "paced") return [`${requests}, at a steady pace.${allowed}`];
  if (limit === null) {
    return [`${requests}${run.isUnlimited ? ", all at once" : ""}.${allowed}`];
  }
  const pause = manner === "pause" ? ", with a pause" : "";
  return [`${requests}, at most ${limit} in flight${pause}.${allowed}`];
}

/** @type {Pattern} */
function notYet(view) {
  return view.run.sent.upTo(view.time - BEGINNING) ? null : planned(view);
}

/** @type {Pattern} */
function stuck({ run, time, setting, counts }) {
  if (setting.limit !== null && counts.inFlight <= CONNECTIONS) return null;
  if (counts.refused) return null; // that is the news
  const long = run.sent.upTo(time - setting.way - CONNECTED) - run.reached.upTo(time);
  if (long < MANY_STUCK) return null;
  const stuck = counted(counts.notArrived, "out", "wait inside the client");
  return [stuck, ": it has no connection left."];
}

/** @type {Pattern} */
function nobodySends({ run, time, counts }) {
  if (!pauseAt(run, time)) return null;
  return ["Nobody sends: after ", counted(counts.refused, "refused"), ", all wait."];
}

/** @type {Pattern} */
function tail({ run, counts }) {
  const { waiting, inFlight, sent, refused, failed } = counts;
  if (!run.knowsWaiting || waiting || sent < run.size) return null;
  if (inFlight === run.size) return null;
  const isWall = run.isUnlimited && (refused || failed); // that is the news
  if (inFlight === 0 || isWall) return null;
  const verb = inFlight === 1 ? "one is" : `${inWords(inFlight)} are`;
  return ["The last ", [verb, "out"], " still out", ...lostOf(counts), "."];
}

/**
 * Before it is known for how long.
 *
 * @type {Pattern}
 */
function asleep(view) {
  const { run, time, counts: { inFlight } } = view;
  const sleeping = run.holds.filter((each) => {
    const hold = each.at(time);
    return hold !== undefined && isAsleep(hold, time);
  }).length;
  if (sleeping === 0 || pausesAt(view).length > 0) return null;
  const out = counted(inFlight, "out", "in flight");
  return [out, ", ", counted(sleeping, "asleep"), " after the answer."];
}

/** @type {Pattern} */
function paused(view) {
  const { run, setting: { limit }, latency } = view;
  const pauses = pausesAt(view);
  if (pauses.length === 0) return null;
  const pause = medianOf(pauses);
  if (pause <= ASLEEP_AFTER || limit === null || latency === null) return null;
  const slots = Math.min(limit, run.size);
  const rate = slots / (latency + pause);
  return [
    [`${slots} slots`, "out"],
    ` / (${latencyInWords(latency)} + `,
    [`${secondsInWords(pause)} asleep`, "asleep"],
    ") = ",
    ...ratedWords(view, rate),
  ];
}

/** For how long slots are kept after their answers, so far. @param {View} view */
function pausesAt({ run, time, setting: { manner } }) {
  if (manner === "pause") return [PAUSE];
  const most = Math.ceil(MOST_GAPS / run.holds.length);
  return run.holds.flatMap(({ list }) =>
    list
      .filter(({ until, last }) => last && until <= time)
      .slice(-most)
      .map(({ until, last }) => Math.max(0, until - (last?.ended ?? until)))
  );
}

/** @param {number[]} values */
function medianOf(values) {
  return values.toSorted((one, other) => one - other)[values.length >> 1];
}

/** @type {Pattern} */
function paced(view) {
  const { run, time, setting: { manner } } = view;
  const times = run.sent.between(-Infinity, time).slice(-MOST_GAPS - 1);
  const isPaced = manner === "paced" || (!isSlotBound(view) && isEven(times, time));
  if (!isPaced) return null;
  const last = times.slice(-MANY_GAPS - 1);
  const spacing = (last[last.length - 1] - last[0]) / (last.length - 1);
  if (!(spacing > 0)) return null;
  return [
    "One every ",
    [secondsInWords(spacing), "out"],
    " = ",
    ...ratedWords(view, 1 / spacing),
  ];
}

/**
 * Whether requests have left evenly: who sends a burst has short gaps, and then
 * a long one.
 *
 * @param {number[]} times
 * @param {number} now
 */
function isEven(times, now) {
  const lasted = now - times[0];
  const average = lasted / times.length;
  if (average > LONGEST_GAP || lasted < RECENT / 2) return false;
  const gaps = times.slice(1).map((each, index) => each - times[index]);
  gaps.sort((one, other) => one - other);
  return gaps[Math.floor(gaps.length / 4)] > EVEN * average;
}

/** Whether the slots keep it below the quota. @param {View} view */
function isSlotBound({ setting: { limit, quota }, latency }) {
  if (limit === null || latency === null || !quota) return false;
  return Math.round(limit / latency * quota.period) < quota.rate;
}

/** @type {Pattern} */
function flowing(view) {
  const { run, setting: { limit, quota }, counts, latency, time } = view;
  const { inFlight, answered, refused, failed } = counts;
  const out = counted(inFlight, "out", "in flight");
  if (limit !== null && latency && !isKeptBack(view)) {
    const rated = ratedWords(view, inFlight / latency);
    return [out, ` / ${latencyInWords(latency)} = `, ...rated];
  }
  const isNews = refused > 0 || failed > 0;
  if (limit === null && isNews) return [out, ...lostOf(counts), ...whyOf(view)];
  if (run.isUnlimited) return [out, ", all at once."];
  if (!answered && !run.sent.upTo(time - RECENT / 2)) return planned(view);
  const period = quota?.period ?? 1;
  const sent = inWords(run.sent.within(time - period, time));
  return [out, `, ${sent} sent in ${spanInWords(period)}.`];
}

/**
 * Whether something else than the limit keeps requests back, so that there is no sum.
 *
 * @param {View} view
 */
function isKeptBack({ run, time, setting: { limit }, counts: { waiting, inFlight } }) {
  if (inFlight === 0) return true;
  const lately = [0, RECENT / 2, RECENT].map((ago) => levelAt(run, time - ago));
  return waiting > 0 && Math.max(...lately) < (limit ?? 0);
}

/** @type {Pattern} */
function allAnswered({ run, counts, setting }) {
  const { answered, refused, failed, cancelled } = counts;
  if (refused || failed || cancelled || !answered) return null;
  const took = lasted(run);
  const inTime = ` in ${secondsInWords(took)}`;
  if (answered === 1) return [["Answered", "answered"], `${inTime}.`];
  const all = /** @type {Words} */ ([`All ${inWords(answered)} answered`, "answered"]);
  const share = usedShare(run, setting.quota);
  const used = share === null ? "." : `: ${share} % of the quota.`;
  return [all, inTime + used];
}

/** @type {Pattern} */
function retried(view) {
  const { run, counts: { answered, refused, failed } } = view;
  const tries = refused + failed;
  if (!run.asked || answered < run.asked || !tries) return null;
  return [
    [`All ${inWords(answered)} answered`, "answered"],
    `, after ${inWords(tries)} more `,
    [tries === 1 ? "try" : "tries", refused ? "refused" : "failed"],
    ...whyOf(view),
  ];
}

/** @type {Pattern} */
function mixed(view) {
  const { run, counts } = view;
  const { sent, answered, cancelled } = counts;
  const after = `Stopped after ${secondsInWords(run.now)}: `;
  const came = run.asked ? "" : `${inWords(sent)} came: `; // tries, perhaps
  const begin = run.wasStopped && cancelled ? after : came;
  const words = [begin, counted(answered, "answered"), ...lostOf(counts)];
  if (cancelled) return [...words, `, ${inWords(cancelled)} cancelled.`];
  return [...words, ...whyOf(view)];
}

/** Why requests were lost, as far as a page knows. @param {View} view */
function whyOf({ run, time, counts }) {
  const why = counts.refused ? whyRefused(run, time) : whyFailed(run, time);
  return [why ? `: ${why}.` : "."];
}
