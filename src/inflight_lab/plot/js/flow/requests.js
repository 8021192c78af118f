// Builds requests, slots and arrivals from the events of a run.  It reads ahead of what is drawn.

import { KEPT_SECONDS, lastIndexUpTo } from "../run.js";
import { FlowRequest } from "./request.js";
import { Slots } from "./slots.js";

/**
 * @import { RequestEvent, Run } from "../run.js"
 * @import { Arrival } from "./arrivals.js"
 * @import { Motion } from "./request.js"
 */

export class Requests {
  /** @type {FlowRequest[]} Not yet taken by the model, in the order in which they are sent. */
  #upcoming = [];
  /** @type {Arrival[]} */
  arrivals = [];
  /** @type {RequestEvent[]} The ends of requests that were never sent, not yet counted. */
  neverSent = [];
  slots = new Slots();

  #readCount = 0;
  /** @type {Map<number, FlowRequest>} Requests that have not ended. */
  #open = new Map();
  /** @type {Map<FlowRequest, { until: number }>} Slots assumed for requests without one. */
  #assumedHolds = new Map();

  /**
   * @param {Run} run
   * @param {Motion} motion
   */
  constructor(run, motion) {
    this.run = run;
    this.motion = motion;
    this.read();
  }

  /** Read the new events of the run. */
  read() {
    const { events, forgotten, live, now } = this.run;
    for (let i = Math.max(0, this.#readCount - forgotten); i < events.length; i += 1) {
      this.#readEvent(events[i]);
    }
    this.#readCount = forgotten + events.length;
    if (live) {
      this.arrivals.splice(0, lastIndexUpTo(this.arrivals, now - KEPT_SECONDS) + 1);
    }
  }

  /**
   * Remove and return the requests that are sent up to a time.
   *
   * @param {number} time
   */
  takeSentUpTo(time) {
    const later = this.#upcoming.findIndex((request) => request.sent > time);
    return this.#upcoming.splice(0, later < 0 ? this.#upcoming.length : later);
  }

  /** @param {RequestEvent} event */
  #readEvent(event) {
    const { time, what, request, detail } = event;
    if (what === "taken") this.slots.take(Number(detail), time);
    else if (what === "freed") this.slots.free(Number(detail), time);
    else if (what === "arrived") this.#arrive(event);
    else if (request === null) this.neverSent.push(event);
    else if (what === "sent") this.#send(request, time, slotOf(detail));
    else this.#end(request, event);
  }

  /**
   * @param {number} number
   * @param {number} time
   * @param {number | null} slot
   */
  #send(number, time, slot) {
    const limited = this.run.levels.limit.length > 0;
    const assumed = slot === null && limited ? this.slots.lowestFree(time) : null;
    const request = new FlowRequest(number, time, slot ?? assumed);
    this.#open.set(number, request);
    this.#upcoming.push(request);
    if (assumed !== null) {
      this.#assumedHolds.set(request, this.slots.take(assumed, time));
    }
    this.slots.send(request);
  }

  /** @param {RequestEvent} event */
  #arrive({ time, request: number, detail, quota }) {
    const request = this.#open.get(number ?? -1) ?? null;
    const serverStatus = detail === null ? null : Number(detail);
    request?.arrive(time, serverStatus, this.motion);
    this.arrivals.push({ time, serverStatus, quota, request });
  }

  /**
   * @param {number} number
   * @param {RequestEvent} event
   */
  #end(number, { time, what, detail }) {
    const request = this.#open.get(number);
    if (!request) return;
    this.#open.delete(number);
    request.end(time, what === "answered" ? Number(detail) : 0, this.motion);
    const hold = this.#assumedHolds.get(request);
    if (hold) hold.until = time;
    this.#assumedHolds.delete(request);
  }
}

/** @param {RequestEvent["detail"]} detail */
const slotOf = (detail) => detail === null ? null : Number(detail);
