// A moment of a run, with the numbers that its sentence may need.

import { countsAt } from "../counts.js";
import { isRefusal, outcomeOf } from "../outcomes.js";
import { levelAt, policyAt } from "../run.js";
import { eventsIn, extremes } from "../spans.js";

/**
 * @import { Outcome } from "../outcomes.js"
 * @import { Run } from "../run.js"
 *
 * @typedef {"calm" | "full" | "refused" | "failed"} Tone
 *
 * @typedef {object} Sentence
 * @property {string} text
 * @property {Tone} tone
 *
 * @typedef {(moment: Moment) => Sentence | null} Situation What it says if it applies.
 */

export class Moment {
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

  /** Just before the first event that the page still knows. */
  get begin() {
    return Math.min(this.run.events[0]?.time ?? 0, this.time) - 1e-6;
  }

  /** @param {number} seconds */
  hasLasted(seconds) {
    return this.run.forgotten > 0 || this.time - this.begin >= seconds;
  }

  /** How many the client still has to bring home, of those that it announced. */
  get owed() {
    const { accepted, failed, cancelled } = this.counts;
    return this.announced - accepted - failed - cancelled;
  }

  /** How many requests were asked for at once; 0 where no queue is observed. */
  get announced() {
    return extremes(this.run.levels.waiting, { from: -1, to: this.time }).highest;
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
   * The time of the latest refusal at the server or, where only the client is seen, there.
   */
  get lastRefusal() {
    const refusal = eventsIn(this.run, this.whole).findLast(({ what, detail }) =>
      (what === "arrived" || what === "answered") && isRefusal(detail)
    );
    return refusal?.time ?? -Infinity;
  }
}
