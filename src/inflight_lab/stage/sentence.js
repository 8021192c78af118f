// What one sentence says of a run at a time.  The first of twelve patterns that fits is
// taken; most of them are arithmetic.  Its words carry the colours of the dots.

import { CONNECTED, seenAt } from "./motion.js";
import { inWords, secondsInWords, spanInWords } from "./quota.js";
import { ASLEEP_AFTER, isAsleep, PAUSE } from "./run.js";

/**
 * @import { Counts, Quota, Run, Setting } from "./run.js"
 *
 * @typedef {string | [text: string,
 *   look: "out" | "answered" | "refused" | "failed" | "asleep" | "strong"]} Words
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

/** The spacing is that of so many. */
const PACED = 10;

/** Requests are evenly spaced if no gap is off by more than this share of it. */
const UNEVEN = 0.3;

/** What has just happened, in seconds of the run. */
const RECENT = 1;

/** A refusal is news for so long, in seconds: slots that leave together come again. */
const NEWS = 2;

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
 * One of two side by side may be done while the other goes on.  It is not known of runs
 * that nobody has announced.
 *
 * @param {Run} run
 * @param {Counts} counts
 */
function isDone({ asked, size }, { sent, waiting, inFlight }) {
  return asked > 0 && sent >= size && waiting === 0 && inFlight === 0;
}

/** @param {Words[]} words */
export function asText(words) {
  return words.map((each) => typeof each === "string" ? each : each[0]).join("");
}

/** @type {Pattern[]} */
const UNDER_WAY = [
  notYet,
  alone,
  stuck,
  failing,
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
  if (run.size === 1) return ["This dot is a request to an API."];
  const requests = `${inWords(run.size)} requests`;
  const { manner, limit, quota } = setting;
  const allowed = quota ? ` The API allows ${quotaInWords(quota)}.` : "";
  if (manner === "paced") return [`${requests}, at a steady pace.${allowed}`];
  if (limit === null) {
    return [`${requests}${run.isUnlimited ? ", all at once" : ""}.${allowed}`];
  }
  const pause = manner === "pause" ? ", and a pause after each" : "";
  return [`${requests}, at most ${limit} in flight${pause}.${allowed}`];
}

/** @type {Pattern} */
function notYet(view) {
  return view.counts.sent ? null : planned(view);
}

/** @type {Pattern} */
function alone({ run, counts: { inFlight } }) {
  if (run.size > 1 || inFlight === 0) return null;
  return ["It is out. The dot fills while the API works."];
}

/** @type {Pattern} */
function stuck({ run, time, setting, counts }) {
  if (setting.limit !== null && counts.inFlight <= CONNECTIONS) return null;
  const long = run.sent.upTo(time - setting.way - CONNECTED) - run.reached.upTo(time);
  if (long < MANY_STUCK) return null;
  return [
    [`${inWords(long)} sent`, "out"],
    ", but not at the API yet: they wait for a connection.",
  ];
}

/** @type {Pattern} */
function failing({ run, time }) {
  const count = run.ends.failed.within(time - RECENT, time);
  if (count === 0) return null;
  const why = whyFailed(run, time);
  return [[`${inWords(count)} failed`, "failed"], why ? `: ${why}.` : "."];
}

/** @type {Pattern} */
function nobodySends({ run, time, counts }) {
  const isIdle = counts.inFlight === 0 && run.holds.every((each) => {
    const hold = each.at(time);
    return !hold || hold.until <= time;
  });
  const isQuiet = time - run.sent.lastUpTo(time) > RECENT / 2;
  const isKnown = run.levels.waiting.list.length > 0;
  if (!counts.refused || !isIdle || !isQuiet) return null;
  if (isKnown && !counts.waiting) return null;
  return [
    `Nobody sends: after ${inWords(counts.refused)} `,
    ["refused", "refused"],
    isKnown ? ", all wait before they try again." : ", there is a pause.",
  ];
}

