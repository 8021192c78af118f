// What is known of a run at a time, as facts for the sentence: none of them asks another.
//
// A fact looks at what the run has met so far, and not at what a frame shows: so it
// lasts as long as the situation.

import { busiest, CONNECTIONS, pauseAt, whyFailed, whyRefused } from "./causes.js";
import { CONNECTED, seenAt } from "./motion.js";
import { isAsleep, levelAt, PAUSE } from "./run.js";

/**
 * @import { Counts, Quota, Run, Setting } from "./run.js"
 *
 * @typedef {object} View What facts are found in.
 * @property {Run} run
 * @property {number} time
 * @property {Setting} setting
 * @property {Counts} counts
 * @property {number | null} latency Of those that are out; null where it differs.
 *
 * @typedef {"before" | "under way" | "over"} Phase
 *
 * @typedef {object} Facts
 * @property {Phase} phase
 * @property {number | null} limit
 * @property {Quota | null} quota
 * @property {"" | "pause" | "paced"} manner What was said of how they are sent.
 * @property {number | null} latency Of those that are out; null where it differs.
 * @property {number} asked How many were asked for; 0 if nobody has said.
 * @property {number} size How many requests it has, as far as anybody has said.
 * @property {boolean} isLive
 * @property {boolean} isUnlimited Whether it is known that there is no limit.
 * @property {boolean} wasStopped
 * @property {Counts} counts
 * @property {number} now How far the run has gone, in seconds.
 * @property {number} took From the first that was sent to the last that was back.
 * @property {number | null} share What it used of its quota, in percent.
 * @property {number} stuck How many wait for a connection, if they are many.
 * @property {boolean} isGated Nobody sends: all wait after a refusal.
 * @property {boolean} isTail None is left to send, and some of them are back.
 * @property {number} sleeping How many slots are kept after their answers just now.
 * @property {number | null} pause For how long slots are kept after their answers;
 *   null where nobody knows yet.
 * @property {number | null} spacing From one request to the next, if they are even.
 * @property {boolean} isBelowQuota The slots are too few to reach the quota.
 * @property {boolean} isFull What keeps requests back, if anything, is the limit.
 * @property {boolean} isFresh Nothing is answered, and all were sent just now.
 * @property {number} sentLately Within the last period of the quota, or second.
 * @property {boolean} isRefusedNow Some were refused of what is set now.
 * @property {number} busiest The most of these that came within one period.
 * @property {string} why Why the last was refused, or failed, if none was.
 * @property {string} whyNow Why the last was refused of what is set now.
 */

/** So many that are stuck are worth a sentence. */
const MANY_STUCK = 5;

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

/** @param {Run} run @param {number} time @returns {View} */
export function viewAt(run, time) {
  const setting = run.settingAt(time);
  return {
    run,
    time,
    setting,
    counts: seenAt(run, time),
    latency: latencyAt(run, time),
  };
}

/**
 * What takes long to find is found when a sentence asks for it.
 *
 * @param {View} view
 * @returns {Facts}
 */
export function factsOf(view) {
  const { run, time, counts, latency } = view;
  const { limit, quota, manner } = view.setting;
  const { asked, size, isLive, isUnlimited, wasStopped, now } = run;
  const pause = once(() => keptFor(view));
  const spacing = once(() => spacingOf(view));
  return {
    limit,
    quota,
    manner,
    latency,
    counts,
    asked,
    size,
    isLive,
    isUnlimited,
    wasStopped,
    now,
    phase: phaseOf(view),
    took: tookOf(run),
    get share() {
      return shareOf(view);
    },
    stuck: stuckOf(view),
    isGated: pauseAt(run, time) !== null,
    isTail: isTail(view),
    sleeping: sleepingOf(view),
    get pause() {
      return pause();
    },
    get spacing() {
      return spacing();
    },
    isBelowQuota: isBelowQuota(view),
    isFull: isFull(view),
    isFresh: isFresh(view),
    sentLately: sentLatelyOf(view),
    isRefusedNow: run.turned.within(settledAt(view), time) > 0,
    get busiest() {
      return busiest(run, quota?.period ?? 1, settledAt(view), time);
    },
    get why() {
      return counts.refused ? whyRefused(run, time) : whyFailed(run, time);
    },
    get whyNow() {
      return whyRefused(run, time, settledAt(view));
    },
  };
}

/** @template Found @param {() => Found} find */
function once(find) {
  /** @type {{ found: Found } | undefined} */
  let kept;
  return () => (kept ??= { found: find() }).found;
}

