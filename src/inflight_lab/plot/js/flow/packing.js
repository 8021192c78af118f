// How dots and slots stand in their regions: as far apart as there is room for, and where there
// is room for no more, how many are not drawn.

import { columnsFor, gapFor, roomIn } from "./grid.js";

/** Pixels from one dot to the next: the usual gap first, then narrower ones for a crowd. */
const QUEUE_GAPS = [11];
const POOL_GAPS = [14, 11, 9, 8];
const SLOT_GAPS = [37, 28, 22, 18, 15, 12, 10, 8];
const SEAT_GAPS = [15, 13, 11, 9, 8, 7];

/** Pixels from one dot to the next where each has its number beside it. */
const NUMBERED_GAPS = [26];
const NUMBERED_SEAT_GAPS = [30, 26, 22, 18];

/** Pixels at the bottom of a region for the words that say how many are not drawn. */
const WORDS_PIXELS = 18;

/**
 * @import { Region } from "./grid.js"
 * @import { FlowModel, Standing } from "./model.js"
 * @import { Places } from "./places.js"
 *
 * @typedef {object} Pack How some stand in a region.
 * @property {Region} region Where they stand; less high if some are not drawn.
 * @property {number} gap Pixels from one to the next.
 * @property {number} room How many are drawn, at most.
 * @property {number} more How many are not drawn.
 *
 * @typedef {Pack & { columns: number }} SlotPack
 *
 * @typedef {object} Packs
 * @property {Pack} queue
 * @property {SlotPack} slots
 * @property {Pack} pool Sent, and not arrived.
 * @property {Pack} seats At the API.
 */

/** @param {Standing} standing */
export const hasSlots = ({ limit, slots }) => limit > 0 || slots.length > 0;

/**
 * @param {FlowModel} model
 * @param {Standing} standing
 * @param {Places} places
 * @returns {Packs}
 */
export function packsFor(model, standing, places) {
  const { time, run, underWay, bundleSize: bundle } = model;
  const { numbered } = run;
  const slots = Math.max(standing.limit, standing.slots.length);
  const pool = hasSlots(standing) ? places.pool : places.crowd;
  // As if all under way were in the pool: rings do not jump when one of them leaves it.
  const poolGap = gapFor(pool, underWay.length / bundle, POOL_GAPS);
  const notArrived = underWay.filter((request) => request.legAt(time) === "pool");
  const queueGaps = numbered ? NUMBERED_GAPS : QUEUE_GAPS;
  const poolGaps = numbered ? NUMBERED_GAPS : [poolGap];
  const seatGaps = numbered ? NUMBERED_SEAT_GAPS : SEAT_GAPS;
  return {
    queue: packed(places.queue, standing.waiting, { gaps: queueGaps, bundle }),
    slots: inRows(packed(places.slots, slots, { gaps: SLOT_GAPS }), slots),
    pool: packed(pool, notArrived.length, { gaps: poolGaps, bundle }),
    seats: packed(places.work, model.seats.count, { gaps: seatGaps }),
  };
}

/**
 * @param {Pack} pack
 * @param {number} count
 * @returns {SlotPack}
 */
function inRows(pack, count) {
  const { region, gap, room } = pack;
  return { ...pack, columns: columnsFor(region, Math.min(count, room), gap) };
}

/**
 * @param {Region} region
 * @param {number} count
 * @param {{ gaps: number[], bundle?: number }} how Gaps from the widest on; a dot stands for
 *   a bundle.
 * @returns {Pack}
 */
function packed(region, count, { gaps, bundle = 1 }) {
  const dots = Math.ceil(count / bundle);
  const gap = gapFor(region, dots, gaps);
  const room = roomIn(region, gap);
  if (dots <= room) return { region, gap, room, more: 0 };
  const above = { ...region, h: region.h - WORDS_PIXELS };
  const roomAbove = roomIn(above, gap);
  return { region: above, gap, room: roomAbove, more: count - roomAbove * bundle };
}