/** @type {Pattern} */
function tail({ run, time, counts: { waiting, inFlight, sent, refused } }) {
  const isKnown = run.levels.waiting.list.length > 0;
  if (!isKnown || waiting || sent < run.size || inFlight === run.size) return null;
  const isWall = run.isUnlimited && run.turned.upTo(time) > 0; // that is the news
  if (inFlight === 0 || isWall) return null;
  const verb = inFlight === 1 ? "one is" : `${inWords(inFlight)} are`;
  /** @type {Words[]} */
  const words = ["The last ", [verb, "out"], " still out"];
  if (refused) words.push(", ", [`${inWords(refused)} refused`, "refused"]);
  return [...words, "."];
}

/** @type {Pattern} */
function paced({ run, time, setting: { manner, quota } }) {
  const last = run.sent.between(-Infinity, time).slice(-PACED);
  if (last.length < 2 || (manner !== "paced" && !isEven(run, time))) return null;
  const spacing = (last[last.length - 1] - last[0]) / (last.length - 1);
  return [
    "One every ",
    [secondsInWords(spacing), "out"],
    " = ",
    ...perPeriod(1 / spacing, quota),
    ...comparedWith(quota, 1 / spacing, 0),
  ];
}

/** Whether requests have left evenly for a while, and still do. @param {Run} run */
function isEven({ sent }, /** @type {number} */ time) {
  const times = sent.between(time - RECENT, time);
  const lasted = times[times.length - 1] - times[0];
  const spacing = lasted / (times.length - 1);
  const isLate = time - times[times.length - 1] > (1 + UNEVEN) * spacing;
  if (times.length < PACED || lasted < RECENT / 2 || isLate) return false;
  return times.slice(1).every((each, index) =>
    Math.abs(each - times[index] - spacing) < UNEVEN * spacing
  );
}

/** @type {Pattern} */
function paused({ time, run, setting: { manner, limit, quota }, latency, counts }) {
  const { inFlight } = counts;
  const asleep = run.holds.filter((each) => {
    const hold = each.at(time);
    return hold !== undefined && isAsleep(hold, time);
  }).length;
  const pauses = pausesAt(run, time);
  const known = manner === "pause" ? PAUSE : average(pauses);
  const isUsual = pauses.every((each) => each > ASLEEP_AFTER);
  if (!known || !isUsual || limit === null || latency === null) {
    if (asleep === 0) return null;
    return [
      [`${inWords(inFlight)} in flight`, "out"],
      ", ",
      [`${inWords(asleep)} asleep`, "asleep"],
      " after the answer.",
    ];
  }
  const slots = Math.min(limit, run.size);
  const rate = slots / (latency + known);
  const refused = run.turned.within(time - RECENT, time) && counts.refused;
  return [
    [`${slots} slots`, "out"],
    ` / (${latencyInWords(latency)} + `,
    [`${secondsInWords(known)} asleep`, "asleep"],
    ") = ",
    ...perPeriod(rate, quota),
    ...comparedWith(quota, rate, refused, true),
  ];
}

/**
 * How long each slot was kept after its last answer.
 *
 * @param {Run} run
 * @param {number} time
 */
function pausesAt(run, time) {
  return run.holds.flatMap(({ list }) => {
    const { until = 0, last } = list.findLast((each) => each.until <= time) ?? {};
    return last ? [Math.max(0, until - last.ended)] : [];
  });
}

/** @param {number[]} values */
function average(values) {
  return values.reduce((sum, each) => sum + each, 0) / Math.max(1, values.length);
}

