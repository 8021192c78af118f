// The time axis below the strips, and the cursor across them.

import { GRID } from "./strip_picture.js";
import { TOP_PIXELS } from "./strips.js";
import { ticksOf } from "./time_axis.js";

/** Pixels below the strips. */
const TIMES_BELOW_PIXELS = 20;

/** How strongly the cursor is drawn. */
const CURSOR = 0.8;

/**
 * @import { Pen } from "../pen.js"
 * @import { TimeRange } from "./time_axis.js"
 *
 * @typedef {object} TimeAxis
 * @property {(time: number) => number} x The pixels of a time.
 * @property {number} bottom The lower end of the strips.
 * @property {number} rightPixel Their right end.
 * @property {number} wide The width of the whole plot.
 */

/**
 * @param {Pen} pen
 * @param {TimeRange} range
 * @param {TimeAxis} axis
 */
export function drawTimeAxis(pen, range, { x, bottom, wide }) {
  for (const time of ticksOf(range, wide)) {
    pen.bar("ink", x(time), TOP_PIXELS, 1, bottom - TOP_PIXELS, GRID);
    const words = `${Number(time.toFixed(1))} s`;
    pen.text(words, x(time), bottom + TIMES_BELOW_PIXELS, { align: "center" });
  }
}

/**
 * A few words on how to read the plot, at its top right corner.
 *
 * @param {Pen} pen
 * @param {string} words
 * @param {TimeAxis} axis
 */
export function drawNote(pen, words, { rightPixel }) {
  const style = /** @type {const} */ ({ align: "right", soft: true });
  pen.text(words, rightPixel, TOP_PIXELS - 6, style);
}

/**
 * @param {Pen} pen
 * @param {number} time
 * @param {TimeAxis} axis
 */
export function drawCursor(pen, time, { x, bottom }) {
  pen.bar("ink", x(time) - 1, TOP_PIXELS, 2, bottom - TOP_PIXELS, CURSOR);
}
