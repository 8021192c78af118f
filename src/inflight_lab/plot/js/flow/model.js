// What every request of a run is doing at a time, and how many ended in which way.  Nothing is
// drawn here.

import { howMany, isRefusal } from "../outcomes.js";
import { lastIndexUpTo, levelAt, maxConcurrentAt, policyAt } from "../run.js";
import { Requests } from "./requests.js";
import { Seats } from "./seats.js";

/** With more requests than this under way, one dot stands for several. */
const MOST_SINGLE_DOTS = 240;

/** How many requests a dot may stand for. */
const BUNDLE_SIZES = [1, 5, 20, 100];

/**
 * @import { OutcomeCounts, Run } from "../run.js"
 * @import { FlowRequest, Motion } from "./request.js"
 * @import { SlotState } from "./slots.js"
 *
 * @typedef {object} Change What happens to a request at a time.
 * @property {number} time
 * @property {() => void} apply
 *
 * @typedef {object} Standing The state of slots and queue at a time.
 * @property {number} limit
 * @property {boolean} unlimited Whether it is known that there is no limit.
 * @property {(SlotState | undefined)[]} slots
 * @property {number} unsent How many slots are taken with nothing sent yet.
 * @property {number} asleep
 * @property {number} waiting
 */

export class FlowModel {
  time = -Infinity;
  /** @type {FlowRequest[]} Sent, and not yet in a tally. */
  underWay = [];
  /** How many requests a dot stands for.  It grows with the crowd and never shrinks. */
  bundleSize = 1;
  seats = new Seats();
  /** When the API last refused a request. */
  refusedAt = -Infinity;

  #requests;

  /**
   * @param {Run} run
   * @param {Motion} motion
   */
  constructor(run, motion) {
    this.run = run;
    this.motion = motion;
    this.tallies = talliesOf(run.dropped);
    this.#requests = new Requests(run, motion);
  }

  /** From now on what ends is in its tally at once. */
  landAtOnce() {
    if (this.motion.land > 0) this.motion = { ...this.motion, land: 0 };
  }

  /** Read the new events of the run, before the picture gets to them. */
  read() {
    this.#requests.read();
  }

  get arrivals() {
    return this.#requests.arrivals;
  }

  get slots() {
    return this.#requests.slots;
  }

  get policy() {
    return policyAt(this.run, Math.max(0, this.time));
  }

  get maxConcurrent() {
    return maxConcurrentAt(this.run, Math.max(0, this.time));
  }

  /**
   * Go on to a later time; an earlier one changes nothing.
   *
   * @param {number} time
   */
  advance(time) {
    if (time <= this.time) return;
    this.#recordRefusals(time);
    this.#countNeverSent(time);
    const changes = this.#changesUpTo(time);
    changes.sort((one, other) => one.time - other.time);
    for (const change of changes) change.apply();
    this.slots.forgetUntil(time);
    this.time = time;
  }

  /** @returns {Standing} The state of slots and queue now. */
  standing() {
    const { levels } = this.run;
    const limit = levelAt(levels.limit, this.time) ?? 0;
    const slots = this.slots.statesAt(this.time);
    const unsent = slots.filter((state) => state === "unsent").length;
    const asleep = slots.filter((state) => state === "asleep").length;
    const queued = levelAt(levels.waiting, this.time) ?? 0;
    // A request that holds a slot but is not sent yet has left the queue.
    const waiting = Math.max(0, queued - unsent);
    return { limit, unlimited: this.run.unlimited, slots, unsent, asleep, waiting };
  }

