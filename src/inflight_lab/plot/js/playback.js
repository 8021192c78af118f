// Plays finished runs again, from what the page keeps of them: all that stand side by side.

import { PageClock } from "./clock.js";
import { SETTLING_SECONDS } from "./flow/request.js";
import { rounded } from "./words.js";

/**
 * @import { Run } from "./run.js"
 *
 * @typedef {object} PlayerState
 * @property {boolean} on Whether runs are shown at the time of `clock`.
 * @property {PageClock} clock
 *
 * @typedef {EventTarget & PlayerState} Player Dispatches "change" when `on` has changed.
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

  play() {
    const { begin, end, slow } = this.span;
    const seconds = (end - begin) * slow + SETTLING_SECONDS;
    this.clock.speed = 1 / slow;
    this.clock.seek(begin);
    this.clock.play();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), 1000 * seconds);
    this.#turn(true);
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

  /** @param {boolean} on */
  #turn(on) {
    this.on = on;
    this.dispatchEvent(new Event("change"));
  }
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
