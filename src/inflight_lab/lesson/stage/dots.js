// The flow at a time.  Every request is one dot, and the dot is the clock: it waits at
// home, travels to the API, fills there for as long as the API works, and comes home.
// Nothing is advanced: all is read off the run, so any time can be drawn.

import { pauseAt } from "./causes.js";
import { clamp, flightOf, LANDING, legAt, part, timeAtTheWall } from "./motion.js";
import { middle } from "./places.js";
import { wallAt } from "./quota.js";
import { countsAt, isAsleep, knownAt } from "./run.js";

/**
 * @import { Flight } from "./motion.js"
 * @import { Pen, Look } from "./pen.js"
 * @import { Places, Point } from "./places.js"
 * @import { Journey, Run } from "./run.js"
 *
 * @typedef {object} Moment What is drawn.
 * @property {number} time
 * @property {number} pace Seconds of the run that pass in one second of the eye's.
 * @property {boolean} still Whether nothing should fly.
 *
 * @typedef {object} Dot
 * @property {Point} at
 * @property {number} radius
 * @property {Look} look
 * @property {number | null} filled Share of the API's work that is done, while it
 *   works.
 */

/** From the wall to a seat, and how long a refusal is news: in seconds of the eye's. */
const STEP = 0.3;

/** @param {Pen} pen @param {Run} run @param {Moment} moment @param {Places} places */
export function drawFlow(pen, run, moment, places) {
  drawWall(pen, run, moment, places);
  drawDoor(pen, run, moment, places);
  if (pauseAt(run, moment.time)) pen.gate(places.way, places.isTall);
  if (moment.time < 0) pen.arrow(places.way, places.isTall);
  const first = firstShown(run, moment.time, places);
  drawWaiting(pen, run, moment, places);
  for (const journey of shown(run, first, places)) {
    if (moment.time < journey.sent) break;
    const { at, radius, look, filled } = dotOf(journey, run, moment, places);
    if (filled === null) pen.dot(at, radius, look);
    else pen.pie(at, radius, filled);
  }
  pen.flush();
}

/**
 * The number of the first request in the block.  In a long run the block moves on by
 * whole rows, so that those that are out are always in it.
 *
 * @param {Run} run
 * @param {number} time
 * @param {Places} places
 */
export function firstShown(run, time, { count, columns }) {
  if (run.size <= count) return 0;
  const { sent, inFlight } = countsAt(run, time);
  const most = run.size - count + columns - 1;
  const past = Math.min(sent - inFlight - count / 3, most);
  return Math.max(0, Math.floor(past / columns) * columns);
}

/** @param {Run} run @param {number} first @param {Places} places */
function shown(run, first, { count }) {
  return run.journeys.slice(run.indexOf(first), run.indexOf(first + count));
}

/**
 * Those that nobody has sent yet, or ever will.  Where nobody announced a run that is
 * over, these are all that came.
 *
 * @type {typeof drawFlow}
 */
function drawWaiting(pen, run, { time }, places) {
  const first = firstShown(run, time, places);
  const sent = Math.max(run.sent.upTo(time), first);
  const known = run.asked || run.isLive ? knownAt(run, time) : run.size;
  const last = Math.min(known, first + places.count);
  const stillWaiting = known - run.givenUp.upTo(time);
  for (let number = sent; number < last; number += 1) {
    const look = number < stillWaiting ? "waiting" : "cancelled";
    pen.dot(places.home(number - first), places.radius, look);
  }
}

/**
 * @param {Journey} journey
 * @param {Run} run
 * @param {Moment} moment
 * @param {Places} places
 */
export function dotOf(journey, run, moment, places) {
  const place = journey.number - firstShown(run, moment.time, places);
  const flight = flightOf(journey, run.settingAt(journey.sent));
  return dotAt({ journey, flight, place, places }, moment);
}

/**
 * @typedef {object} View
 * @property {Journey} journey
 * @property {Flight} flight
 * @property {number} place Its place in the block.
 * @property {Places} places
 */

/** @param {View} view @param {Moment} moment @returns {Dot} */
function dotAt(view, moment) {
  const { journey, flight, place, places } = view;
  const { time, pace, still } = moment;
  const { name, share } = legAt(journey, flight, time, LANDING * pace);
  const isInSlot = places.door === "slots" && journey.slot !== null;
  const radius = isInSlot ? Math.min(places.radius, places.slotRadius) : places.radius;
  const small = Math.min(radius, places.seatRadius);
  const home = places.home(place);
  const start = places.start(journey, place);
  const outcome = journey.outcome ?? "answered";
  const filled = null;
  switch (name) {
    case "waiting":
      return { at: home, radius: places.radius, look: "waiting", filled };
    case "stuck":
      return { at: start, radius, look: "out", filled };
    case "out": {
      const at = along(wayOut(view), still ? 0.5 : share);
      return { at, radius: small, look: "out", filled };
    }
    case "api": {
      const at = atTheApi(view, moment);
      return { at, radius: small, look: "out", filled: share };
    }
    case "back": {
      const isRefused = outcome === "refused";
      const from = isRefused
        ? places.meets(journey, place)
        : places.seat(journey.seat ?? 0);
      const at = between(from, start, still ? 0.5 : share);
      return { at, radius: small, look: outcome, filled };
    }
    default: {
      const isThere = still || share === 1;
      const from = isThere ? home : lastPlace(view, moment);
      const at = between(from, home, smooth(share));
      const grown = radius + (places.radius - radius) * share;
      return { at, radius: grown, look: outcome, filled };
    }
  }
}

