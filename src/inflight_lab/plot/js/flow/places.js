// Where things stand in the picture of the flow: from left to right, on a narrow page from top
// to bottom.

import { spotFromLeft, spotFromRight } from "./grid.js";

/** The sizes in pixels that the two layouts are made for. */
export const WIDE = { w: 880, h: 300 };
export const NARROW = { w: 400, h: 526 };

/** On a page narrower than this, the picture goes from top to bottom. */
export const DOWN_BELOW_PIXELS = 588;

/** Pixels left free on either side. */
const MARGIN = 12;

/** Pixels from the frame of the API to what stands in it. */
const API_PADDING = 24;

/**
 * @import { Region, Spot } from "./grid.js"
 * @import { Pack } from "./packing.js"
 *
 * @typedef {object} Places
 * @property {number} height Of the whole picture.
 * @property {boolean} down
 * @property {Words} words
 * @property {Region} queue Requests that wait for a slot.
 * @property {Region} slots
 * @property {Region} pool Sent, and not arrived; where there is a limit.
 * @property {Region} crowd Sent, and not arrived; where there is no limit.
 * @property {Spot[]} out The road to the API.
 * @property {Spot[]} back The road back.
 * @property {Spot[]} enter From the end of the road out to where the API works.
 * @property {Spot[]} leave From there to the start of the road back.
 * @property {Region} api
 * @property {Region} work Requests that the API works on.
 * @property {Region} quota
 * @property {Region[]} tallies
 * @property {(from: Spot, to: Spot) => Spot[]} fall The corners on the way from the client
 *   into a tally.
 *
 * @typedef {object} Words Where the words begin that say what stands below them.
 * @property {Spot} queue
 * @property {Spot} slots
 * @property {Spot} noLimit
 * @property {Spot} flying
 * @property {Spot} pool
 * @property {Spot} crowd
 * @property {Spot} api
 * @property {Spot} bundle
 */

/**
 * The places in a picture of this width and height; at least as high as its layout.
 *
 * @param {number} width
 * @param {number} height
 * @param {boolean} down
 * @returns {Places}
 */
export function placesFor(width, height, down) {
  const natural = (down ? NARROW : WIDE).h;
  const sheet = new Sheet(width, Math.max(1, height / natural));
  const places = down ? placesDown(sheet) : placesAcross(sheet);
  return { height: natural * sheet.stretch, down, ...places };
}

/** A picture whose layout is made in shares of its width and in pixels of its usual height. */
class Sheet {
  /**
   * @param {number} width
   * @param {number} stretch How many times as high as usual it is.
   */
  constructor(width, stretch) {
    this.w = width - 2 * MARGIN;
    this.stretch = stretch;
  }

  /**
   * The pixels of a share of the width.
   *
   * @param {number} share
   */
  across(share) {
    return MARGIN + this.w * share;
  }

  /**
   * A region whose left end and width are pixels.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} w
   * @param {number} h
   * @returns {Region}
   */
  area(x, y, w, h) {
    return { x, y: y * this.stretch, w, h: h * this.stretch };
  }

  /**
   * A region whose left end and width are shares of the picture's width.
   *
   * @param {number} leftShare
   * @param {number} y
   * @param {number} widthShare
   * @param {number} h
   */
  part(leftShare, y, widthShare, h) {
    return this.area(this.across(leftShare), y, this.w * widthShare, h);
  }

  /**
   * @param {number} x In pixels.
   * @param {number} y
   * @returns {Spot}
   */
  spot(x, y) {
    return [x, y * this.stretch];
  }
}

/**
 * The roads lie between the slots and the API, those who have not arrived wait between the
 * roads, and answers fall through the gutter above the tallies.
 *
 * @param {Sheet} sheet
 * @returns {Omit<Places, "height" | "down">}
 */
function placesAcross(sheet) {
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
      bundle: sheet.spot(apiLeft - 12, 175),
    },
    queue: sheet.part(0, 44, 0.17, 112),
    slots: sheet.part(0.205, 44, 0.15, 112),
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

/**
 * The road back joins a street beside queue and slots, from which answers turn off into
 * slots and tallies.
 *
 * @param {Sheet} sheet
 * @returns {Omit<Places, "height" | "down">}
 */
function placesDown(sheet) {
  const left = MARGIN + 16;
  const besideRoad = MARGIN + 40;
  const street = sheet.across(0.565);
  const right = sheet.across(0.8);
  const inside = MARGIN + 14;
  const insideWide = sheet.w - 28;
  const wide = sheet.across(0.54) - besideRoad;
  return {
    words: {
      queue: sheet.spot(MARGIN, 20),
      slots: sheet.spot(MARGIN, 120),
      noLimit: sheet.spot(besideRoad, 120),
      flying: sheet.spot(besideRoad, 290),
      pool: sheet.spot(besideRoad, 271),
      crowd: sheet.spot(besideRoad, 202),
      api: sheet.spot(besideRoad, 322),
      bundle: sheet.spot(right - 18, 290),
    },
    queue: sheet.part(0, 34, 0.54, 66),
    slots: sheet.part(0, 134, 0.54, 64),
    pool: sheet.area(besideRoad, 224, right - 20 - besideRoad, 35),
    crowd: sheet.area(besideRoad, 128, wide, 60),
    out: [sheet.spot(left, 210), sheet.spot(left, 298)],
    back: [sheet.spot(right, 298), sheet.spot(right, 214), sheet.spot(street, 214)],
    enter: [sheet.spot(left, 334)],
    leave: [sheet.spot(right, 336)],
    api: sheet.part(0, 298, 1, 222),
    work: sheet.area(inside, 332, insideWide, 52),
    quota: sheet.area(inside, 412, insideWide, 98),
    tallies: [0, 1, 2].map((i) => sheet.part(0.61, 8 + i * 66, 0.39, 58)),
    fall: ([, y], [, end]) => [[street, y], [street, end]],
  };
}

/**
 * The place of the i-th waiting dot in a region: the first is nearest to the exit.
 *
 * @param {Places} places
 * @param {Pack} pack
 * @param {number} i
 */
export function queuedAt({ down }, { region, gap }, i) {
  return down ? spotFromLeft(region, i, gap) : spotFromRight(region, i, gap);
}

/**
 * The place of a slot.  Those that are not drawn stand behind the last one that is.
 *
 * @param {Pack} pack
 * @param {number} slot
 */
export function slotAt({ region, gap, room }, slot) {
  return spotFromLeft(region, Math.min(slot, room - 1), gap);
}

/**
 * The middle of the mark in a tally.
 *
 * @param {Region} tally
 * @returns {Spot}
 */
export const middleOf = ({ x, y, h }) => [x + 18, y + h * 0.34];
