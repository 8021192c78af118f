// A token bucket, filled as far as there are tokens.

/** Pixels by which its walls lean outwards. */
const LEAN = 12;

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
  const wall = LEAN * (1 - up / deep); // how far in the wall stands, so high above the bottom
  const content = [[LEAN, 0], [wall, up], [wide - wall, up], [wide - LEAN, 0]];
  const walls = [[0, deep], [LEAN, 0], [wide - LEAN, 0], [wide, deep]];
  /** @param {number[]} corner @returns {Spot} */
  const spot = ([right, above]) => [x + right, bottom - above];
  pen.path(content.map(spot), { name: "ok", fill: 0.75 });
  pen.path(walls.map(spot), { name: ink, line: 1, wide: 2.5 });
  const beside = x + wide + 18;
  const middle = y + h * 0.5;
  pen.text(Math.floor(tokens), beside, middle, { size: 28, bold: true, name: ink });
  pen.text(`of ${policy.burst} tokens left`, beside, middle + 22, { soft: true });
}