/** Where it was when it ended. @param {View} view @param {Moment} moment */
function lastPlace(view, moment) {
  const { ended, sent } = view.journey;
  const time = Math.max(sent, ended - 1e-6);
  return time < ended
    ? dotAt(view, { ...moment, time }).at
    : view.places.home(view.place);
}

/** @param {View} view @returns {Point[]} */
function wayOut({ journey, place, places }) {
  const home = places.home(place);
  const way = [places.start(journey, place), places.meets(journey, place)];
  return places.door === "open" ? way : [home, ...way];
}

/** @param {View} view @param {Moment} moment @returns {Point} */
function atTheApi({ journey, flight, place, places }, { time, pace, still }) {
  const seat = places.seat(journey.seat ?? 0);
  if (still) return seat;
  const leaves = flight.turns < Infinity ? flight.turns : flight.ends;
  const step = Math.min(STEP * pace, (leaves - flight.meets) / 2);
  const inside = smooth(part(time, flight.meets, flight.meets + step));
  return between(places.meets(journey, place), seat, inside);
}

/** Slots: free, taken, or asleep after the answer. @type {typeof drawFlow} */
function drawDoor(pen, run, { time }, places) {
  const { door, slotCell } = places;
  if (door === "gate") pen.slot("slot", middle(places.boxes.slots), slotCell * 0.5);
  if (door !== "slots") return;
  const radius = slotCell * 0.44;
  const limit = run.settingAt(time).limit ?? 0;
  const count = Math.max(limit, run.holds.length);
  for (let slot = 0; slot < count; slot += 1) {
    const at = places.slot(slot);
    const hold = run.holds[slot]?.at(time);
    const isTaken = hold !== undefined && time < hold.until;
    if (slot < limit || isTaken) pen.slot("slot", at, radius);
    if (!isTaken) continue;
    pen.slot("taken", at, radius);
    if (!isAsleep(hold, time)) continue;
    const since = hold.last?.ended ?? time;
    const left = hold.until < Infinity ? 1 - part(time, since, hold.until) : 1;
    pen.asleep(at, radius, left);
  }
}

/**
 * Whether the API has just refused something, and shows no free place.
 *
 * @param {Run} run
 * @param {Moment} moment
 * @returns {boolean}
 */
export function isClosed(run, moment) {
  return hasJustRefused(run, moment) && isFull(run, moment);
}

/** Whether it has, and its tokens ran out. @type {typeof isClosed} */
export function isSpent(run, moment) {
  const hasTokens = Boolean(run.settingAt(moment.time).quota?.tokens);
  return hasTokens && hasJustRefused(run, moment) && !isFull(run, moment);
}

/** @type {typeof isClosed} */
function hasJustRefused(run, { time, pace }) {
  const now = timeAtTheWall(run, time);
  return run.turned.within(now - STEP * pace, now) > 0;
}

/** @type {typeof isClosed} */
function isFull(run, { time }) {
  const { shape, share } = wallAt(run, timeAtTheWall(run, time));
  return shape !== "cells" || share >= 1;
}

/**
 * The wall is the quota.
 *
 * @param {Pen} pen
 * @param {Run} run
 * @param {Moment} moment
 * @param {Pick<Places, "boxes" | "isTall">} places
 */
export function drawWall(pen, run, moment, { boxes: { wall }, isTall }) {
  const quota = wallAt(run, timeAtTheWall(run, moment.time));
  const taken = pen.path(isClosed(run, moment) ? "closed" : "counted");
  const length = isTall ? wall.width : wall.height;
  /** @param {Path2D} path @param {number} from @param {number} size */
  const fill = (path, from, size) => {
    if (isTall) path.rect(wall.left + from, wall.top, size, wall.height);
    else path.rect(wall.left, wall.top + length - from - size, wall.width, size);
  };
  if (quota.shape === "level") fill(taken, 0, length * clamp(quota.share, 0, 1));
  if (quota.shape !== "cells") return;
  const rate = Math.floor(run.settingAt(moment.time).quota?.rate ?? 1);
  const cell = length / rate;
  const gap = Math.min(2, cell / 4);
  for (let place = 0; place < rate; place += 1) {
    const path = place < quota.cells ? taken : pen.path("free");
    fill(path, place * cell + gap / 2, cell - gap);
  }
}

/** Evenly fast from point to point. @param {Point[]} points @param {number} share */
function along(points, share) {
  const lengths = points.slice(1).map(([x, y], index) =>
    Math.hypot(x - points[index][0], y - points[index][1])
  );
  let left = share * lengths.reduce((sum, each) => sum + each, 0);
  let leg = 0;
  while (leg < lengths.length - 1 && left > lengths[leg]) {
    left -= lengths[leg];
    leg += 1;
  }
  return between(points[leg], points[leg + 1], left / (lengths[leg] || 1));
}

/** @param {Point} from @param {Point} to @param {number} share @returns {Point} */
function between(from, to, share) {
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share];
}

/** Slow, fast, slow. @param {number} share */
function smooth(share) {
  const within = clamp(share, 0, 1);
  return within * within * (3 - 2 * within);
}
