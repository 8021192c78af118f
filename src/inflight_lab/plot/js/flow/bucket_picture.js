// A token bucket, filled as far as there are tokens.

import { withCommas } from "../words.js";

/** Pixels by which its walls lean outwards. */
const WALL_LEAN_PIXELS = 12;

/**
 * @import { Pen } from "../pen.js"
 * @import { Spot } from "./grid.js"
 * @import { Quota } from "./quota_picture.js"
 */

/**
 * @param {Pen} pen
 * @param {Quota} quota
 * @param {number} tokens
 */
export function drawBucket(pen, { area, policy, ink }, tokens) {
  const { x, y, w, h } = area;
  const wide = Math.min(120, w * 0.4);
  const deep = h - 8;
  const bottom = y + h - 2;
  const up = (deep * tokens) / policy.burst;
  const wall = WALL_LEAN_PIXELS * (1 - up / deep); // at the surface
  const content = [[WALL_LEAN_PIXELS, 0], [wall, up], [wide - wall, up], [
    wide - WALL_LEAN_PIXELS,
    0,
  ]];
  const walls = [[0, deep], [WALL_LEAN_PIXELS, 0], [wide - WALL_LEAN_PIXELS, 0], [
    wide,
    deep,
  ]];
  /** @param {number[]} corner @returns {Spot} */
  const spot = ([right, above]) => [x + right, bottom - above];
  pen.path(content.map(spot), { name: "ok", fill: 0.75 });
  pen.path(walls.map(spot), { name: ink, line: 1, wide: 2.5 });
  const beside = x + wide + 18;
  const middle = y + h * 0.5;
  pen.text(Math.floor(tokens), beside, middle, { size: 28, bold: true, name: ink });
  pen.text(`of ${withCommas(policy.burst)} tokens left`, beside, middle + 22, {
    soft: true,
  });
}
