// Plays finished runs again, from what the page keeps of them: all that stand side by side.

import { PageClock } from "./clock.js";
import { SETTLING_SECONDS } from "./flow/request.js";
import { rounded } from "./words.js";

/**
 * @import { Run } from "./run.js"
 *
 * @typedef {object} PlayedState
 * @property {boolean} on Whether runs are shown at the time of `clock`.
 * @property {PageClock} clock
 *
 * @typedef {EventTarget & PlayedState} Played Dispatches "change" when `on` has changed, and
 *   "seek" when its clock has jumped to another time.
 *
 * @typedef {object} Span
 * @property {number} begin
 * @property {number} end
 * @property {number} slow How many real seconds one second of it lasts.
 */

/**
 * Played by the page alone, and over once the runs are.  Dispatches "runs" when `isPossible`
 * may have changed.
 */
export class Playback extends EventTarget {
  on = false;
  clock = new PageClock();
  /** How many times slower than it was. */
  #slower = 1;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #runs;

  /**
   * @param {() => Run[]} runs
   * @param {AbortSignal} signal Aborted when the page closes.
   */
  constructor(runs, signal) {
    super();
    this.#runs = runs;
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /** Whether all runs are over: until then one of them would begin in its middle. */
  get isPossible() {
    return this.#runs().every(({ live }) => !live);
  }

  /** What is played, from when to when. */
  get span() {
    return spanOf(this.#runs());
  }

  /** The time that is shown; that of a run that was played to its end is its end. */
  get time() {
    const { begin, end } = this.span;
    return this.on ? within(begin, this.clock.time(), end) : end;
  }

  get slower() {
    return this.#slower;
  }

  set slower(times) {
    this.#slower = times;
    this.#setSpeed();
    this.#endInTime();
  }

  /** Whether there is nothing left to play. */
  get isAtEnd() {
    return this.time >= this.span.end;
  }

  /** Go on from where it stands or, from the end, play it again. */
  play() {
    if (this.isAtEnd) this.clock.seek(this.span.begin);
    this.#setSpeed();
    this.clock.play();
    this.#endInTime();
    this.#turn(true);
  }

  pause() {
    if (!this.clock.running) return;
    this.clock.pause();
    clearTimeout(this.#timer);
  }

  /**
   * Show the runs as they were at a time, and go on from there if they are being played.
   *
   * @param {number} time
   */
  seek(time) {
    const { begin, end } = this.span;
    this.clock.seek(within(begin, time, end));
    this.#endInTime();
    this.#turn(true);
    this.dispatchEvent(new Event("seek"));
  }

  end() {
    if (!this.on) return;
    clearTimeout(this.#timer);
    this.clock.pause();
    this.#turn(false);
  }

  /** A run has begun or ended. */
  onRuns() {
    this.dispatchEvent(new Event("runs"));
  }

  #setSpeed() {
    this.clock.speed = 1 / (this.span.slow * this.#slower);
  }

  /** Dots take their time into the tallies after the end of the runs. */
  #endInTime() {
    clearTimeout(this.#timer);
    if (!this.clock.running) return;
    const left = (this.span.end - this.clock.time()) / this.clock.speed;
    const seconds = left + SETTLING_SECONDS * this.#slower;
    this.#timer = setTimeout(() => this.end(), 1000 * seconds);
  }

  /** @param {boolean} on */
  #turn(on) {
    this.on = on;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * @param {number} least
 * @param {number} number
 * @param {number} most
 */
function within(least, number, most) {
  return Math.max(least, Math.min(number, most));
}

/**
 * From when to when runs can be played together.
 *
 * @param {Run[]} runs
 * @returns {Span}
 */
export function spanOf(runs) {
  return {
    begin: Math.min(...runs.map(({ completeSince }) => completeSince)),
    end: Math.max(...runs.map(({ now }) => now)),
    slow: Math.max(...runs.map(({ slow }) => slow)),
  };
}

/**
 * How much of the runs is played again.
 *
 * @param {Span} span
 */
export function spanInWords({ begin, end }) {
  if (begin === 0) return "Played again, as it was";
  return `Played again: its last ${rounded(end - begin, 0)} s`;
}
