// The time of a frozen picture: its dots are those of one moment, its tallies those of the end.

import { atTime } from "../words.js";

/** Pixels from the line of the first heading up to the stamp. */
const ABOVE_HEADING = 16;

/** Pixels from the upper edge of the tallies up to the words above them. */
const ABOVE_TALLIES = 6;

/** Pixels: the mark before the time looks like the one in the strip. */
const MARK = { wide: 2, high: 12, gap: 6 };

/**
 * @import { Pen } from "../pen.js"
 * @import { Places } from "./places.js"
 *
 * @typedef {object} Stamped
 * @property {Places} places
 * @property {number | null} frozenAt Null if the picture moves.
 */

/**
 * @param {Pen} pen
 * @param {Stamped} scene
 */
export function drawStamp(pen, { places, frozenAt }) {
  if (frozenAt === null) return;
  const [x, below] = places.words.queue;
  const y = below - ABOVE_HEADING;
  pen.bar("ink", x, y - MARK.high + 2, MARK.wide, MARK.high);
  pen.text(atTime(frozenAt), x + MARK.gap, y, { bold: true });
  const [first] = places.tallies;
  pen.text("in the end", first.x, first.y - ABOVE_TALLIES, { bold: true });
}
