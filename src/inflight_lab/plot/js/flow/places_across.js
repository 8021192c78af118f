// The layout from left to right: queue and slots, the roads, the API; below the client its
// tallies.

/** Pixels from the frame of the API to what stands in it. */
const API_PADDING = 24;

/**
 * @import { Layout } from "./places.js"
 * @import { Sheet } from "./sheet.js"
 */

/**
 * The roads lie between the slots and the API, those who have not arrived wait between the
 * roads, and answers fall through the gutter above the tallies.
 *
 * @param {Sheet} sheet
 * @returns {Layout}
 */
export function placesAcross(sheet) {
  const roadLeft = sheet.across(0.373);
  const poolLeft = roadLeft + 20;
  const crowdLeft = sheet.across(0.205);
  const apiLeft = sheet.across(0.59);
  const inside = apiLeft + API_PADDING;
  const insideWide = sheet.w * 0.41 - API_PADDING - 16;
  const aisle = apiLeft + API_PADDING / 2;
  const [, gutter] = sheet.spot(0, 184);
  return {
    words: {
      queue: sheet.spot(sheet.across(0), 28),
      slots: sheet.spot(sheet.across(0.205), 28),
      noLimit: sheet.spot(sheet.across(0.205), 28),
      flying: sheet.spot(roadLeft, 28),
      pool: sheet.spot(roadLeft + 12, 135),
      crowd: sheet.spot(roadLeft + 12, 135),
      api: sheet.spot(inside, 32),
      refused: sheet.spot(sheet.right - 16, 32),
      bundle: sheet.spot(apiLeft - 12, 175),
    },
    queue: sheet.part(0, 44, 0.17, 112),
    slots: sheet.part(0.205, 44, 0.15, 112),
    tightPool: false,
    pool: sheet.area(poolLeft, 67, apiLeft - 10 - poolLeft, 50),
    crowd: sheet.area(crowdLeft, 67, apiLeft - 10 - crowdLeft, 50),
    out: [sheet.spot(roadLeft, 54), sheet.spot(apiLeft, 54)],
    back: [sheet.spot(apiLeft, 150), sheet.spot(roadLeft, 150)],
    enter: [],
    leave: [sheet.spot(aisle, 104), sheet.spot(aisle, 150)],
    api: sheet.part(0.59, 8, 0.41, 284),
    work: sheet.area(inside, 44, insideWide, 64),
    quota: sheet.area(inside, 146, insideWide, 130),
    tallies: [0, 1, 2].map((i) => sheet.part(i * 0.192, 208, 0.178, 84)),
    fall: ([x], [end]) => [[x, gutter], [end, gutter]],
  };
}
