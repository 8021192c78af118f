// Plays finished runs again, from what the page keeps of them: all that stand side by side.

import { PageClock } from "./clock.js";
import { beginningOf } from "./run.js";

/** Seconds for which it goes on after the end, until what was on its way lies. */
const SETTLE_SECONDS = 0.6;

/**
 * @import { Run } from "./run.js"
 *
 * @typedef {EventTarget & {
 *   on: boolean,
 *   isOffered: boolean,
 *   clock: PageClock,
 *   play(): void,
 *   end(): void,
 *   onNewRun(): void,
 * }} Player
 *
 * `on` is whether runs are shown at the time of `clock`, and a "change" event says that this
 * has changed.  `isOffered` is whether a view has a button for it.  `play` begins anew, `end` ends it, `onNewRun` is called when there is
 * something else to show.
 */

/** Played by the page alone, and over once the runs are. */
export class Playback extends EventTarget {
  on = false;
  isOffered = true;
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

  play() {
    const span = spanOf(this.#runs());
    const seconds = (span.end - span.begin) * span.slow + SETTLE_SECONDS;
    this.clock.speed = 1 / span.slow;
    this.clock.seek(span.begin);
    this.clock.play();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.end(), 1000 * seconds);
    this.#turn(true);
  }

  end() {
    clearTimeout(this.#timer);
    this.clock.pause();
    this.#turn(false);
  }

  onNewRun() {
    if (this.on) this.end();
  }

  /** @param {boolean} on */
  #turn(on) {
    this.on = on;
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * From when to when runs can be played together, and how many seconds one of theirs lasts.
 *
 * @param {Run[]} runs
 */
export function spanOf(runs) {
  return {
    begin: Math.min(...runs.map(beginningOf)),
    end: Math.max(...runs.map(({ now }) => now)),
    slow: Math.max(...runs.map(({ slow }) => slow)),
  };
}
