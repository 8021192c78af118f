// The way along which a dot flies: straight from spot to spot, and cutting the corners.

/** A corner is cut from this far before it to this far behind it, in pixels. */
const CORNER_PIXELS = 14;

/** @import { Spot } from "./grid.js" */

/**
 * The spot on a way at a share of the time, from 0 to 1: slow at both ends.
 *
 * @param {Spot[]} way
 * @param {number} share
 * @returns {Spot}
 */
export function spotOn(way, share) {
  const steps = stepsOf(way);
  const whole = steps.reduce((sum, step) => sum + step, 0);
  const gone = whole * share * share * (3 - 2 * share);
  const cut = Math.min(CORNER_PIXELS, gone, whole - gone);
  const before = spotAfter(way, steps, gone - cut);
  const after = spotAfter(way, steps, gone + cut);
  return between(before, after, 0.5);
}

/**
 * How long a way is from spot to spot.
 *
 * @param {Spot[]} way
 */
function stepsOf(way) {
  const steps = [];
  for (let i = 1; i < way.length; i += 1) {
    const across = way[i][0] - way[i - 1][0];
    const along = way[i][1] - way[i - 1][1];
    steps.push(Math.sqrt(across * across + along * along)); // `hypot` is slow
  }
  return steps;
}

/**
 * @param {Spot[]} way
 * @param {number[]} steps
 * @param {number} pixels From its start.
 * @returns {Spot}
 */
function spotAfter(way, steps, pixels) {
  let left = pixels;
  for (let i = 0; i < steps.length; i += 1) {
    if (left < steps[i]) return between(way[i], way[i + 1], left / steps[i]);
    left -= steps[i];
  }
  return way[way.length - 1];
}

/**
 * @param {Spot} one
 * @param {Spot} other
 * @param {number} share
 * @returns {Spot}
 */
function between(one, other, share) {
  return [
    one[0] + (other[0] - one[0]) * share,
    one[1] + (other[1] - one[1]) * share,
  ];
}
