// Where each request's dot is.  On the wire its position follows from the time; elsewhere dots
// close ranks.

import { gapFor, roomIn, spotFromLeft } from "./grid.js";
import { bezier } from "./path.js";
import { middleOf, queuedAt, slotAt } from "./places.js";

/** Pixels from one dot to the next: the usual gap first, then narrower ones for a crowd. */
const QUEUE_GAP = 14;
const POOL_GAPS = [14, 11, 9];
const SLOT_GAPS = [37, 28, 22, 18, 15, 12, 10, 8];
const WORK_GAPS = [15, 13, 11, 9, 8];

/** Pixels from one dot to the next where each has its number beside it. */
const NUMBERED_GAP = 26;
const NUMBERED_WORK_GAPS = [30, 26, 22, 18];

/** The share of the distance to its place that a dot covers in one frame. */
const GLIDE = 0.3;

/** The tallies, from left to right. */
const TALLIES = ["ok", "refused", "lost"];

/**
 * @import { Region, Spot } from "./grid.js"
 * @import { FlowModel, Standing } from "./model.js"
 * @import { Places } from "./places.js"
 * @import { FlowRequest, Leg } from "./request.js"
 *
 * @typedef {object} Gaps Pixels from one to the next.
 * @property {number} queue
 * @property {number} pool
 * @property {number} slots
 * @property {number} work
 */

/** @param {Standing} standing */
export const hasSlots = ({ limit, slots }) => limit > 0 || slots.length > 0;

/**
 * How far apart dots and slots stand, so that there is room for all of them.
 *
 * @param {FlowModel} model
 * @param {Standing} standing
 * @param {Places} places
 * @returns {Gaps}
 */
export function gapsFor(model, standing, places) {
  const { numbered } = model.run;
  const dots = model.underWay.length / model.bundleSize;
  const slots = Math.max(standing.limit, standing.slots.length);
  const workGaps = numbered ? NUMBERED_WORK_GAPS : WORK_GAPS;
  const poolGap = gapFor(crowdOf(standing, places), dots, POOL_GAPS);
  return {
    queue: numbered ? NUMBERED_GAP : QUEUE_GAP,
    pool: numbered ? NUMBERED_GAP : poolGap,
    slots: gapFor(places.slots, slots, SLOT_GAPS),
    work: gapFor(places.work, model.seats.count, workGaps),
  };
}

/**
 * The region of the requests that are sent but have not arrived.
 *
 * @param {Standing} standing
 * @param {Places} places
 */
export function crowdOf(standing, places) {
  return hasSlots(standing) ? places.pool : places.crowd;
}

/** A request's dot. */
export class Dot {
  /** @type {Leg | null} */
  leg = null;
  /** Whether there is no room for it. */
  hidden = false;

  /**
   * @param {FlowRequest} request
   * @param {Spot} at
   */
  constructor(request, at) {
    this.request = request;
    this.at = at;
    /** Where it was when its leg began. */
    this.from = at;
  }
}

/** The dots of all requests under way; each call of `move` takes them one step further. */
export class Dots {
  /** @type {Dot[]} The dots to draw. */
  drawn = [];
  /** @type {Record<Leg, number>} How many requests are on each leg. */
  onLeg = { pool: 0, out: 0, api: 0, back: 0, land: 0 };

  /** @type {WeakMap<FlowRequest, Dot>} */
  #of = new WeakMap();

  /**
   * @param {FlowModel} model
   * @param {Standing} standing
   * @param {Places} places
   * @param {boolean} atOnce Without gliding.
   */
  move(model, standing, places, atOnce) {
    const gaps = gapsFor(model, standing, places);
    const crowd = crowdOf(standing, places);
    const step = new Step(model, places, { gaps, crowd, glide: atOnce ? 1 : GLIDE });
    this.drawn.length = 0;
    this.onLeg = step.onLeg;
    for (const request of model.underWay) {
      const dot = this.#dotOf(request, step);
      step.move(dot);
      if (model.isDrawn(request) && !dot.hidden) this.drawn.push(dot);
    }
  }

  /**
   * @param {FlowRequest} request
   * @param {Step} step
   */
  #dotOf(request, step) {
    const known = this.#of.get(request);
    if (known) return known;
    const dot = new Dot(request, step.beginOf(request));
    this.#of.set(request, dot);
    return dot;
  }
}

/** One step of all dots. */
class Step {
  /** @type {Record<Leg, number>} */
  onLeg = { pool: 0, out: 0, api: 0, back: 0, land: 0 };

  /**
   * @param {FlowModel} model
   * @param {Places} places
   * @param {{ gaps: Gaps, crowd: Region, glide: number }} how
   */
  constructor(model, places, { gaps, crowd, glide }) {
    this.model = model;
    this.places = places;
    this.gaps = gaps;
    this.crowd = crowd;
    this.glide = glide;
    this.roomInPool = roomIn(crowd, gaps.pool);
  }

  /**
   * Where a new dot appears: at the beginning of its leg.
   *
   * @param {FlowRequest} request
   */
  beginOf(request) {
    const leg = request.legAt(this.model.time);
    if (leg === "back") return this.#seatOf(request);
    if (leg === "land" || request.slot !== null) return this.#returnSpotOf(request);
    return queuedAt(this.places, this.places.queue, 0, this.gaps.queue);
  }

  /** @param {Dot} dot */
  move(dot) {
    const { model, onLeg } = this;
    const { time, motion, bundleSize } = model;
    const leg = dot.request.legAt(time);
    if (leg !== dot.leg) dot.from = dot.at;
    dot.leg = leg;
    const rank = Math.floor(onLeg[leg] / bundleSize);
    onLeg[leg] += 1;
    dot.hidden = leg === "pool" && rank >= this.roomInPool;
    if (leg === "pool") this.#glideTo(dot, this.#inPool(rank));
    else if (leg === "api") this.#glideTo(dot, this.#seatOf(dot.request));
    else dot.at = bezier(this.#pathOf(dot, leg), dot.request.share(leg, time, motion));
  }

  /**
   * The control points of a dot's path on a leg on which it flies.
   *
   * @param {Dot} dot
   * @param {Leg} leg
   * @returns {[Spot, Spot, Spot, Spot]}
   */
  #pathOf({ request, from }, leg) {
    const { places } = this;
    if (leg === "out") return [from, ...places.out, this.#seatOf(request)];
    if (leg === "back") return [from, ...places.back, this.#returnSpotOf(request)];
    const number = TALLIES.indexOf(request.outcome ?? "lost");
    const tally = middleOf(places.tallies[number]);
    return [from, ...places.fall(from, tally), tally];
  }

  /**
   * @param {Dot} dot
   * @param {Spot} target
   */
  #glideTo(dot, target) {
    const [x, y] = dot.at;
    const { glide } = this;
    dot.at = [x + (target[0] - x) * glide, y + (target[1] - y) * glide];
  }

  /** @param {number} rank */
  #inPool(rank) {
    return queuedAt(this.places, this.crowd, rank, this.gaps.pool);
  }

  /** @param {FlowRequest} request */
  #seatOf({ seat }) {
    return spotFromLeft(this.places.work, seat ?? 0, this.gaps.work);
  }

  /** @param {FlowRequest} request */
  #returnSpotOf({ slot }) {
    if (slot === null) return this.places.returnSpot;
    return slotAt(this.places, slot, this.gaps.slots);
  }
}
