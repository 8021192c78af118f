// What every request of a run does at a time, and what became of the others.  Nothing is
// drawn here.

import { howMany, isRefusal } from "../outcomes.js";
import { indexAt, levelAt, policyAt } from "../run.js";
import { Requests } from "./requests.js";
import { Seats } from "./seats.js";

/** More requests than this are drawn in bundles: one dot for several. */
const SINGLY = 240;

/** How many requests a dot may stand for. */
const BUNDLES = [1, 5, 20, 100];

/**
 * @import { Run } from "../run.js"
 * @import { FlowRequest, Leg, Motion } from "./request.js"
 * @import { SlotState } from "./slots.js"
 *
 * @typedef {object} Change Something that happens to a request.
 * @property {number} time
 * @property {FlowRequest} request
 * @property {"sent" | "leaves" | "turns back" | "lands"} what
 *
 * @typedef {object} Standing How slots and queue stand at a time.
 * @property {number} limit
 * @property {(SlotState | undefined)[]} slots
 * @property {number} unsent Slots that are taken, and nothing is sent yet.
 * @property {number} asleep
 * @property {number} waiting
 */

export class FlowModel {
  time = -Infinity;
  /** @type {FlowRequest[]} Sent, and in no tally yet. */
  underWay = [];
  /** How many requests a dot stands for.  It grows with the crowd, and stays. */
  bundle = 1;
  seats = new Seats();
  /** When the API last turned a request away. */
  refusedAt = -Infinity;

  /** Whether any request has been sent. */
  begun = false;

  #requests;
  #out = 0;

  /**
   * @param {Run} run
   * @param {Motion} motion
   */
  constructor(run, motion) {
    this.run = run;
    this.motion = motion;
    const { accepted, refused, failed, cancelled } = run.dropped;
    this.tallies = { ok: accepted, refused, lost: failed + cancelled };
    this.#requests = new Requests(run, motion);
  }

  /** Take what is new in the run: what happens is known before it is drawn. */
  read() {
    this.#requests.read();
  }

  get arrivals() {
    return this.#requests.arrivals;
  }

  get policy() {
    return policyAt(this.run, Math.max(0, this.time));
  }

  /**
   * Go on to a later time; an earlier one changes nothing.
   *
   * @param {number} time
   */
  advance(time) {
    if (time <= this.time) return;
    this.#noteRefusals(time);
    this.#countThoseWhoGaveUp(time);
    const changes = this.#changesUpTo(time);
    changes.sort((one, other) => one.time - other.time);
    for (const change of changes) this.#apply(change);
    this.time = time;
  }

  /** @returns {Standing} How slots and queue stand now. */
  standing() {
    const { levels } = this.run;
    const limit = levelAt(levels.limit, this.time) ?? 0;
    const slots = this.#requests.slots.statesAt(this.time);
    const unsent = slots.filter((state) => state === "unsent").length;
    const asleep = slots.filter((state) => state === "asleep").length;
    const queued = levelAt(levels.waiting, this.time) ?? 0;
    // One that holds a slot and is not sent yet has left the queue.
    return { limit, slots, unsent, asleep, waiting: Math.max(0, queued - unsent) };
  }

  /** @param {number} time */
  #noteRefusals(time) {
    for (let i = indexAt(this.arrivals, time); i >= 0; i -= 1) {
      const arrival = this.arrivals[i];
      if (arrival.time <= this.time) return;
      if (isRefusal(arrival.verdict)) this.#refuse(arrival.time);
    }
  }

  /** @param {number} time */
  #refuse(time) {
    this.refusedAt = Math.max(this.refusedAt, time);
  }

  /** @param {number} time */
  #countThoseWhoGaveUp(time) {
    const { gaveUp } = this.#requests;
    while (gaveUp.length && gaveUp[0].time <= time) {
      this.tallies.lost += howMany(gaveUp[0]);
      gaveUp.shift();
    }
  }

  /**
   * @param {number} time
   * @returns {Change[]}
   */
  #changesUpTo(time) {
    /** @type {Change[]} */
    const changes = [];
    const { coming } = this.#requests;
    while (coming.length && coming[0].sent <= time) {
      const request = coming[0];
      changes.push({ time: request.sent, request, what: "sent" });
      this.underWay.push(request);
      coming.shift();
    }
    for (const request of this.underWay) this.#addChanges(changes, request, time);
    return changes;
  }

  /**
   * @param {Change[]} changes
   * @param {FlowRequest} request
   * @param {number} time
   */
  #addChanges(changes, request, time) {
    const { leaves, turnsBack } = request;
    const lands = request.home + this.motion.land;
    if (!request.left && leaves <= time) {
      changes.push({ time: leaves, request, what: "leaves" });
    }
    if (!request.turned && turnsBack <= time) {
      changes.push({ time: turnsBack, request, what: "turns back" });
    }
    if (lands <= time) changes.push({ time: lands, request, what: "lands" });
  }

  /** @param {Change} change */
  #apply({ request, what }) {
    if (what === "sent") this.#comeOut();
    else if (what === "leaves") this.#leave(request);
    else if (what === "turns back") this.#turnBack(request);
    else this.#land(request);
  }

  #comeOut() {
    this.begun = true;
    this.#out += 1;
    const enough = BUNDLES.find((size) => this.#out / size <= SINGLY);
    const needed = enough ?? BUNDLES[BUNDLES.length - 1];
    if (needed > this.bundle) this.#bundle(needed);
  }

  /**
   * Draw in larger bundles: at the API those that are still drawn move together.
   *
   * @param {number} size
   */
  #bundle(size) {
    this.bundle = size;
    this.seats = new Seats();
    for (const request of this.underWay) {
      const seated = request.left && !request.turned && this.isDrawn(request);
      request.seat = seated ? this.seats.take() : null;
    }
  }

  /**
   * At the API a request has a seat from the moment it leaves for it, if it is drawn.
   *
   * @param {FlowRequest} request
   */
  #leave(request) {
    request.left = true;
    if (this.isDrawn(request)) request.seat = this.seats.take();
  }

  /** @param {FlowRequest} request */
  #turnBack(request) {
    request.turned = true;
    if (request.seat !== null) this.seats.leave(request.seat);
    const byItsAnswer = request.verdict === null && request.fate === "refused";
    if (byItsAnswer) this.#refuse(request.turnsBack);
  }

  /** @param {FlowRequest} request */
  #land(request) {
    this.#out -= 1;
    this.tallies[request.tally] += 1;
    this.underWay.splice(this.underWay.indexOf(request), 1);
  }

  /**
   * Of a bundle one dot is drawn.
   *
   * @param {FlowRequest} request
   */
  isDrawn({ number }) {
    return number % this.bundle === 0;
  }
}
