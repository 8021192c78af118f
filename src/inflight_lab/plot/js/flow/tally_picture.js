// A tally: how many requests ended in one way.

import { withCommas } from "../words.js";
import { middleOf } from "./places.js";

/**
 * @import { Pen } from "../pen.js"
 * @import { Region } from "./grid.js"
 * @import { FlowOutcome } from "./request.js"
 *
 * @typedef {object} Tally
 * @property {FlowOutcome} name
 * @property {string} words
 * @property {string} short Its words where it is narrow.
 */

/** @type {Tally[]} From left to right. */
export const TALLIES = [
  { name: "ok", words: "answered", short: "answered" },
  { name: "refused", words: "refused", short: "refused" },
  { name: "lost", words: "failed, cancelled", short: "failed" },
];

/** A tally narrower than this has its short words. */
const NARROW_PIXELS = 140;

/** The number begins here, right of its mark. */
const NUMBER_LEFT = 36;

/** The size of its digits where there is room. */
const USUAL_SIZE = 32;

/**
 * @param {Pen} pen
 * @param {Region} region
 * @param {Tally} tally
 * @param {number} number
 */
export function drawTally(pen, region, { name, words, short }, number) {
  const { x, y, w, h } = region;
  const hasSome = number > 0;
  const colour = hasSome ? name : "ink";
  const strength = hasSome ? { fill: 0.09, line: 0.7 } : { fill: 0.04, line: 0.5 };
  pen.box(region, { name: colour, ...strength });
  pen.mark(name, [middleOf(region)], 6);
  const digits = withCommas(number);
  const fitting = sizeThatFits(pen, digits, w - NUMBER_LEFT - 8);
  const size = Math.min(USUAL_SIZE, h * 0.5, fitting);
  const style = { size, bold: true, name: colour };
  pen.text(digits, x + NUMBER_LEFT, y + h * 0.34 + 11, style);
  const label = w > NARROW_PIXELS ? words : short;
  pen.text(label, x + 12, y + h - 11, { soft: true });
}

/**
 * How high the digits of a number may be.
 *
 * @param {Pen} pen
 * @param {string} digits
 * @param {number} room In pixels.
 */
function sizeThatFits(pen, digits, room) {
  const usual = { size: USUAL_SIZE, bold: true };
  return USUAL_SIZE * room / pen.widthOf(digits, usual);
}