/** @type {Pattern} */
function flowing(view) {
  const { run, setting: { quota }, counts, latency, time } = view;
  const { inFlight, refused } = counts;
  if (run.isUnlimited) return allAtOnce(view);
  const rate = latency === null ? null : inFlight / latency;
  if (latency === null || !rate || isUnlikely(view, rate)) {
    const sent = run.sent.within(time - RECENT, time);
    return [[`${inWords(inFlight)} in flight`, "out"], `, ${sent} sent in 1 s.`];
  }
  return [
    [`${inWords(inFlight)} in flight`, "out"],
    ` / ${latencyInWords(latency)} each = `,
    ...perPeriod(rate, quota),
    ...comparedWith(quota, rate, refused, run.turned.within(time - NEWS, time) > 0),
  ];
}

/**
 * Whether the sum says that too many are sent, and they are not: the moment is over, or
 * something else keeps them back.
 *
 * @param {View} view
 * @param {number} rate In a second.
 */
function isUnlikely({ run, time, setting: { quota }, counts }, rate) {
  if (!quota || counts.refused || rate * quota.period <= quota.rate) return false;
  return run.sent.within(time - quota.period, time) <= quota.rate;
}

/**
 * There is no rate to speak of, only what came and what was too much.
 *
 * @type {Pattern}
 */
function allAtOnce({ run, time, counts: { inFlight, refused } }) {
  if (refused === 0) {
    return [[`${inWords(inFlight)} in flight`, "out"], ", all at once."];
  }
  return [[`${inWords(refused)} refused`, "refused"], `: ${whyRefused(run, time)}.`];
}

/** @type {Pattern} */
function allAnswered({ run, counts, setting }) {
  const { answered, refused, failed, cancelled } = counts;
  if (refused || failed || cancelled || !answered) return null;
  const took = lasted(run);
  const inTime = ` in ${secondsInWords(took)}`;
  if (answered === 1) return [["Answered", "answered"], `${inTime}.`];
  const all = /** @type {Words} */ ([`All ${inWords(answered)} answered`, "answered"]);
  const share = usedShare(answered, took, setting.quota);
  const used = share === null ? "." : `: ${share} % of what the API allows.`;
  return [all, inTime + used];
}

/** @type {Pattern} */
function retried({ run, time, counts: { answered, refused, failed } }) {
  const tries = refused + failed;
  if (!run.asked || answered < run.asked || !tries) return null;
  const why = refused ? whyRefused(run, time) : whyFailed(run, time);
  return [
    [`All ${inWords(answered)} answered`, "answered"],
    `, after ${inWords(tries)} more `,
    [tries === 1 ? "try" : "tries", refused ? "refused" : "failed"],
    why ? `: ${why}.` : ".",
  ];
}

/** @type {Pattern} */
function mixed({ run, time, counts: { answered, refused, failed, cancelled } }) {
  /** @type {Words[]} */
  const words = [
    run.wasStopped && cancelled ? `Stopped after ${secondsInWords(lasted(run))}: ` : "",
  ];
  words.push([`${inWords(answered)} answered`, "answered"]);
  if (refused) words.push(", ", [`${inWords(refused)} refused`, "refused"]);
  if (failed) words.push(", ", [`${inWords(failed)} failed`, "failed"]);
  if (cancelled) words.push(`, ${inWords(cancelled)} cancelled`);
  const why = refused ? whyRefused(run, time) : whyFailed(run, time);
  return [...words, why ? `: ${why}.` : "."];
}

/**
 * Why the last that was refused was.
 *
 * @param {Run} run
 * @param {number} time
 */
export function whyRefused(run, time) {
  const last = run.journeys.findLast(({ outcome, arrived }) =>
    outcome === "refused" && arrived <= time
  );
  const status = last?.reason ?? 429;
  if (status === 402) return "the plan is used up";
  const { quota, maxConcurrent } = run.settingAt(last?.arrived ?? time);
  if (maxConcurrent && status !== 429) {
    return `more than ${inWords(maxConcurrent)} came at once`;
  }
  if (!quota) return `the API answered ${status}`;
  const { shape, rate, period, burst } = quota;
  if (quota.tokens && busiest(run, period, time) <= rate) {
    return "the tokens ran out, not the requests";
  }
  if (shape === "spacing") return `they came faster than ${everyInWords(quota)}`;
  if (shape === "bucket") {
    const refill = `${inWords(rate)} ${perInWords(period)}`;
    return `the bucket of ${inWords(burst)} was empty, and ${refill} refill it`;
  }
  const most = busiest(run, period, time);
  if (most <= rate) return `the API answered ${status}`;
  const came = `${inWords(most)} came within ${spanInWords(period)}`;
  return `${came}, ${inWords(rate)} are allowed`;
}

