// Where in its life a request is at a time.  A dot is out for exactly as long as its
// request; how that time is divided is for the eye where nobody measured it.

import { countsAt, inFlightAt, levelAt } from "./run.js";
import { Times } from "./times.js";

/**
 * @import { Counts, Journey, Run, Setting } from "./run.js"
 *
 * @typedef {object} Flight
 * @property {number} departs When its dot sets out,
 * @property {number} meets meets the API's wall,
 * @property {number} turns turns back, and
 * @property {number} ends is back.
 *
 * @typedef {object} Leg
 * @property {"waiting" | "stuck" | "out" | "api" | "back" | "home"} name
 * @property {number} share How much of it is done, from 0 to 1.
 */

/**
 * A request that takes longer than this to arrive, and its way, waits for a connection.
 */
export const CONNECTED = 0.1;

/**
 * Share of its time that a dot is on the way at least, so that the eye can follow ...
 */
const WAY = 0.2;

/** ... and at most, in seconds: a live picture lags a little more. */
export const LONGEST_WAY = 0.22;

/** Seconds of the eye's from the slot home. */
export const LANDING = 0.5;

/** @param {Journey} journey @param {Setting} setting @returns {Flight} */
export function flightOf(journey, setting) {
  const { sent, arrived, due, ended, outcome } = journey;
  const { way, latency } = setting;
  const isStuck = arrived - sent > way + CONNECTED;
  const departs = isStuck ? arrived - way : sent;
  const expected = due < Infinity ? due : arrived - way + (latency ?? Infinity);
  const ends = ended < Infinity ? ended : expected;
  const seen = Math.min(WAY * (ends - departs), LONGEST_WAY);
  const meets = Math.max(arrived < Infinity ? arrived : departs, departs + seen);
  if (outcome === "refused") return { departs, meets, turns: meets, ends };
  const isLost = outcome === "failed" || outcome === "cancelled";
  if (isLost) return { departs, meets, turns: Infinity, ends };
  return { departs, meets, turns: Math.max(meets, ends - (meets - departs)), ends };
}

/**
 * @param {Journey} journey
 * @param {Flight} flight
 * @param {number} time
 * @param {number} landing Seconds from the slot home.
 * @returns {Leg}
 */
export function legAt(journey, { departs, meets, turns, ends }, time, landing) {
  const { sent, ended, due, outcome } = journey;
  if (time < sent) return { name: "waiting", share: 0 };
  if (time >= ended) return { name: "home", share: part(time, ended, ended + landing) };
  if (time < departs) return { name: "stuck", share: 0 };
  if (time < meets) return { name: "out", share: part(time, departs, meets) };
  const isKnown = outcome === "refused" || Math.min(ended, due) < Infinity;
  if (isKnown && time >= turns) return { name: "back", share: part(time, turns, ends) };
  const leaves = turns < Infinity ? turns : ends;
  return { name: "api", share: leaves < Infinity ? part(time, meets, leaves) : 0 };
}

/**
 * The counts for the eye: each request is counted once.  A slot that is taken again at
 * once was never free, and is taken until its request is back.  Without a limit, who is
 * on the way back has its colour already, and is counted.
 *
 * @param {Run} run
 * @param {number} time
 * @returns {Counts}
 */
export function seenAt(run, time) {
  const counts = countsAt(run, time);
  if (run.settingAt(time).limit !== null) {
    const unfinished = counts.waiting + counts.inFlight;
    const most = run.asked ? unfinished : Infinity;
    const inFlight = Math.min(levelAt(run, time), most);
    return { ...counts, inFlight, waiting: Math.max(0, unfinished - inFlight) };
  }
  for (const journey of run.journeys) {
    if (!isOnItsWayBack(run, journey, time)) continue;
    counts[journey.outcome ?? "answered"] += 1;
    counts.inFlight -= 1;
  }
  return counts;
}

/**
 * Those in flight as `seenAt` counts them, for many times of one run.
 *
 * @param {Run} run
 * @returns {(time: number) => number}
 */
export function seenLevel(run) {
  const [turned, ended] = [new Times(), new Times()];
  for (const journey of run.journeys) {
    const turns = turnOf(run, journey);
    if (turns >= journey.ended) continue;
    turned.add(turns);
    ended.add(journey.ended);
  }
  return (time) =>
    run.settingAt(time).limit === null
      ? inFlightAt(run, time) - turned.upTo(time) + ended.upTo(time)
      : levelAt(run, time);
}

/** When it turns back; Infinity where nobody knows. */
function turnOf(/** @type {Run} */ run, /** @type {Journey} */ journey) {
  const { outcome, ended, due, sent } = journey;
  const isKnown = outcome === "refused" || Math.min(ended, due) < Infinity;
  return isKnown ? flightOf(journey, run.settingAt(sent)).turns : Infinity;
}

/**
 * Whether a request has its colour already, and is not back.
 *
 * @param {Run} run
 * @param {Journey} journey
 * @param {number} time
 */
export function isOnItsWayBack(run, journey, time) {
  return turnOf(run, journey) <= time && time < journey.ended;
}

/**
 * Which time the wall shows: for the eye, dots meet it later than requests arrive.
 *
 * @param {Run} run
 * @param {number} time
 */
export function timeAtTheWall(run, time) {
  const { latency, way } = run.settingAt(time);
  const seen = Math.min(WAY * (latency ?? 0), LONGEST_WAY);
  return time - Math.max(0, seen - way);
}

/** @param {number} time @param {number} from @param {number} to */
export function part(time, from, to) {
  return to > from ? clamp((time - from) / (to - from), 0, 1) : 1;
}

/** @param {number} value @param {number} least @param {number} most */
export function clamp(value, least, most) {
  return Math.max(least, Math.min(most, value));
}