  /** @param {number} time */
  #recordRefusals(time) {
    for (let i = lastIndexUpTo(this.arrivals, time); i >= 0; i -= 1) {
      const arrival = this.arrivals[i];
      if (arrival.time <= this.time) return;
      if (isRefusal(arrival.serverStatus)) this.#recordRefusal(arrival.time);
    }
  }

  /** @param {number} time */
  #recordRefusal(time) {
    this.refusedAt = Math.max(this.refusedAt, time);
  }

  /** @param {number} time */
  #countNeverSent(time) {
    const { neverSent } = this.#requests;
    const ended = neverSent.splice(0, lastIndexUpTo(neverSent, time) + 1);
    for (const event of ended) this.tallies.lost += howMany(event);
  }

  /**
   * @param {number} time
   * @returns {Change[]}
   */
  #changesUpTo(time) {
    const justSent = this.#requests.takeSentUpTo(time);
    const changes = justSent.map((request) => ({
      time: request.sent,
      apply: () => this.#onSent(request),
    }));
    for (const request of [...this.underWay, ...justSent]) {
      this.#addLaterChanges(changes, request, time);
    }
    return changes;
  }

  /**
   * What happens, up to `time`, to a request that has been sent.
   *
   * @param {Change[]} changes
   * @param {FlowRequest} request
   * @param {number} time
   */
  #addLaterChanges(changes, request, time) {
    const { departureTime, answerTime, hasDeparted, isReturning } = request;
    const { ended, isCounted } = request;
    const landingTime = ended + this.motion.land;
    if (!hasDeparted && departureTime <= time) {
      changes.push({ time: departureTime, apply: () => this.#depart(request) });
    }
    if (!isReturning && answerTime <= time) {
      changes.push({ time: answerTime, apply: () => this.#turnBack(request) });
    }
    if (!isCounted && ended <= time) {
      changes.push({ time: ended, apply: () => this.#count(request) });
    }
    if (landingTime <= time) {
      changes.push({ time: landingTime, apply: () => this.#land(request) });
    }
  }

  /** @param {FlowRequest} request */
  #onSent(request) {
    this.underWay.push(request);
    const count = this.underWay.length;
    const enough = BUNDLE_SIZES.find((size) => count / size <= MOST_SINGLE_DOTS);
    const needed = enough ?? BUNDLE_SIZES[BUNDLE_SIZES.length - 1];
    if (needed > this.bundleSize) this.#rebundle(needed);
  }

  /**
   * Draw in larger bundles: the requests at the API that are still drawn are seated anew.
   *
   * @param {number} size
   */
  #rebundle(size) {
    this.bundleSize = size;
    this.seats = new Seats();
    for (const request of this.underWay) {
      const atApi = request.hasDeparted && !request.isReturning;
      request.seat = atApi && this.isDrawn(request) ? this.seats.take() : null;
    }
  }

  /**
   * A request that is drawn has a seat at the API from the moment it departs.
   *
   * @param {FlowRequest} request
   */
  #depart(request) {
    request.hasDeparted = true;
    if (this.isDrawn(request)) request.seat = this.seats.take();
  }

  /** @param {FlowRequest} request */
  #turnBack(request) {
    request.isReturning = true;
    if (request.seat !== null) this.seats.release(request.seat);
    const onlyAnswerKnown = request.serverStatus === null;
    if (onlyAnswerKnown && request.outcome === "refused") {
      this.#recordRefusal(request.answerTime);
    }
  }

  /**
   * A request is counted when it ends, as everywhere else; its dot lands a little later.
   *
   * @param {FlowRequest} request
   */
  #count(request) {
    request.isCounted = true;
    this.tallies[request.outcome ?? "lost"] += 1;
  }

  /** @param {FlowRequest} request */
  #land(request) {
    this.underWay.splice(this.underWay.indexOf(request), 1);
  }

  /**
   * Whether a request is the one of its bundle that has a dot.
   *
   * @param {FlowRequest} request
   */
  isDrawn({ number }) {
    return number % this.bundleSize === 0;
  }
}

/**
 * What the tallies say of so many outcomes.
 *
 * @param {OutcomeCounts} outcomes
 */
export function talliesOf({ accepted, refused, failed, cancelled }) {
  return { ok: accepted, refused, lost: failed + cancelled };
}
