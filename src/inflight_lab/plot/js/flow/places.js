// Where things stand in the picture of the flow: from left to right, on a narrow page from top
// to bottom.

import { spotFromRight, spotInRows } from "./grid.js";
import { placesAcross } from "./places_across.js";
import { placesDown } from "./places_down.js";
import { Sheet } from "./sheet.js";

/** A tally that is lower than this has all in one line. */
export const ONE_LINE_TALLY_PIXELS = 40;

/**
 * @import { Region, Spot } from "./grid.js"
 * @import { Pack, SlotPack } from "./packing.js"
 *
 * @typedef {object} Size The sizes in pixels that a layout is made for.
 * @property {number} w The usual width.
 * @property {number} least The least width at which no words run into others.
 * @property {number} h The least height.
 *
 * @typedef {object} Layout
 * @property {Words} words
 * @property {Region} queue Requests that wait for a slot.
 * @property {Region} slots
 * @property {Region} pool Sent, and not arrived; where there is a limit.
 * @property {boolean} tightPool Whether its number has no room beside its name.
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
 * @typedef {Layout & { height: number, down: boolean }} Places A layout and its whole height.
 *
 * @typedef {object} Words Where the words begin that say what stands below them.
 * @property {Spot} queue
 * @property {Spot} slots
 * @property {Spot} noLimit
 * @property {Spot} flying
 * @property {Spot} pool
 * @property {Spot} crowd
 * @property {Spot} api
 * @property {Spot} refused Where they end.
 * @property {Spot} bundle Where they end.
 */

/** @type {Size} */
export const WIDE = { w: 880, least: 588, h: 300 };
/** @type {Size} */
export const NARROW = { w: 400, least: 284, h: 382 };

/**
 * The places in a picture of this width and height; at least as high as its layout.
 *
 * @param {number} width
 * @param {number} height
 * @param {boolean} down
 * @returns {Places}
 */
export function placesFor(width, height, down) {
  const { h } = down ? NARROW : WIDE;
  const sheet = new Sheet(width, Math.max(1, height / h));
  const layout = down ? placesDown(sheet) : placesAcross(sheet);
  return { ...layout, height: h * sheet.stretch, down };
}

/**
 * The layout for a page, which grows with its picture: from top to bottom where it is narrow.
 *
 * @param {number} width
 */
export function fitOnPage(width) {
  const down = width < WIDE.least;
  return { places: placesFor(width, 0, down), zoom: 1 };
}

/** From top to bottom only if everything is then larger by more than this. */
const CLEARLY_LARGER = 1.15;

/**
 * The layout that is largest on a screen of this size: none of it is cut off.
 *
 * @param {number} width
 * @param {number} height
 */
export function fitOnScreen(width, height) {
  const across = zoomOf(WIDE, width, height);
  const downwards = zoomOf(NARROW, width, height);
  const down = downwards > across * CLEARLY_LARGER;
  const zoom = down ? downwards : across;
  const places = placesFor(width / zoom, height / zoom, down);
  return { places, zoom };
}

/**
 * How many times as large as usual a layout may be drawn.  It is made smaller only where it
 * would not fit with its least width.
 *
 * @param {Size} layout
 * @param {number} width
 * @param {number} height
 */
function zoomOf({ w, least, h }, width, height) {
  const usual = Math.min(width / w, height / h);
  const smaller = Math.min(1, width / least, height / h);
  return Math.max(usual, smaller);
}

/**
 * The place of the i-th waiting dot in a region: the first is nearest to the exit.
 *
 * @param {Pack} pack
 * @param {number} i
 */
export function queuedAt({ region, gap }, i) {
  return spotFromRight(region, i, gap);
}

/**
 * The place of a slot, in full rows.  Those that are not drawn stand behind the last one
 * that is.
 *
 * @param {SlotPack} pack
 * @param {number} slot
 */
export function slotAt({ region, gap, room, columns }, slot) {
  return spotInRows(region, Math.min(slot, room - 1), { gap, columns });
}

/**
 * The middle of the mark in a tally.
 *
 * @param {Region} tally
 * @returns {Spot}
 */
export function middleOf({ x, y, h }) {
  return h < ONE_LINE_TALLY_PIXELS ? [x + 14, y + h / 2] : [x + 18, y + h * 0.34];
}

/**
 * Where dots end that fall into a tally: at its mark if they come from above, at its edge if
 * they come from the side, where they would hide its number.
 *
 * @param {Region} tally
 * @param {boolean} fromTheSide
 * @returns {Spot}
 */
export function landingIn(tally, fromTheSide) {
  const { x, y, w, h } = tally;
  return fromTheSide ? [x + w, y + h / 2] : middleOf(tally);
}
