// The names beside the ends of the lines.

import { highestOf } from "./levels.js";
import { short } from "./scales.js";

/** Pixels from one name to the next, at the least. */
const APART = 15;

/**
 * @import { Drawn } from "./content.js"
 * @import { About } from "./strips.js"
 *
 * @typedef {object} Name
 * @property {string} line The colour is this line's.
 * @property {string} words
 * @property {number} y
 */

/**
 * Beside the end of each line its name, or beside its peak if it ended before; a ceiling's above
 * it; all apart from each other.  A line that is the only one has its strip's name.
 *
 * @param {About} about
 * @param {Drawn[]} lines
 * @param {(level: number) => number} up The pixels of a level.
 * @returns {Name[]} From the top down.
 */
export function namesBeside(about, lines, up) {
  /** @type {Name[]} */
  const names = [];
  for (const { name, steps } of lines) {
    const last = steps[steps.length - 1]?.level ?? null;
    if (name === about.ceiling) {
      const words = `${name.replace("token_", "")} ${short(last ?? 0)}`;
      if (last !== null) names.push({ line: name, words, y: up(last) - 1 });
    } else if (about.lines.length > 1) {
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
    name.y = Math.max(name.y, free + APART);
    free = name.y;
  }
  return names;
}
