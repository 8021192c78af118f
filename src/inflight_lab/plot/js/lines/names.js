// The names beside the ends of the lines.

import { highestOf } from "./levels.js";
import { short } from "./scales.js";

/** The least distance from one name to the next. */
const NAME_GAP_PIXELS = 15;

/**
 * @import { DrawnLine } from "./content.js"
 * @import { StripSpec } from "./strips.js"
 *
 * @typedef {object} Name
 * @property {string} line The colour is this line's.
 * @property {string} words
 * @property {number} y
 */

/**
 * The names of a strip's lines, spread so that none covers another.  A name stands beside the
 * end of its line, or beside the peak of a line that ended before; a ceiling's stands above
 * it.  The only line of a strip has no name of its own.
 *
 * @param {StripSpec} spec
 * @param {DrawnLine[]} lines
 * @param {(level: number) => number} up The pixels of a level.
 * @returns {Name[]} From the top down.
 */
export function namesBeside(spec, lines, up) {
  /** @type {Name[]} */
  const names = [];
  for (const { name, steps } of lines) {
    const last = steps[steps.length - 1]?.level ?? null;
    if (name === spec.ceiling) {
      const words = `${name.replace("token_", "")} ${short(last ?? 0)}`;
      if (last !== null) names.push({ line: name, words, y: up(last) - 1 });
    } else if (spec.lines.length > 1) {
      const level = last ?? highestOf(steps);
      if (level >= 0) names.push({ line: name, words: name, y: up(level) + 9 });
    }
  }
  return spread(names);
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
