// What one sentence says of a run at a time.  The first pattern that fits is
// taken; most of them are arithmetic.  Its words carry the colours of the dots.
//
// A pattern looks at what the run has met so far, and not at what a frame shows: so a
// sentence keeps its form for as long as the situation lasts.

import { busiest, everyInWords, pauseAt, whyFailed, whyRefused } from "./causes.js";
import { CONNECTED, seenAt } from "./motion.js";
import { inWords, secondsInWords, spanInWords } from "./quota.js";
import { ASLEEP_AFTER, isAsleep, levelAt, PAUSE } from "./run.js";

/**
 * @import { Counts, Quota, Run, Setting } from "./run.js"
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

/** A run has begun when the first are all on their way, in seconds. */
const BEGINNING = 0.1;

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
function asleep({ run, time, counts: { inFlight } }) {
  const sleeping = run.holds.filter((each) => {
    const hold = each.at(time);
    return hold !== undefined && isAsleep(hold, time);
  }).length;
  if (sleeping === 0) return null;
  const out = counted(inFlight, "out", "in flight");
  return [out, ", ", counted(sleeping, "asleep"), " after the answer."];
}

/** @type {Pattern} */
function paused(view) {
  const { time, run, setting: { manner, limit }, latency } = view;
  const known = manner === "pause" ? [PAUSE] : pausesAt(run, time);
  if (known.length === 0) return asleep(view);
  const pause = medianOf(known);
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

/**
 * For how long slots were kept after their answers, so far.
 *
 * @param {Run} run
 * @param {number} time
 */
function pausesAt(run, time) {
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
  if (last.length < 2) return null;
  const spacing = (last[last.length - 1] - last[0]) / (last.length - 1);
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
  if (limit !== null && latency !== null && !isKeptBack(view)) {
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

/** From the first that was sent to the last that was back. @param {Run} run */
function lasted({ ends, sent }) {
  const last = Object.values(ends).map((each) => each.lastUpTo(Infinity));
  return Math.max(0, ...last) - (sent.list[0] ?? 0);
}

/**
 * The answers, divided by what was allowed until the last request left, in percent; if
 * more were sent, by those.  The scoreboard's share is less than 1 % from it.
 *
 * @param {Run} run All are answered.
 * @param {Quota | null} quota
 */
function usedShare({ ends, sent }, quota) {
  if (!quota) return null;
  const { rate, period } = quota;
  const leaving = sent.lastUpTo(Infinity) - (sent.list[0] ?? 0);
  const evenly = 1 + rate * leaving / period; // the first leaves at once
  const most = Math.max(sent.upTo(Infinity), rate, evenly);
  const share = ends.answered.upTo(Infinity) / most;
  return share < 1 ? Math.min(99, Math.round(100 * share)) : 100;
}

/**
 * A number in the colour of its dots.
 *
 * @param {number} count
 * @param {Look} look
 * @param {string} [words]
 * @returns {Words}
 */
function counted(count, look, words = look) {
  return [`${inWords(count)} ${words}`, look];
}

/** Those that got no answer. @param {Counts} counts @returns {Words[]} */
function lostOf({ refused, failed }) {
  return [
    ...(refused ? [", ", counted(refused, "refused")] : []),
    ...(failed ? [", ", counted(failed, "failed")] : []),
  ];
}

/**
 * A rate, beside what is allowed and what has come of it.
 *
 * @param {View} view
 * @param {number} perSecond
 * @returns {Words[]}
 */
function ratedWords(view, perSecond) {
  const { setting: { quota } } = view;
  const period = quota?.period ?? 1;
  const rate = perSecond * period;
  const rated = `${inWords(rate)} ${perInWords(period)}`;
  const rest = quota
    ? besideAllowed(view, quota, Math.round(rate))
    : newsOfLosses(view);
  return [[rated, "strong"], ...rest, "."];
}

/** What was lost where nobody knows what is allowed. @param {View} view */
function newsOfLosses({ run, time, counts: { refused, failed } }) {
  if (refused) return ["; ", counted(refused, "refused")];
  if (failed) return ["; ", counted(failed, "failed"), `: ${whyFailed(run, time)}`];
  return [];
}

/**
 * @param {View} view
 * @param {Quota} quota
 * @param {number} rate Requests in its period.
 * @returns {Words[]}
 */
function besideAllowed(view, quota, rate) {
  const { run, time, setting, counts: { refused, failed } } = view;
  if (!refused && failed) return newsOfLosses(view);
  const allowed = quota.shape === "spacing" ? everyInWords(quota) : inWords(quota.rate);
  const isTooFast = rate > quota.rate || quota.shape === "spacing";
  const bad = counted(refused, "refused");
  if (refused && isTooFast) return [`; ${allowed} allowed, `, bad];
  const since = heldSince(setting);
  if (refused && run.turned.within(since, time)) {
    const most = busiest(run, quota.period, since, time);
    const isBurst = quota.shape === "window" && most > quota.rate;
    if (!isBurst) return ["; ", bad, `: ${whyRefused(run, time, since)}`];
    return [`, ${inWords(most)} in the busiest; ${allowed} allowed, `, bad];
  }
  const unused = quota.rate - rate; // so that the sum is right
  const isUnused = unused > 1 && !isTooFast;
  return [`; ${allowed} allowed${isUnused ? `, ${unused} unused` : ""}`];
}

/**
 * Since when refusals are those of what is set now: what was sent before counts for one
 * more period.
 *
 * @param {Setting} setting
 */
function heldSince({ time, quota }) {
  return time + Math.min(time, quota?.period ?? 0) - BEGINNING;
}

/** @param {Quota} quota */
function quotaInWords(quota) {
  const { shape, rate, period } = quota;
  if (shape === "spacing") return everyInWords(quota);
  return `${inWords(rate)} ${perInWords(period)}`;
}

/** As it was set, so that the sum is right. @param {number} seconds */
function latencyInWords(seconds) {
  return seconds < 0.1 ? secondsInWords(seconds) : `${Number(seconds.toFixed(2))} s`;
}

/** "a second", "in 10 s". @param {number} period */
function perInWords(period) {
  if (period === 1) return "a second";
  return period === 60 ? "a minute" : `in ${secondsInWords(period)}`;
}
