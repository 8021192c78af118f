// Where things are.  CSS lays out the boxes; this fills them.

import { clamp } from "./motion.js";

/**
 * @import { Journey } from "./run.js"
 *
 * @typedef {[x: number, y: number]} Point
 * @typedef {{ left: number, top: number, width: number, height: number }} Box
 * @typedef {{ requests: Box, slots: Box, api: Box, wall: Box }} Boxes
 *
 * @typedef {"slots" | "gate" | "open"} Door What stands between the requests and the
 *   way.
 *
 * @typedef {object} Crowd What must find a place.
 * @property {number} requests
 * @property {number} slots
 * @property {number} seats How many are at the API at once, at most.
 * @property {Door} door
 */

/** So many requests are drawn at most, if they all fit: the others are only counted. */
const MOST_DOTS = 600;

/** A smaller dot is none. */
const SMALLEST_CELL = 6;

/** Numbers that are far from each other, one after the other. */
const GOLDEN = 0.618034;

/** So many are in a row, so that one can count them. */
const IN_A_ROW = [1, 2, 3, 4, 5, 10, 15, 20, 25, 30, 40, 50, 60];

/** There is room for so many slots and seats: for the first number that is enough. */
const ROOMS = [12, 30, 60, 120, 240, 480];

/** @param {number} count @param {number} [fewest] @param {number} [most] */
export function roomFor(count, fewest = ROOMS[0], most = 120) {
  return ROOMS.find((each) => each >= clamp(count, fewest, most)) ?? most;
}

/**
 * Where an element is in a frame.
 *
 * @param {HTMLElement} element
 * @param {DOMRect} frame
 * @param {number} [zoom] Of a page that is presented.
 * @returns {Box}
 */
export function boxOf(element, frame, zoom = 1) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return {
    left: (left - frame.left) / zoom,
    top: (top - frame.top) / zoom,
    width: width / zoom,
    height: height / zoom,
  };
}

export class Places {
  /** @param {Boxes} boxes @param {Crowd} crowd */
  constructor(boxes, crowd) {
    this.boxes = boxes;
    this.door = crowd.door;
    /** Whether the API is below the requests, and not beside them. */
    this.isTall = boxes.wall.width > boxes.wall.height;
    const { width, height } = boxes.requests;
    const room = Math.floor(width / SMALLEST_CELL) * Math.floor(height / SMALLEST_CELL);
    /** How many dots the block has. */
    this.count = Math.max(1, Math.min(crowd.requests, MOST_DOTS, room));
    const [cell, columns] = fit(boxes.requests, this.count);
    this.cell = Math.min(cell, 40 + 28 / this.count);
    this.columns = columns;
    this.slotCell = Math.min(fit(boxes.slots, crowd.slots)[0], this.cell * 1.3);
    this.seatCell = Math.min(fit(boxes.api, crowd.seats)[0], this.cell);
    this.radius = this.cell * 0.38;
  }

  /** How large a dot is at the API. */
  get seatRadius() {
    return this.seatCell * 0.38;
  }

  /** How large a dot is in a slot. */
  get slotRadius() {
    return this.slotCell * (this.door === "slots" ? 0.34 : 0.4);
  }

  /** What is free between the requests, or their slots, and the API. @returns {Box} */
  get way() {
    const { boxes: { requests, slots, wall }, isTall, cell, columns } = this;
    const rows = Math.ceil(this.count / columns);
    const isOpen = this.door === "open";
    if (isTall) {
      const top = isOpen ? requests.top + rows * cell : slots.top + slots.height;
      return { ...wall, top, height: wall.top - top };
    }
    const left = isOpen ? requests.left + columns * cell : slots.left + slots.width;
    return { ...wall, left, width: wall.left - left };
  }

  /**
   * Where a request waits, and where its answer comes to; `place` is from 0.
   *
   * @param {number} place
   * @returns {Point}
   */
  home(place) {
    const { boxes: { requests: box }, cell, columns } = this;
    if (this.count === 1) return middle(box);
    const column = place % columns;
    const row = Math.floor(place / columns);
    return [box.left + (column + 0.5) * cell, box.top + (row + 0.5) * cell];
  }

  /**
   * The first is at the top, or on a phone on the left, and none moves for another.
   *
   * @param {number} slot
   * @returns {Point}
   */
  slot(slot) {
    const { boxes: { slots: box }, slotCell: cell, isTall } = this;
    const length = isTall ? box.width : box.height;
    const inALine = Math.max(1, Math.floor(length / cell));
    const along = (slot % inALine + 0.5) * cell;
    const aside = (Math.floor(slot / inALine) + 0.5) * cell;
    const [x, y] = isTall ? [along, aside] : [aside, along];
    return [box.left + x, box.top + y];
  }

  /**
   * The first is in the middle, the next beside it: so none moves when there are more.
   *
   * @param {number} seat
   * @returns {Point}
   */
  seat(seat) {
    const { boxes: { api: box }, seatCell: cell, isTall } = this;
    const [x, y] = middle(box);
    const across = isTall ? box.width : box.height;
    const along = isTall ? box.height : box.width;
    const inARow = Math.max(1, Math.floor(across / cell));
    const rows = Math.max(1, Math.floor(along / cell));
    const aside = fromZero(seat % inARow, inARow) * cell;
    const deep = fromZero(Math.floor(seat / inARow) % rows, rows) * cell;
    return isTall ? [x + aside, y + deep] : [x + deep, y + aside];
  }

  /** Where a request leaves from. @param {Journey} journey @param {number} place */
  start({ slot }, place) {
    if (slot !== null && this.door === "slots") return this.slot(slot);
    return this.door === "gate" ? middle(this.boxes.slots) : this.home(place);
  }

  /**
   * Where it meets the API's wall.
   *
   * @param {Journey} journey
   * @param {number} place
   * @returns {Point}
   */
  meets(journey, place) {
    const { left, top, width, height } = this.boxes.wall;
    const [x, y] = this.start(journey, place);
    const margin = this.seatRadius;
    const [from, length] = this.isTall ? [left, width] : [top, height];
    const spread = ((journey.number + 0.5) * GOLDEN) % 1 * length;
    const straight = (this.isTall ? x : y) - from;
    const isSpread = journey.slot === null;
    const along = from + clamp(isSpread ? spread : straight, margin, length - margin);
    return this.isTall ? [along, top - margin] : [left - margin, along];
  }
}

/** @param {Box} box @returns {Point} */
export function middle({ left, top, width, height }) {
  return [left + width / 2, top + height / 2];
}

/** 0, 1, -1, 2, -2 ..., half a step lower for an even number of places. */
function fromZero(/** @type {number} */ index, /** @type {number} */ places) {
  const centre = places % 2 ? 0 : -0.5;
  return centre + (index % 2 ? (index + 1) / 2 : -index / 2);
}

/**
 * The largest square of which so many fit in a box, and how many are then in a row.
 *
 * @param {{ width: number, height: number }} box
 * @param {number} count
 * @param {number[]} inARow How many there may be.
 * @returns {[cell: number, columns: number]}
 */
export function fit({ width, height }, count, inARow = IN_A_ROW) {
  const cells = inARow.map((columns) =>
    Math.min(width / columns, height / Math.ceil(Math.max(1, count) / columns))
  );
  const cell = Math.max(1, ...cells);
  return [cell, inARow[cells.indexOf(cell)] ?? 1];
}
