// The time axis: how much of a run it shows, and where its numbers are.

import { BIN, KEPT_SECONDS } from "../run.js";
import { niceStep } from "./scales.js";

/** What the axis shows at the beginning of a run. */
const SHORTEST_SPAN_SECONDS = 4;

/** A run that is shown as a whole has at least so much of an axis. */
const SHORTEST_WHOLE_SECONDS = 0.5;

/** The axis grows up to this, and scrolls from then on. */
const WIDEST_SPAN_SECONDS = 12;

/** The moment with the cursor is at least this far from the left end. */
const BEFORE_CURSOR_SECONDS = 2;

/** Columns across the plot, at most.  A level is drawn once for each column. */
const MOST_COLUMNS = 420;

/** Narrower than its line, a column could not be seen. */
const COLUMN_PIXELS = 3;

/** The least distance from one number to the next. */
const TICK_GAP_PIXELS = 83.2;

/**
 * @typedef {object} TimeRange What the axis shows.
 * @property {number} from The time at the left end.
 * @property {number} seconds From there to the right end.
 */

/**
 * What the axis shows of a run at time `now`.  It does not scroll once one of several runs
 * side by side has ended: the ended one would scroll away.
 *
 * @param {number} now
 * @param {boolean} scrolls
 * @param {number} [cursor] The earliest moment at which there is a cursor.
 * @returns {TimeRange}
 */
export function timeRangeTo(now, scrolls, cursor = Infinity) {
  const usual = now - (scrolls ? WIDEST_SPAN_SECONDS : KEPT_SECONDS);
  const from = Math.max(0, Math.min(usual, cursor - BEFORE_CURSOR_SECONDS));
  return { from, seconds: Math.max(SHORTEST_SPAN_SECONDS, now - from) * 1.02 };
}

/**
 * The axis of a run that is shown as a whole from the start.
 *
 * @param {number} end
 * @returns {TimeRange}
 */
export function rangeOfWhole(end) {
  return { from: 0, seconds: Math.max(SHORTEST_WHOLE_SECONDS, end) * 1.02 };
}

/**
 * For how many columns there is room.
 *
 * @param {number} pixels From the left end of the axis to its right end.
 */
export function columnsIn(pixels) {
  return Math.min(MOST_COLUMNS, Math.max(1, pixels / COLUMN_PIXELS));
}

/**
 * The seconds of one column.  They only ever double, so that columns stay where they are.
 *
 * @param {number} seconds What the axis shows.
 * @param {number} [mostColumns]
 */
export function columnFor(seconds, mostColumns = MOST_COLUMNS) {
  const bins = seconds / BIN / mostColumns;
  return BIN * 2 ** Math.max(0, Math.ceil(Math.log2(bins)));
}

/**
 * The times at which the axis has a number.
 *
 * @param {TimeRange} timeRange
 * @param {number} wide Pixels of the picture.
 */
export function ticksOf({ from, seconds }, wide) {
  const step = Math.max(0.5, niceStep(seconds, Math.max(2, wide / TICK_GAP_PIXELS)));
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick < from + seconds; tick += step) {
    ticks.push(tick);
  }
  return ticks;
}
