// A road between client and API: the dots fly along its middle, towards its arrow.

/** Pixels: how wide it is, and how far its arrow reaches. */
const ROAD_PIXELS = 22;
const ARROW_PIXELS = 6;

/** The arrow stands this many pixels before the end of the road. */
const BEFORE_END_PIXELS = 12;

/**
 * @import { Pen } from "../pen.js"
 * @import { Spot } from "./grid.js"
 */

/**
 * @param {Pen} pen
 * @param {Spot[]} road
 */
export function drawRoad(pen, road) {
  pen.path(road, { line: 0.07, wide: ROAD_PIXELS, soft: true });
  const arrow = { line: 0.75, wide: 2, soft: true };
  for (const back of [0, ARROW_PIXELS]) pen.path(arrowOn(road, back), arrow);
}

/**
 * The corners of a head of the arrow.
 *
 * @param {Spot[]} road
 * @param {number} back How far it stands behind the foremost.
 * @returns {Spot[]}
 */
export function arrowOn(road, back) {
  const [[fromX, fromY], [toX, toY]] = road.slice(-2);
  const long = Math.hypot(toX - fromX, toY - fromY);
  const ahead = [(toX - fromX) / long, (toY - fromY) / long];
  const aside = [-ahead[1], ahead[0]];
  /** @param {number} behind @param {number} beside @returns {Spot} */
  const spot = (behind, beside) => [
    toX - ahead[0] * (BEFORE_END_PIXELS + back + behind) + aside[0] * beside,
    toY - ahead[1] * (BEFORE_END_PIXELS + back + behind) + aside[1] * beside,
  ];
  return [
    spot(ARROW_PIXELS, ARROW_PIXELS),
    spot(0, 0),
    spot(ARROW_PIXELS, -ARROW_PIXELS),
  ];
}
