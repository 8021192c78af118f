// The roads between client and API: the dots fly along their middle, towards their arrows.

/** Pixels: how wide a road is, and how far its arrow reaches. */
const ROAD_PIXELS = 22;
const ARROW_PIXELS = 6;

/** The arrow stands this many pixels before the end of its road. */
const BEFORE_END_PIXELS = 12;

/**
 * @import { Pen } from "../pen.js"
 * @import { Spot } from "./grid.js"
 */

/**
 * @param {Pen} pen
 * @param {Spot[][]} roads
 */
export function drawRoads(pen, roads) {
  pen.paths(roads, { name: "road", line: 1, wide: ROAD_PIXELS, soft: true });
  const arrows = roads.flatMap((road) => [
    arrowHead(road, 0),
    arrowHead(road, ARROW_PIXELS),
  ]);
  pen.paths(arrows, { line: 0.75, wide: 2, soft: true });
}

/**
 * The corners of one of the two heads of an arrow.
 *
 * @param {Spot[]} road
 * @param {number} behind How far it stands behind the foremost head.
 * @returns {Spot[]}
 */
function arrowHead(road, behind) {
  const [[fromX, fromY], [endX, endY]] = road.slice(-2);
  const length = Math.hypot(endX - fromX, endY - fromY);
  const aheadX = (endX - fromX) / length;
  const aheadY = (endY - fromY) / length;
  const tipX = endX - aheadX * (BEFORE_END_PIXELS + behind);
  const tipY = endY - aheadY * (BEFORE_END_PIXELS + behind);
  const backX = tipX - aheadX * ARROW_PIXELS;
  const backY = tipY - aheadY * ARROW_PIXELS;
  return [
    [backX - aheadY * ARROW_PIXELS, backY + aheadX * ARROW_PIXELS],
    [tipX, tipY],
    [backX + aheadY * ARROW_PIXELS, backY - aheadX * ARROW_PIXELS],
  ];
}
