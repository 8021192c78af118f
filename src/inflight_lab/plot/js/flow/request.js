// One request as its dot shows it: which leg of its way it is on, and how it ends.

import { LAG_SECONDS } from "../clock.js";
import { isRefusal } from "../outcomes.js";
import { CONNECTED_SECONDS } from "../thresholds.js";

/** The most of a request's measured latency that its dot spends on each way. */
const FLIGHT_SECONDS = 0.14;

/** From the client into a tally: the only motion that stands for no real one. */
export const LANDING_SECONDS = 0.32;

/** After the end of a run, its last dots have landed in every picture. */
export const SETTLING_SECONDS = LAG_SECONDS + LANDING_SECONDS;

/**
 * @typedef {"pool" | "out" | "api" | "back" | "land"} Leg In this order: sent, and not
 *   arrived; on its way to the API; there; on its way back; into a tally.
 * @typedef {"ok" | "refused" | "lost"} FlowOutcome Each has a tally.
 *
 * @typedef {object} Motion How a request is drawn, in seconds of its run.
 * @property {number} fly Over the wire, at most.
 * @property {number} land Into a tally.
 * @property {number} known How far ahead it is known what happens.
 * @property {number} connected What takes longer to arrive was waiting for a connection.
 */

/** @type {Motion} */
export const MOVING = {
  fly: FLIGHT_SECONDS,
  land: LANDING_SECONDS,
  known: LAG_SECONDS,
  connected: CONNECTED_SECONDS,
};

/** @type {Motion} No dot is on its way: it is in a slot, at the API or in a tally. */
export const STILL = { ...MOVING, fly: 0, land: 0 };

/**
 * The same motion in a run that is slowed down: a dot is no slower on its way.
 *
 * @param {Motion} motion
 * @param {number} slow
 * @returns {Motion}
 */
export function inSlowMotion({ fly, land, known, connected }, slow) {
  return {
    fly: fly / slow,
    land: land / slow,
    known: known / slow,
    connected: connected / slow,
  };
}

/**
 * How the requests of a run are drawn.
 *
 * @param {{ slow: number }} run
 * @param {{ still: boolean }} how Whether one moment is shown, or people ask for no motion.
 */
export function motionOf({ slow }, { still }) {
  return inSlowMotion(still ? STILL : MOVING, slow);
}

export class FlowRequest {
  arrived = Infinity;
  /** When its answer or its error came. */
  ended = Infinity;
  /** @type {number | null} The answer's status; 0 for an error; null until it has ended. */
  status = null;
  /** @type {number | null} The status with which the server will answer, if it is known. */
  serverStatus = null;

  /** When its dot departs for the API, when it gets there, and when it turns back. */
  departureTime = Infinity;
  apiTime = Infinity;
  answerTime = Infinity;
  /** Whether its dot has departed, whether it has turned back, and whether it is counted. */
  hasDeparted = false;
  isReturning = false;
  isCounted = false;
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
   * @param {number | null} serverStatus
   * @param {Motion} motion
   */
  arrive(time, serverStatus, motion) {
    this.arrived = time;
    this.serverStatus = serverStatus;
    this.#schedule(motion);
  }

  /**
   * @param {number} time
   * @param {number} status
   * @param {Motion} motion
   */
  end(time, status, motion) {
    this.ended = time;
    this.status = status;
    const wasAnswered = status > 0;
    if (wasAnswered) this.arrived = Math.min(this.arrived, time); // perhaps elsewhere
    this.#schedule(motion);
  }

  /**
   * How it ends, or null while that is not known.  A refusal is known once it has arrived.
   *
   * @returns {FlowOutcome | null}
   */
  get outcome() {
    if (isRefusal(this.status ?? this.serverStatus)) return "refused";
    if (this.status === null) return null;
    return this.status > 0 && this.status < 400 ? "ok" : "lost";
  }

  /**
   * @param {number} time
   * @returns {Leg}
   */
  legAt(time) {
    if (time >= this.ended) return "land";
    if (time < this.departureTime) return "pool";
    if (time < this.apiTime) return "out";
    return time < this.answerTime ? "api" : "back";
  }

  /**
   * How far along a leg it is, from 0 to 1.
   *
   * @param {Leg} leg
   * @param {number} time
   * @param {Motion} motion
   */
  share(leg, time, { land }) {
    if (leg === "out") return shareOf(time, this.departureTime, this.apiTime);
    if (leg === "back") return shareOf(time, this.answerTime, this.ended);
    return leg === "land" ? shareOf(time, this.ended, this.ended + land) : 0;
  }

  /**
   * Plan the dot's way: it is out for exactly as long as the request was in flight.  Of a
   * short flight the ways there and back take a third each.  A lost request does not come
   * back.
   *
   * @param {Motion} motion
   */
  #schedule({ fly, known, connected }) {
    const wasConnected = this.arrived - this.sent < connected;
    this.departureTime = wasConnected ? this.sent : this.arrived;
    const flight = this.ended - this.departureTime;
    const out = flight < known ? Math.min(fly, flight / 3) : fly;
    this.apiTime = this.departureTime + out;
    const back = this.outcome === "lost" ? 0 : Math.min(fly, (flight - out) / 2);
    this.answerTime = this.ended - back;
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
