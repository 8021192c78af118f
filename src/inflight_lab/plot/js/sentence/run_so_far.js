// A run up to a time, with the numbers that its sentence may need.

import { countsAt } from "../counts.js";
import { isRefusal, outcomeOf } from "../outcomes.js";
import { levelAt, policyAt } from "../run.js";
import { eventsIn, flightsIn, notArrived } from "../spans.js";

/** What happened within this many seconds is still the subject: words must not flicker. */
export const STILL_RECENT = 2;

/** A slot that is freed later than so many seconds after its answer has paused. */
const SHORTEST_PAUSE = 0.1;

/** Nobody sends if nobody has for this many seconds. */
export const SILENCE = 0.25;

/**
 * @import { Outcome } from "../outcomes.js"
 * @import { RequestEvent, Run } from "../run.js"
 *
 * @typedef {"calm" | "full" | "refused" | "failed"} Tone
 *
 * @typedef {object} Sentence
 * @property {string} text
 * @property {Tone} tone
 *
 * @typedef {(soFar: RunSoFar) => Sentence | null} Situation What it says if it applies.
 */

/**
 * For how long slots were held after the last answer, if that was a pause.  0 if the events no
 * longer have that answer.
 *
 * @param {RequestEvent[]} events
 */
function lastPauseOf(events) {
  const freed = events.findLast(({ what }) => what === "freed");
  const ended = events.findLast((event) => outcomeOf(event) !== null);
  if (!freed || !ended) return 0;
  const pause = freed.time - ended.time;
  return pause > SHORTEST_PAUSE ? pause : 0;
}

export class RunSoFar {
  /**
   * @param {Run} run
   * @param {number} time
   */
  constructor(run, time) {
    this.run = run;
    this.time = Math.min(time, run.now);
    this.counts = countsAt(run, time);
    this.policy = policyAt(run, this.time);
    /** Undefined where nobody knows of one. */
    this.limit = levelAt(run.levels.limit, this.time);
    /** What the run's own side counts in flight: the client or, unobserved, the server. */
    this.ownLevel = run.levels.client.length ? run.levels.client : run.levels.server;
  }

  /** The sending of those that the client has sent and the server has not seen. */
  get notArrived() {
    return notArrived(this.run, this.time);
  }

  /**
   * The last `seconds`, or what there was of them.
   *
   * @param {number} seconds
   */
  last(seconds) {
    return { from: Math.max(this.time - seconds, this.begin), to: this.time };
  }

  /** Everything up to now. */
  get whole() {
    return { from: this.begin, to: this.time };
  }

  /** Just before the first event that the page still knows: a span does not include its
   * `from`. */
  get begin() {
    return Math.min(this.run.events[0]?.time ?? 0, this.time) - 1e-6;
  }

  /** Seconds from the first request to the last answer, and the pause after it, of a run that
   * is over. */
  get elapsed() {
    const { counts, events, now } = this.run;
    return counts.elapsed ? counts.elapsed + lastPauseOf(events) : now;
  }

  /** @param {number} seconds */
  hasLasted(seconds) {
    return this.run.forgotten > 0 || this.time - this.begin >= seconds;
  }

  /**
   * The events that ended requests in this way, of late or ever.
   *
   * @param {Outcome} outcome
   * @param {number} [seconds]
   */
  endings(outcome, seconds = Infinity) {
    const events = eventsIn(this.run, this.last(seconds));
    return events.filter((event) => outcomeOf(event) === outcome);
  }

  /**
   * When the latest refusal came, at the server or, where only the client is seen, there;
   * -Infinity without any.
   *
   * @param {number} [seconds] How far back to look.
   */
  lastRefusal(seconds = Infinity) {
    const refusal = eventsIn(this.run, this.last(seconds)).findLast(
      ({ what, detail }) =>
        (what === "arrived" || what === "answered") && isRefusal(detail),
    );
    return refusal?.time ?? -Infinity;
  }

  /** Of the latest answers that are no refusals, on average in seconds; 0 without any. */
  get latency() {
    const isAnswer = (/** @type {RequestEvent} */ { what, detail }) =>
      what === "answered" && !isRefusal(detail);
    for (const seconds of [STILL_RECENT, 5, 60]) {
      const flights = flightsIn(this.run, this.last(seconds), isAnswer);
      const total = flights.reduce((sum, each) => sum + each, 0);
      if (total) return total / flights.length;
    }
    return 0;
  }
}
