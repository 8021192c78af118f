// The layout from top to bottom: queue and slots side by side, the roads below the slots, and
// the API.  Beside the roads, below the queue, stand the tallies.

import { MARGIN } from "./sheet.js";

/** Pixels: the least and the greatest width of a tally, and the room right of it. */
const LEAST_TALLY_PIXELS = 139;
const TALLY_PIXELS = 190;
const STREET_PIXELS = 10;

/** Pixels: half a road, and the room between it and what stands beside it. */
const HALF_ROAD_PIXELS = 11;
const BESIDE_ROAD_PIXELS = 16;

/** The heading of those who have not arrived is about as wide as this. */
const POOL_HEADING_PIXELS = 110;

/**
 * @import { Layout } from "./places.js"
 * @import { Sheet } from "./sheet.js"
 */

/**
 * The road back ends between the slots and the tallies, of which the first is the one for
 * answers.
 *
 * @param {Sheet} sheet
 * @returns {Layout}
 */
export function placesDown(sheet) {
  const inside = MARGIN + 8;
  const insideWide = sheet.w - 16;
  const tallyWide = Math.min(TALLY_PIXELS, Math.max(LEAST_TALLY_PIXELS, sheet.w * 0.5));
  const street = MARGIN + tallyWide + STREET_PIXELS;
  const backRoad = street + 5 + HALF_ROAD_PIXELS;
  const outRoad = sheet.right - 8;
  const slotsLeft = street - 4;
  const slotsWide = sheet.right - slotsLeft;
  const poolLeft = backRoad + BESIDE_ROAD_PIXELS;
  const poolWide = outRoad - BESIDE_ROAD_PIXELS - poolLeft;
  const tightPool = poolWide < POOL_HEADING_PIXELS;
  const poolTop = tightPool ? 153 : 135;
  const [, gutter] = sheet.spot(0, 95);
  return {
    words: {
      queue: sheet.spot(MARGIN, 26),
      slots: sheet.spot(slotsLeft, 26),
      noLimit: sheet.spot(slotsLeft, 26),
      flying: sheet.spot(MARGIN, 196),
      pool: sheet.spot(poolLeft, 128),
      crowd: sheet.spot(poolLeft, 128),
      api: sheet.spot(MARGIN + 4, 222),
      refused: sheet.spot(outRoad - BESIDE_ROAD_PIXELS, 222),
      bundle: sheet.spot(inside + insideWide, 285),
    },
    queue: sheet.area(MARGIN, 34, slotsLeft - 14 - MARGIN, 54),
    slots: sheet.area(slotsLeft, 34, slotsWide, 54),
    tightPool,
    pool: sheet.area(poolLeft, poolTop, poolWide, 186 - poolTop),
    crowd: sheet.area(slotsLeft, 34, outRoad - BESIDE_ROAD_PIXELS - slotsLeft, 54),
    out: [sheet.spot(outRoad, 103), sheet.spot(outRoad, 202)],
    back: [sheet.spot(backRoad, 202), sheet.spot(backRoad, 101)],
    enter: [sheet.spot(outRoad, 229)],
    leave: [sheet.spot(backRoad, 238)],
    api: sheet.part(0, 202, 1, 176),
    work: sheet.area(inside, 234, insideWide, 36),
    quota: sheet.area(inside, 294, insideWide, 76),
    tallies: [0, 1, 2].map((i) => sheet.area(MARGIN, 103 + i * 26, tallyWide, 23)),
    fall: ([x], [, end]) => [[x, gutter], [street, gutter], [street, end]],
  };
}