/** Why the last that failed did. @param {Run} run @param {number} time */
export function whyFailed(run, time) {
  const last = run.journeys.findLast(({ outcome, ended }) =>
    outcome === "failed" && ended <= time
  );
  const { reason = null, sent = 0, ended = 0 } = last ?? {};
  if (reason === null) return "";
  if (typeof reason === "number") return `the API answered ${reason}`;
  const within = `within ${secondsInWords(ended - sent)} (${reason})`;
  if (reason === "PoolTimeout") return `no free connection ${within}`;
  return reason.endsWith("Timeout") ? `no answer ${within}` : reason;
}

/**
 * The most that came to the API within any one period.
 *
 * @param {Run} run
 * @param {number} period
 * @param {number} until
 */
function busiest({ letIn, turned }, period, until) {
  const times = [letIn, turned].flatMap((each) => each.between(-Infinity, until));
  times.sort((one, other) => one - other);
  let first = 0;
  let most = 0;
  times.forEach((time, index) => {
    while (times[first] <= time - period) first += 1;
    most = Math.max(most, index + 1 - first);
  });
  return most;
}

/** From the first that was sent to the last that was back. @param {Run} run */
function lasted({ ends, sent }) {
  const last = Object.values(ends).map((each) => each.lastUpTo(Infinity));
  return Math.max(0, ...last) - (sent.list[0] ?? 0);
}

/**
 * In percent.
 *
 * @param {number} answered
 * @param {number} took
 * @param {Quota | null} quota
 */
function usedShare(answered, took, quota) {
  if (!quota) return null;
  const { rate, period } = quota;
  const allowed = rate * Math.max(1, took / period);
  return Math.min(100, Math.round(100 * answered / allowed));
}

/** @param {number} rate In a second. @param {Quota | null} quota @returns {Words[]} */
function perPeriod(rate, quota) {
  const period = quota?.period ?? 1;
  return [[`${inWords(rate * period)} ${perInWords(period)}`, "strong"]];
}

/**
 * @param {Quota | null} quota
 * @param {number} perSecond
 * @param {number} refused
 * @param {boolean} [isNews] Whether some were just now: an average is not a window.
 * @returns {Words[]}
 */
function comparedWith(quota, perSecond, refused, isNews = false) {
  if (!quota) return ["."];
  const { shape, rate, period } = quota;
  const allowed = allowedInWords(quota);
  const unused = rate - Math.round(perSecond * period); // so that the sum is right
  const isTooFast = perSecond * period > rate || shape === "spacing";
  if (refused && (isTooFast || isNews)) {
    return [`${allowed}, `, [`${inWords(refused)} refused`, "refused"], "."];
  }
  return [unused > 1 && !isTooFast ? `${allowed}, ${unused} unused.` : `${allowed}.`];
}

/** @param {Quota} quota */
function allowedInWords(quota) {
  const { shape, rate } = quota;
  return `; ${shape === "spacing" ? everyInWords(quota) : inWords(rate)} allowed`;
}

/** @param {Quota} quota */
function quotaInWords(quota) {
  const { shape, rate, period } = quota;
  if (shape === "spacing") return everyInWords(quota);
  return `${inWords(rate)} ${perInWords(period)}`;
}

/** @param {Quota} quota */
function everyInWords({ rate, period }) {
  return `one every ${secondsInWords(period / rate)}`;
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
