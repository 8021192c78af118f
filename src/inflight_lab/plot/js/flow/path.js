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
  const whole = lengthOf(way);
  const gone = whole * share * share * (3 - 2 * share);
  const cut = Math.min(CORNER_PIXELS, gone, whole - gone);
  const [x, y] = spotAfter(way, gone - cut);
  const [laterX, laterY] = spotAfter(way, gone + cut);
  return [(x + laterX) / 2, (y + laterY) / 2];
}

/** @param {Spot[]} way */
function lengthOf(way) {
  let length = 0;
  for (let i = 1; i < way.length; i += 1) length += distance(way[i - 1], way[i]);
  return length;
}

/**
 * @param {Spot[]} way
 * @param {number} pixels From its begin.
 * @returns {Spot}
 */
function spotAfter(way, pixels) {
  let left = pixels;
  for (let i = 1; i < way.length; i += 1) {
    const step = distance(way[i - 1], way[i]);
    if (left < step) return between(way[i - 1], way[i], left / step);
    left -= step;
  }
  return way[way.length - 1];
}

/**
 * @param {Spot} one
 * @param {Spot} other
 */
const distance = ([x, y], [otherX, otherY]) => Math.hypot(otherX - x, otherY - y);

/**
 * @param {Spot} one
 * @param {Spot} other
 * @param {number} share
 * @returns {Spot}
 */
function between([x, y], [otherX, otherY], share) {
  return [x + (otherX - x) * share, y + (otherY - y) * share];
}
