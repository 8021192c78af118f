// The curve along which a dot flies.

/** @import { Spot } from "./grid.js" */

/**
 * The point of a cubic Bézier curve at a share of the way, from 0 to 1: slow at
 * both ends.
 *
 * @param {[Spot, Spot, Spot, Spot]} points
 * @param {number} share
 * @returns {Spot}
 */
export function bezier([begin, first, second, end], share) {
  const u = share * share * (3 - 2 * share);
  const v = 1 - u;
  const atBegin = v * v * v;
  const atFirst = 3 * v * v * u;
  const atSecond = 3 * v * u * u;
  const atEnd = u * u * u;
  /** @param {0 | 1} axis */
  const along = (axis) =>
    atBegin * begin[axis] + atFirst * first[axis] + atSecond * second[axis] +
    atEnd * end[axis];
  return [along(0), along(1)];
}
