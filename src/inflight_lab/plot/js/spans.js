// What a run did in a span of time: levels, flights and arrivals, measured.

import { lastIndexUpTo, levelAt } from "./run.js";
import { CONNECTED_SECONDS } from "./thresholds.js";

/**
 * @import { Point, RequestEvent, Run } from "./run.js"
 *
 * @typedef {object} Span
 * @property {number} from Not included.
 * @property {number} to Included.
 */

/**
 * @param {Run} run
 * @param {Span} span
 */
export function eventsIn({ events }, { from, to }) {
  return events.slice(lastIndexUpTo(events, from) + 1, lastIndexUpTo(events, to) + 1);
}

/**
 * The level of a line on average.
 *
 * @param {Point[]} points
 * @param {Span} span
 */
export function meanLevel(points, { from, to }) {
  let area = 0;
  let since = from;
  let level = levelAt(points, from) ?? 0;
  for (const { time, last } of pointsIn(points, { from, to })) {
    area += level * (time - since);
    since = time;
    level = last;
  }
  area += level * (to - since);
  return area / (to - from);
}

/**
 * The lowest and the highest level of a line.
 *
 * @param {Point[]} points
 * @param {Span} span
 */
export function extremes(points, span) {
  const first = levelAt(points, span.from) ?? 0;
  let lowest = first;
  let highest = first;
  for (const point of pointsIn(points, span)) {
    lowest = Math.min(lowest, point.last);
    highest = Math.max(highest, point.highest);
  }
  return { lowest, highest };
}

/**
 * How long the requests were in flight that ended so in the span.
 *
 * @param {Run} run
 * @param {Span} span
 * @param {(event: RequestEvent) => boolean} isSuchAnEnd
 */
export function flightsIn(run, { from, to }, isSuchAnEnd) {
  /** @type {Map<number | null, number>} When those ended whose sending is not found yet. */
  const ends = new Map();
  const flights = [];
  for (let i = lastIndexUpTo(run.events, to); i >= 0; i -= 1) {
    const event = run.events[i];
    if (event.time <= from && !ends.size) break;
    if (event.time > from && event.request !== null && isSuchAnEnd(event)) {
      ends.set(event.request, event.time);
    } else if (event.what === "sent" && ends.has(event.request)) {
      flights.push(Number(ends.get(event.request)) - event.time);
      ends.delete(event.request);
    }
  }
  return flights;
}

/**
 * How many requests arrived.
 *
 * @param {Run} run
 * @param {Span} span
 */
export const arrivalsIn = (run, span) =>
  eventsIn(run, span).filter(({ what }) => what === "arrived").length;

/**
 * The most requests that arrived within any one period that ended in the span.
 *
 * @param {Run} run
 * @param {Span} span
 * @param {number} period
 */
export function busiestPeriod(run, { from, to }, period) {
  /** @type {number[]} Of arrivals; those of the last period begin at `oldest`. */
  const times = [];
  let oldest = 0;
  let most = 0;
  for (const { time, what } of eventsIn(run, { from: from - period, to })) {
    if (what !== "arrived") continue;
    times.push(time);
    while (times[oldest] <= time - period) oldest += 1;
    if (time > from) most = Math.max(most, times.length - oldest);
  }
  return most;
}

/**
 * The requests that the client has sent and that the server has not seen, as in the picture:
 * those that take only a moment to arrive are in flight from the beginning.
 *
 * @param {Run} run
 * @param {number} time
 * @returns {RequestEvent[]} When they were sent.
 */
export function notArrived(run, time) {
  const moment = CONNECTED_SECONDS / run.slow;
  const sent = openRequests(eventsIn(run, { from: -1, to: time }));
  for (const event of eventsIn(run, { from: time, to: time + moment })) {
    const sentAt = sent.get(event.request)?.time ?? -Infinity;
    const arrivesSoon = event.what === "arrived" && event.time - sentAt < moment;
    if (arrivesSoon) sent.delete(event.request);
  }
  return [...sent.values()];
}

/**
 * The sending of those that have neither arrived nor ended.
 *
 * @param {RequestEvent[]} events
 */
function openRequests(events) {
  /** @type {Map<number | null, RequestEvent>} */
  const sent = new Map();
  for (const event of events) {
    if (event.what === "sent") sent.set(event.request, event);
    else sent.delete(event.request);
  }
  return sent;
}

/**
 * @param {Point[]} points
 * @param {Span} span
 */
function pointsIn(points, { from, to }) {
  return points.slice(lastIndexUpTo(points, from) + 1, lastIndexUpTo(points, to) + 1);
}