/** @param {View} view @returns {Phase} */
export function phaseOf({ run, time, counts }) {
  if (time < 0 || run.size === 0) return "before";
  if (isDone(run, counts) || (!run.isLive && time >= run.now)) return "over";
  return run.sent.upTo(time - BEGINNING) ? "under way" : "before";
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

/** @param {Run} run @param {number} time */
function latencyAt(run, time) {
  const oldest = run.journeys.find(({ sent, ended }) => sent <= time && time < ended);
  const { latency } = run.settingAt(time);
  const before = run.settingAt(oldest?.sent ?? time).latency;
  return before === latency ? latency : null;
}

/** @param {View} view */
export function stuckOf({ run, time, setting: { limit, way }, counts }) {
  const { inFlight, notArrived } = counts;
  if (limit !== null && inFlight <= CONNECTIONS) return 0;
  const long = run.sent.upTo(time - way - CONNECTED) - run.reached.upTo(time);
  return long < MANY_STUCK ? 0 : notArrived;
}

/** @param {View} view */
export function isTail({ run, counts: { waiting, inFlight, sent } }) {
  if (!run.knowsWaiting || waiting > 0 || sent < run.size) return false;
  return inFlight > 0 && inFlight !== run.size;
}

/** @param {View} view */
export function sleepingOf({ run, time }) {
  const latest = run.holds.map((each) => each.at(time));
  return latest.filter((hold) => hold && isAsleep(hold, time)).length;
}

/** The median, so far. @param {View} view */
export function keptFor({ run: { holds }, time, setting: { manner } }) {
  if (manner === "pause") return PAUSE;
  const most = Math.ceil(MOST_GAPS / holds.length);
  const pauses = holds.flatMap(({ list }) =>
    list
      .filter(({ until, last }) => last && until <= time)
      .slice(-most)
      .map(({ until, last }) => Math.max(0, until - (last?.ended ?? until)))
  );
  pauses.sort((one, other) => one - other);
  return pauses[pauses.length >> 1] ?? null;
}

/** @param {View} view */
export function spacingOf({ run, time, setting: { manner } }) {
  const times = run.sent.between(-Infinity, time).slice(-MOST_GAPS - 1);
  if (manner !== "paced" && !isEven(times, time)) return null;
  const last = times.slice(-MANY_GAPS - 1);
  const spacing = (last[last.length - 1] - last[0]) / (last.length - 1);
  return spacing > 0 ? spacing : null;
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

/** @param {View} view */
export function isBelowQuota({ setting: { limit, quota }, latency }) {
  if (limit === null || latency === null || !quota) return false;
  return Math.round(limit / latency * quota.period) < quota.rate;
}

/** @param {View} view */
export function isFull({ run, time, setting: { limit }, counts }) {
  const { waiting, inFlight } = counts;
  if (inFlight === 0) return false;
  const lately = [0, RECENT / 2, RECENT].map((ago) => levelAt(run, time - ago));
  return waiting === 0 || Math.max(...lately) >= (limit ?? 0);
}

/**
 * Since when refusals are those of what is set now: what was sent before counts for one
 * more period.
 *
 * @param {View} view
 */
export function settledAt({ setting: { time: set, quota } }) {
  return set + Math.min(set, quota?.period ?? 0) - BEGINNING;
}

/** @param {View} view */
export function isFresh({ run, time, counts }) {
  return counts.answered === 0 && !run.sent.upTo(time - RECENT / 2);
}

/** @param {View} view */
export function sentLatelyOf({ run, time, setting: { quota } }) {
  return run.sent.within(time - (quota?.period ?? 1), time);
}

/** @param {Run} run */
function tookOf({ ends, sent }) {
  const last = Object.values(ends).map((each) => each.lastUpTo(Infinity));
  return Math.max(0, ...last) - (sent.list[0] ?? 0);
}

/**
 * The answers, divided by what was allowed until the last request left, in percent; if
 * more were sent, by those.  The scoreboard's share is less than 1 % from it.
 *
 * @param {View} view All are answered.
 */
export function shareOf({ run: { ends, sent }, setting: { quota } }) {
  if (!quota) return null;
  const { rate, period } = quota;
  const leaving = sent.lastUpTo(Infinity) - (sent.list[0] ?? 0);
  const evenly = 1 + rate * leaving / period; // the first leaves at once
  const most = Math.max(sent.upTo(Infinity), rate, evenly);
  const share = ends.answered.upTo(Infinity) / most;
  return share < 1 ? Math.min(99, Math.round(100 * share)) : 100;
}
