// The axis of seconds: how much of a run it shows, and where its numbers are.

import { BIN, KEPT } from "../run.js";
import { niceStep } from "./scales.js";

/** Seconds across the plot at the beginning of a run; it widens until ... */
const SHORTEST = 4;

/** ... here, and scrolls from then on. */
const WIDEST = 12;

/** Columns across the plot: a level is drawn as its mean over the time of one. */
const COLUMNS = 420;

/** Pixels from one number to the next, at the least. */
const LABEL = 83.2;

/**
 * @typedef {object} Stretch
 * @property {number} from The time at the left end.
 * @property {number} span Seconds to the right end.
 */

/**
 * What the axis shows of a run that has come to `now`.  Where one run of several side by side
 * has ended it does not scroll: what has ended would scroll away.
 *
 * @param {number} now
 * @param {boolean} scrolls
 * @returns {Stretch}
 */
export function stretchTo(now, scrolls) {
  const from = Math.max(0, now - (scrolls ? WIDEST : KEPT));
  return { from, span: Math.max(SHORTEST, now - from) * 1.02 };
}

/**
 * The seconds of one column: columns that double now and then, so that they stay where they are.
 *
 * @param {number} span
 */
export function columnFor(span) {
  const bins = span / BIN / COLUMNS;
  return BIN * 2 ** Math.max(0, Math.ceil(Math.log2(bins)));
}

/**
 * The times at which there is a number.
 *
 * @param {Stretch} stretch
 * @param {number} wide Pixels of the picture.
 */
export function ticksOf({ from, span }, wide) {
  const step = Math.max(0.5, niceStep(span, Math.max(2, wide / LABEL)));
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick < from + span; tick += step) {
    ticks.push(tick);
  }
  return ticks;
}
