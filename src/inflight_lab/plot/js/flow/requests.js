// From the events of a run to its requests, slots and arrivals: as far as they are known, which
// is later than what is drawn.

import { indexAt, KEPT } from "../run.js";
import { FlowRequest } from "./request.js";
import { Slots } from "./slots.js";

/**
 * @import { RequestEvent, Run } from "../run.js"
 * @import { Arrival } from "./arrivals.js"
 * @import { Motion } from "./request.js"
 */

export class Requests {
  /** @type {FlowRequest[]} In the order in which they are sent, until the model takes them. */
  coming = [];
  /** @type {Arrival[]} */
  arrivals = [];
  /** @type {RequestEvent[]} The ends of requests that were never sent, likewise. */
  gaveUp = [];
  slots = new Slots();

  #read = 0;
  /** @type {Map<number, FlowRequest>} Those that have not ended. */
  #open = new Map();
  /** @type {Map<FlowRequest, { until: number }>} Slots of which nobody says who has them. */
  #lent = new Map();

  /**
   * @param {Run} run
   * @param {Motion} motion
   */
  constructor(run, motion) {
    this.run = run;
    this.motion = motion;
    this.read();
  }

  /** Take what is new in the run. */
  read() {
    const { events, forgotten, live, now } = this.run;
    for (let i = Math.max(0, this.#read - forgotten); i < events.length; i += 1) {
      this.#take(events[i]);
    }
    this.#read = forgotten + events.length;
    if (live) this.arrivals.splice(0, indexAt(this.arrivals, now - KEPT) + 1);
  }

  /** @param {RequestEvent} event */
  #take(event) {
    const { time, what, request, detail } = event;
    if (what === "taken") this.slots.take(Number(detail), time);
    else if (what === "freed") this.slots.free(Number(detail), time);
    else if (what === "arrived") this.#arrive(event);
    else if (request === null) this.gaveUp.push(event);
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
    const lent = slot === null && limited ? this.slots.lowestFree(time) : null;
    const request = new FlowRequest(number, time, slot ?? lent);
    this.#open.set(number, request);
    this.coming.push(request);
    if (lent !== null) this.#lent.set(request, this.slots.take(lent, time));
    this.slots.send(request);
  }

  /** @param {RequestEvent} event */
  #arrive({ time, request: number, detail, quota }) {
    const request = this.#open.get(number ?? -1) ?? null;
    const verdict = detail === null ? null : Number(detail);
    request?.arrive(time, verdict, this.motion);
    this.arrivals.push({ time, verdict, quota, request });
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
    const lent = this.#lent.get(request);
    if (lent) lent.until = time;
    this.#lent.delete(request);
  }
}

/** @param {RequestEvent["detail"]} detail */
const slotOf = (detail) => detail === null ? null : Number(detail);
