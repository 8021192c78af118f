// A tally: how many requests ended in one way.

import { withCommas } from "../words.js";
import { middleOf, ONE_LINE_TALLY_PIXELS } from "./places.js";

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
  { name: "lost", words: "failed, cancelled", short: "unanswered" },
];

/** A tally narrower than this has its short words. */
const NARROW_PIXELS = 140;

/** The number begins here, right of its mark. */
const NUMBER_LEFT = 36;
const ONE_LINE_NUMBER_LEFT = 24;

/** The size of its digits where there is room, and where all stands in one line. */
const USUAL_SIZE = 32;
const ONE_LINE_SIZE = 17;

/** From the middle of a line to the ground on which its letters stand. */
const HALF_LETTER = 5;

/** The room for the short words in one line. */
const SHORT_WORDS_PIXELS = 72;

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
  if (h < ONE_LINE_TALLY_PIXELS) {
    drawOneLine(pen, region, { digits, colour, label: short });
    return;
  }
  const fitting = sizeThatFits(pen, digits, w - NUMBER_LEFT - 8);
  const size = Math.min(USUAL_SIZE, h * 0.5, fitting);
  const style = { size, bold: true, name: colour };
  pen.text(digits, x + NUMBER_LEFT, y + h * 0.34 + 11, style);
  const label = w > NARROW_PIXELS ? words : short;
  pen.text(label, x + 12, y + h - 11, { soft: true });
}

/**
 * @param {Pen} pen
 * @param {Region} region
 * @param {{ digits: string, colour: string, label: string }} content
 */
function drawOneLine(pen, { x, y, w, h }, { digits, colour, label }) {
  const left = x + ONE_LINE_NUMBER_LEFT;
  const ground = y + h / 2 + HALF_LETTER;
  const fitting = sizeThatFits(pen, digits, x + w - left - SHORT_WORDS_PIXELS);
  const size = Math.min(ONE_LINE_SIZE, fitting);
  const reach = pen.text(digits, left, ground, { size, bold: true, name: colour });
  pen.text(label, reach + 5, ground, { soft: true, size: 13 });
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
