// Who holds which slot of the limit, and what each slot does at a time.

import { ASLEEP_AFTER_SECONDS } from "../thresholds.js";

/**
 * @import { FlowRequest } from "./request.js"
 * @typedef {"unsent" | "away" | "held" | "asleep"} SlotState Unsent: taken,
 *   nothing sent yet.  Away: its request is in flight.  Held: the answer has just come.
 *   Asleep: still held long after the answer.
 */

/** The time from when a slot is taken until it is freed. */
class Hold {
  until = Infinity;
  /** @type {FlowRequest[]} */
  sent = [];

  /** @param {number} from */
  constructor(from) {
    this.from = from;
  }

  /**
   * @param {number} time
   * @returns {SlotState}
   */
  stateAt(time) {
    const request = this.sent.findLast((each) => each.sent <= time);
    if (!request) return "unsent";
    if (time < request.ended) return "away";
    return time > request.ended + ASLEEP_AFTER_SECONDS ? "asleep" : "held";
  }
}

export class Slots {
  /** @type {Hold[][]} By slot: current and future holds, in the order of time. */
  holds = [];

  /**
   * @param {number} slot
   * @param {number} time
   */
  take(slot, time) {
    const hold = new Hold(time);
    this.#of(slot).push(hold);
    return hold;
  }

  /**
   * @param {number} slot
   * @param {number} time
   */
  free(slot, time) {
    const hold = this.#of(slot).at(-1);
    if (hold) hold.until = time;
  }

  /**
   * A request is sent from a slot that was taken for it.
   *
   * @param {FlowRequest} request
   */
  send(request) {
    if (request.slot !== null) this.#of(request.slot).at(-1)?.sent.push(request);
  }

  /**
   * The lowest free slot, for a request whose events do not name its slot.
   *
   * @param {number} time
   */
  lowestFree(time) {
    let slot = 0;
    while (this.#isHeld(slot, time)) slot += 1;
    return slot;
  }

  /**
   * What each slot does at a time; undefined where it is free.
   *
   * @param {number} time
   * @returns {(SlotState | undefined)[]}
   */
  statesAt(time) {
    /** @type {(SlotState | undefined)[]} */
    const states = [];
    this.holds.forEach((holds, slot) => {
      const hold = holds.find(({ until }) => until > time);
      if (hold && hold.from <= time) states[slot] = hold.stateAt(time);
    });
    return states;
  }

  /**
   * Forget who held a slot until a time: nobody asks about earlier ones any more.
   *
   * @param {number} time
   */
  forgetUntil(time) {
    this.holds.forEach((holds) => {
      const firstKept = holds.findIndex(({ until }) => until > time);
      if (firstKept !== 0) holds.splice(0, firstKept < 0 ? holds.length : firstKept);
    });
  }

  /**
   * @param {number} slot
   * @param {number} time
   */
  #isHeld(slot, time) {
    const hold = this.#of(slot).at(-1);
    return hold !== undefined && hold.until > time;
  }

  /** @param {number} slot */
  #of(slot) {
    this.holds[slot] ??= [];
    return this.holds[slot];
  }
}
