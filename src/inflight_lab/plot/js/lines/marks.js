// Groups of marks with the number of marks in each, placed so that no number covers another.

/** The width of a digit at most, and the distance of a number from its marks. */
const DIGIT_PIXELS = 10;
const NUMBER_DISTANCE_PIXELS = 6;

/**
 * @import { Group } from "./levels.js"
 *
 * @typedef {object} Numbered Groups that share a number.
 * @property {Group[]} groups
 * @property {number} count
 * @property {boolean} late Whether the number stands before the marks, because there is no
 *   room behind them.
 * @property {number} numberPixel Where the number begins or, if late, ends.
 * @property {number} from The pixels that marks and number take.
 * @property {number} to
 */

/**
 * Groups share one number where there is no room for two.
 *
 * @param {Group[]} groups
 * @param {(time: number) => number} x The pixels of a time.
 * @param {number} rightPixel No number goes beyond it.
 */
export function withNumbers(groups, x, rightPixel) {
  /** @type {Numbered[]} */
  const placed = [];
  for (const group of groups) {
    let next = numbered([group], x, rightPixel);
    for (let last = placed.at(-1); last && touches(last, next); last = placed.at(-1)) {
      next = numbered([...last.groups, ...next.groups], x, rightPixel);
      placed.pop();
    }
    placed.push(next);
  }
  return placed;
}

/**
 * @param {Numbered} last
 * @param {Numbered} next
 */
const touches = (last, next) => next.from < last.to;

/**
 * @param {Group[]} groups
 * @param {(time: number) => number} x
 * @param {number} rightPixel
 * @returns {Numbered}
 */
function numbered(groups, x, rightPixel) {
  const count = Math.round(groups.reduce((sum, each) => sum + each.count, 0));
  const left = x(groups[0].begin);
  const right = x(groups[groups.length - 1].end);
  const room = NUMBER_DISTANCE_PIXELS + DIGIT_PIXELS * `${count}`.length;
  const late = right + room > rightPixel;
  return {
    groups,
    count,
    late,
    numberPixel: late ? left - NUMBER_DISTANCE_PIXELS : right + NUMBER_DISTANCE_PIXELS,
    from: late ? left - room : left,
    to: late ? right : right + room,
  };
}
