// One request as a dot sees it: on which leg of its way it is, and what becomes of it.

import { isRefusal } from "../outcomes.js";

/** Seconds that the picture is behind: so long before it is drawn, what happens is known. */
export const LAG = 0.25;

/** Seconds over the wire at most, of the latency that was measured. */
const FLY = 0.14;

/** Seconds from the client into a tally: the only motion that no request made. */
const LAND = 0.32;

/** Seconds: one that arrives later than this after it was sent waited for a connection. */
const NEARBY = 0.025;

/**
 * @typedef {"pool" | "out" | "api" | "back" | "land"} Leg In this order: sent, and not
 *   arrived; on its way to the API; there; on its way back; into a tally.
 * @typedef {"flying" | "ok" | "refused" | "lost"} Fate
 * @typedef {"ok" | "refused" | "lost"} Tally
 *
 * @typedef {object} Motion
 * @property {number} fly Seconds over the wire, at most.
 * @property {number} land Seconds into a tally.
 */

/** @type {Motion} */
export const MOVING = { fly: FLY, land: LAND };

/** @type {Motion} Where motion disturbs nothing flies. */
export const STILL = { fly: 0, land: 0 };

export class FlowRequest {
  arrived = Infinity;
  /** When its answer or its error came. */
  home = Infinity;
  /** @type {number | null} Of the answer; 0 if it had none; null while it is not known. */
  status = null;
  /** @type {number | null} The status with which the server will answer. */
  verdict = null;

  /** When it leaves for the API, gets there, and turns back. */
  leaves = Infinity;
  atApi = Infinity;
  turnsBack = Infinity;
  /** Whether it has left, and has turned back, in the picture. */
  left = false;
  turned = false;
  /** @type {number | null} Its seat at the API, if it is drawn. */
  seat = null;

  /**
   * @param {number} number
   * @param {number} sent
   * @param {number | null} slot
   */
  constructor(number, sent, slot) {
    this.number = number;
    this.sent = sent;
    this.slot = slot;
  }

  /**
   * @param {number} time
   * @param {number | null} verdict
   * @param {Motion} motion
   */
  arrive(time, verdict, motion) {
    this.arrived = time;
    this.verdict = verdict;
    this.#schedule(motion);
  }

  /**
   * @param {number} time
   * @param {number} status
   * @param {Motion} motion
   */
  end(time, status, motion) {
    this.home = time;
    this.status = status;
    this.#schedule(motion);
  }

  /** What becomes of it: the picture is behind, so that may be known before it is home. */
  get fate() {
    if (isRefusal(this.status ?? this.verdict)) return "refused";
    if (this.status === null) return "flying";
    return this.status > 0 && this.status < 400 ? "ok" : "lost";
  }

  /** @returns {Tally} Which tally counts it, once it is home. */
  get tally() {
    return this.fate === "flying" ? "lost" : this.fate;
  }

  /**
   * @param {number} time
   * @returns {Leg}
   */
  legAt(time) {
    if (time >= this.home) return "land";
    if (time < this.leaves) return "pool";
    if (time < this.atApi) return "out";
    return time < this.turnsBack ? "api" : "back";
  }

  /**
   * How far along a leg it is, from 0 to 1.
   *
   * @param {Leg} leg
   * @param {number} time
   * @param {Motion} motion
   */
  share(leg, time, { land }) {
    if (leg === "out") return shareOf(time, this.leaves, this.atApi);
    if (leg === "back") return shareOf(time, this.turnsBack, this.home);
    return leg === "land" ? shareOf(time, this.home, this.home + land) : 0;
  }

  /**
   * It is out for exactly as long as it was in flight: of a short flight the ways there
   * and back are a third each.  One that is lost does not come back.
   *
   * @param {Motion} motion
   */
  #schedule({ fly }) {
    const near = this.arrived - this.sent < NEARBY;
    this.leaves = near ? this.sent : this.arrived;
    const long = this.home - this.leaves;
    const out = long < LAG ? Math.min(fly, long / 3) : fly;
    this.atApi = this.leaves + out;
    const back = this.fate === "lost" ? 0 : Math.min(fly, (long - out) / 2);
    this.turnsBack = this.home - back;
  }
}

/**
 * @param {number} time
 * @param {number} begin
 * @param {number} end
 */
function shareOf(time, begin, end) {
  return end > begin ? Math.min(1, (time - begin) / (end - begin)) : 1;
}
