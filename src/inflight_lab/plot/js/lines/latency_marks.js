// Where the latency changed: lines across the strips, with words below the axis.

import { lastingChanges, latencyInWords } from "../latencies.js";
import { LEFT } from "./strip_picture.js";
import { TOP_PIXELS } from "./strips.js";

/** Below the strips: where the lines end, and the words stand. */
const WORDS_BELOW_PIXELS = 34;
const WORDS_RIGHT_OF_LINE_PIXELS = 5;

/** The room that they need below the room of the strips. */
export const LATENCIES_PIXELS = 7;

/** From one word to the next, at the least. */
const GAP_PIXELS = 8;

const DASHED = { line: 0.8, wide: 1.5, dashes: [2, 4] };

/**
 * @import { LatencyChange } from "../run.js"
 * @import { Pen } from "../pen.js"
 * @import { TimeRange } from "./time_axis.js"
 * @import { TimeAxis } from "./time_axis_picture.js"
 *
 * @typedef {object} LatencyMark
 * @property {number} pixel
 * @property {boolean} isChange Whether it changed there, in view.
 * @property {string} words "" if there is no room.
 */

/**
 * A latency that stays is no news: there are none.
 *
 * @param {LatencyChange[]} latencies Up to the time that is shown.
 * @param {TimeRange} range
 * @param {Pick<TimeAxis, "x" | "wide">} axis
 * @param {(words: string) => number} widthOf
 * @returns {LatencyMark[]}
 */
export function latencyMarks(latencies, range, { x, wide }, widthOf) {
  const lasting = lastingChanges(latencies);
  if (lasting.length < 2) return [];
  const standsFirst = lasting.findLastIndex(({ time }) => time <= range.from);
  const shown = lasting.slice(Math.max(0, standsFirst));
  return shown.map(({ time, latency }, i) => {
    const isChange = i > 0;
    const pixel = isChange ? x(time) : LEFT;
    const end = shown[i + 1] ? x(shown[i + 1].time) - GAP_PIXELS : wide;
    const room = end - pixel - WORDS_RIGHT_OF_LINE_PIXELS;
    return { pixel, isChange, words: fittingWords(latency, room, widthOf) };
  });
}

/**
 * @param {number} latency
 * @param {number} room
 * @param {(words: string) => number} widthOf
 */
function fittingWords(latency, room, widthOf) {
  const seconds = latencyInWords(latency);
  const found = [`latency ${seconds}`, seconds].find((each) => widthOf(each) <= room);
  return found ?? "";
}

/**
 * @param {Pen} pen
 * @param {LatencyChange[]} latencies
 * @param {TimeRange} range
 * @param {TimeAxis} axis
 */
export function drawLatencyMarks(pen, latencies, range, axis) {
  const bottom = axis.bottom + WORDS_BELOW_PIXELS;
  const marks = latencyMarks(latencies, range, axis, (words) => pen.widthOf(words));
  for (const { pixel, isChange, words } of marks) {
    if (isChange) {
      pen.shape((context) => {
        context.moveTo(pixel, TOP_PIXELS);
        context.lineTo(pixel, bottom);
      }, DASHED);
    }
    if (words) pen.text(words, pixel + WORDS_RIGHT_OF_LINE_PIXELS, bottom);
  }
}
