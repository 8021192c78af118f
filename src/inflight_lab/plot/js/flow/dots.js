// Where each request's dot is.  On the wire its position follows from the time; elsewhere dots
// close ranks.

import { contains, spotFromLeft } from "./grid.js";
import { spotOn } from "./path.js";
import { landingIn, queuedAt, slotAt } from "./places.js";
import { TALLIES } from "./tally_picture.js";
import { wayBack, wayIntoTally, wayOut } from "./ways.js";

/** The share of the distance to its place that a dot covers in one frame. */
const GLIDE = 0.3;

/**
 * @import { Spot } from "./grid.js"
 * @import { FlowModel } from "./model.js"
 * @import { Packs } from "./packing.js"
 * @import { Places } from "./places.js"
 * @import { FlowRequest, Leg } from "./request.js"
 */

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
  /** How many requests were sent and have not arrived. */
  inPool = 0;
  /** How many requests are in flight: on the roads or at the API. */
  inFlight = 0;
  /** How many of them are within the API's frame. */
  atApi = 0;
  /** How many of these the API has refused. */
  refusedAtApi = 0;

  /** @type {WeakMap<FlowRequest, Dot>} */
  #of = new WeakMap();

  /**
   * @param {FlowModel} model
   * @param {Places} places
   * @param {Packs} packs
   * @param {boolean} atOnce Without gliding.
   */
  move(model, places, packs, atOnce) {
    const step = new Step(model, places, packs, atOnce ? 1 : GLIDE);
    this.drawn.length = 0;
    this.inPool = 0;
    this.inFlight = 0;
    this.atApi = 0;
    this.refusedAtApi = 0;
    for (const request of model.underWay) {
      const dot = this.#dotOf(request, step);
      step.move(dot);
      this.#count(dot, places);
      if (model.isDrawn(request) && !dot.hidden) this.drawn.push(dot);
    }
  }

  /**
   * @param {Dot} dot
   * @param {Places} places
   */
  #count({ leg, at, request }, { api }) {
    if (leg === "pool") this.inPool += 1;
    if (leg === "pool" || leg === "land") return;
    this.inFlight += 1;
    if (!contains(api, at)) return;
    this.atApi += 1;
    if (leg !== "out" && request.outcome === "refused") this.refusedAtApi += 1;
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
  #inPool = 0;

  /**
   * @param {FlowModel} model
   * @param {Places} places
   * @param {Packs} packs
   * @param {number} glide
   */
  constructor(model, places, packs, glide) {
    this.model = model;
    this.places = places;
    this.packs = packs;
    this.glide = glide;
  }

  /**
   * Where a new dot appears: at the beginning of its leg.
   *
   * @param {FlowRequest} request
   */
  beginOf(request) {
    const leg = request.legAt(this.model.time);
    if (leg === "back") return this.#seatOf(request);
    if (leg === "land" || request.slot !== null) return this.#homeOf(request);
    return queuedAt(this.packs.queue, 0);
  }

  /** @param {Dot} dot */
  move(dot) {
    const { time, motion } = this.model;
    const leg = dot.request.legAt(time);
    if (leg !== dot.leg) dot.from = dot.at;
    dot.leg = leg;
    dot.hidden = false;
    if (leg === "pool") this.#moveInPool(dot);
    else if (leg === "api") this.#glideTo(dot, this.#seatOf(dot.request));
    else dot.at = spotOn(this.#wayOf(dot, leg), dot.request.share(leg, time, motion));
  }

  /** @param {Dot} dot */
  #moveInPool(dot) {
    const { pool } = this.packs;
    const rank = Math.floor(this.#inPool / this.model.bundleSize);
    this.#inPool += 1;
    dot.hidden = rank >= pool.room;
    this.#glideTo(dot, queuedAt(pool, rank));
  }

  /**
   * The way of a dot on a leg on which it flies.
   *
   * @param {Dot} dot
   * @param {Leg} leg
   */
  #wayOf({ request, from }, leg) {
    const { places } = this;
    if (leg === "out") return wayOut(places, from, this.#seatOf(request));
    if (leg === "back") return wayBack(places, from, this.#homeOf(request));
    const outcome = request.outcome ?? "lost";
    const number = TALLIES.findIndex(({ name }) => name === outcome);
    return wayIntoTally(places, from, landingIn(places.tallies[number], places.down));
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

  /** @param {FlowRequest} request */
  #seatOf({ seat }) {
    const { region, gap } = this.packs.seats;
    return spotFromLeft(region, seat ?? 0, gap);
  }

  /** @param {FlowRequest} request */
  #homeOf({ slot }) {
    const { back } = this.places;
    if (slot === null) return back[back.length - 1];
    return slotAt(this.packs.slots, slot);
  }
}
