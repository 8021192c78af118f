// Where things stand in the picture of the flow: from left to right, on a narrow page from top
// to bottom.

import { spotFromLeft, spotFromRight } from "./grid.js";

/** The sizes in pixels that the two layouts are made for. */
export const WIDE = { w: 880, h: 300 };
export const NARROW = { w: 400, h: 516 };

/** On a page narrower than this, the picture goes from top to bottom. */
export const DOWN_BELOW_PIXELS = 600;

/** Pixels left free on either side. */
const MARGIN = 12;

/**
 * @import { Region, Spot } from "./grid.js"
 *
 * @typedef {object} Places
 * @property {number} height Of the whole picture.
 * @property {boolean} down
 * @property {Region} queue Requests that wait for a slot.
 * @property {Region} slots
 * @property {Region} pool Sent, and not arrived; where there is a limit.
 * @property {Region} crowd Sent, and not arrived; where there is no limit.
 * @property {[Spot, Spot]} out The way to the API.
 * @property {[Spot, Spot]} back The way back.
 * @property {Spot} returnSpot Where the way back ends for a request without a slot.
 * @property {Region} api
 * @property {Region} work Requests that the API works on.
 * @property {Region} quota
 * @property {Region[]} tallies
 * @property {(from: Spot, to: Spot) => [Spot, Spot]} fall The control points of the path
 *   from the end of the way back into a tally.
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
  return { height: natural * sheet.tall, down, ...places };
}

/** A picture whose layout is made in shares of its width and in pixels of its usual height. */
class Sheet {
  /**
   * @param {number} width
   * @param {number} tall How many times as high as usual it is.
   */
  constructor(width, tall) {
    this.w = width - 2 * MARGIN;
    this.tall = tall;
  }

  /**
   * @param {number} x In pixels.
   * @param {number} y
   * @param {number} w In pixels.
   * @param {number} h
   * @returns {Region}
   */
  area(x, y, w, h) {
    return { x, y: y * this.tall, w, h: h * this.tall };
  }

  /**
   * @param {number} x As a share of the width, as `w`.
   * @param {number} y
   * @param {number} w
   * @param {number} h
   */
  part(x, y, w, h) {
    return this.area(MARGIN + this.w * x, y, this.w * w, h);
  }

  /**
   * @param {number} x As a share of the width.
   * @param {number} y
   * @returns {Spot}
   */
  spot(x, y) {
    return [MARGIN + this.w * x, y * this.tall];
  }
}

/**
 * @param {Sheet} sheet
 * @returns {Omit<Places, "height" | "down">}
 */
function placesAcross(sheet) {
  const apiLeft = 28 + sheet.w * 0.59;
  const apiWide = sheet.w * 0.41 - 32;
  return {
    queue: sheet.part(0, 44, 0.17, 112),
    slots: sheet.part(0.205, 44, 0.16, 112),
    pool: sheet.part(0.38, 44, 0.1, 56),
    crowd: sheet.part(0.205, 44, 0.18, 112),
    out: [sheet.spot(0.39, 72), sheet.spot(0.58, 72)],
    back: [sheet.spot(0.58, 132), sheet.spot(0.39, 132)],
    returnSpot: sheet.spot(0.49, 132),
    api: sheet.part(0.59, 8, 0.41, 284),
    work: sheet.area(apiLeft, 46, apiWide, 70),
    quota: sheet.area(apiLeft, 152, apiWide, 122),
    tallies: [0, 1, 2].map((i) => sheet.part(i * 0.192, 208, 0.178, 84)),
    fall: ([x], [end, y]) => [[x, y - 36], [end, y - 54]],
  };
}

/**
 * @param {Sheet} sheet
 * @returns {Omit<Places, "height" | "down">}
 */
function placesDown(sheet) {
  const inside = sheet.w - 28;
  const right = 0.56 * sheet.w + MARGIN;
  const left = 0.55 * sheet.w + MARGIN;
  return {
    queue: sheet.part(0, 36, 0.54, 64),
    slots: sheet.part(0, 140, 0.54, 62),
    pool: sheet.part(0, 234, 0.54, 28),
    crowd: sheet.part(0, 140, 0.54, 104),
    out: [sheet.spot(0.2, 236), sheet.spot(0.2, 282)],
    back: [sheet.spot(0.8, 282), sheet.spot(0.8, 236)],
    returnSpot: sheet.spot(0.76, 216),
    api: sheet.part(0, 282, 1, 226),
    work: sheet.area(26, 318, inside, 52),
    quota: sheet.area(26, 398, inside, 100),
    tallies: [0, 1, 2].map((i) => sheet.part(0.6, 8 + i * 66, 0.4, 58)),
    fall: ([, y], [, end]) => [[right, y], [left, end]],
  };
}

/**
 * The place of the i-th waiting dot in a region: the first is nearest to the exit.
 *
 * @param {Places} places
 * @param {Region} region
 * @param {number} i
 * @param {number} gap
 */
export function queuedAt({ down }, region, i, gap) {
  return down ? spotFromLeft(region, i, gap) : spotFromRight(region, i, gap);
}

/**
 * @param {Places} places
 * @param {number} slot
 * @param {number} gap
 */
export const slotAt = ({ slots }, slot, gap) => spotFromLeft(slots, slot, gap);

/**
 * The middle of the mark in a tally.
 *
 * @param {Region} tally
 * @returns {Spot}
 */
export const middleOf = ({ x, y, h }) => [x + 18, y + h * 0.34];
