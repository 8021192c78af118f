// The names beside the ends of the lines.

import { highestOf } from "./levels.js";
import { short } from "./scales.js";
import { MARK_ROW_PIXELS } from "./strips.js";

/** The least distance from one name to the next. */
const NAME_GAP_PIXELS = 15;

/**
 * @import { Content, DrawnLine } from "./content.js"
 * @import { Strip, StripSpec } from "./strips.js"
 *
 * @typedef {object} Name
 * @property {string} line The colour is this line's.
 * @property {string} words
 * @property {number} y
 */

/**
 * The names of a strip's marks and lines, spread so that none covers another.
 *
 * @param {Strip} strip
 * @param {Content} content
 * @param {(level: number) => number} up The pixels of a level.
 * @returns {Name[]} From the top down.
 */
export function namesBeside({ spec, y }, { lines, marks }, up) {
  /** @type {Name[]} */
  const names = [];
  marks.forEach(({ name, any }, row) => {
    if (any) names.push({ line: name, words: name, y: markRow(y, row) + 10 });
  });
  const several = hasSeveralLines(spec, lines);
  for (const line of lines) {
    if (line.name === spec.ceiling) names.push(...ceilingName(line, up));
    else if (several) names.push(...lineName(line, up));
  }
  return spread(names);
}

/**
 * Whether a strip shows more than one line.  The only one needs no name and no dashes.
 *
 * @param {StripSpec} spec
 * @param {DrawnLine[]} lines
 */
export function hasSeveralLines(spec, lines) {
  const measured = lines.filter(({ name }) => name !== spec.ceiling);
  return measured.filter(({ steps }) => steps.length > 0).length > 1;
}

/**
 * The upper end of a row of marks.
 *
 * @param {number} y Where the strip begins.
 * @param {number} row
 */
export const markRow = (y, row) => y + MARK_ROW_PIXELS * row + 2;

/**
 * A ceiling's name stands above its end: a limit with its number, a quota's number alone,
 * because the strip's title says what it is.
 *
 * @param {DrawnLine} line
 * @param {(level: number) => number} up
 * @returns {Name[]} None if there is no ceiling any more.
 */
function ceilingName({ name, steps }, up) {
  const level = steps[steps.length - 1]?.level ?? null;
  if (level === null) return [];
  const words = name === "limit" ? `limit ${short(level)}` : short(level);
  return [{ line: name, words, y: up(level) - 1 }];
}

/**
 * A line's name stands beside its end, or beside the peak of a line that ended before.
 *
 * @param {DrawnLine} line
 * @param {(level: number) => number} up
 * @returns {Name[]} None if nothing of it is drawn.
 */
function lineName({ name, steps }, up) {
  const level = steps[steps.length - 1]?.level ?? highestOf(steps);
  return level < 0 ? [] : [{ line: name, words: name, y: up(level) + 9 }];
}

/** @param {Name[]} names */
function spread(names) {
  names.sort((one, other) => one.y - other.y);
  let free = -Infinity;
  for (const name of names) {
    name.y = Math.max(name.y, free + NAME_GAP_PIXELS);
    free = name.y;
  }
  return names;
}
