// A clock says what time of a run to draw.  Pictures do not know which kind theirs is.

/** Seconds by which the kernel's clock may seem wrong before it is believed at once. */
const FAR = 0.5;

/** The share of a smaller difference that each message corrects. */
const SMOOTHING = 0.05;

/**
 * A clock dispatches a "change" event when what it says has changed otherwise than by
 * time going on.
 *
 * @typedef {EventTarget & {
 *   time(lag: number): number,
 *   moves(tail: number): boolean,
 *   running: boolean,
 * }} Clock
 *
 * `time(lag)` is the time to draw, for a picture that has to know what happens in the next
 * `lag` seconds; `moves(tail)` is whether the time goes on, or ended less than `tail`
 * seconds ago; `running` is whether the run that is shown goes on.
 */

/** @returns {number} Seconds on the page's own clock. */
const pageSeconds = () => performance.now() / 1000;

/** The kernel's time, estimated from when its messages come. */
export class KernelClock extends EventTarget {
  running = false;
  #offset = NaN;
  #heard = -Infinity;

  /**
   * A message has come.  The last one of a run is believed to the letter.
   *
   * @param {{ now: number, live: boolean }} run
   * @param {boolean} begins Whether it is another run than before.
   */
  hear({ now, live }, begins) {
    const seen = pageSeconds() - now;
    const difference = begins ? NaN : seen - this.#offset;
    const near = Math.abs(difference) < FAR; // it is not after a laptop slept
    this.#offset = near && live ? this.#offset + SMOOTHING * difference : seen;
    this.#heard = pageSeconds();
    this.running = live;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} lag */
  time(lag) {
    return pageSeconds() - this.#offset - lag;
  }

  /** @param {number} tail */
  moves(tail) {
    return this.running || pageSeconds() - this.#heard < tail;
  }
}

/** The page's own time, for a run that is complete: played, paused, sought. */
export class PageClock extends EventTarget {
  running = false;
  #speed = 1;
  #from = 0;
  #since = 0;

  play() {
    this.#restart(this.#now(), true);
  }

  pause() {
    this.#restart(this.#now(), false);
  }

  /** @param {number} time */
  seek(time) {
    this.#restart(time, this.running);
  }

  /** @param {number} speed Seconds of the run in a second. */
  set speed(speed) {
    this.#from = this.#now();
    this.#since = pageSeconds();
    this.#speed = speed;
  }

  get speed() {
    return this.#speed;
  }

  /** The future is known: no picture has to lag behind. */
  time() {
    return this.#now();
  }

  moves() {
    return this.running;
  }

  #now() {
    if (!this.running) return this.#from;
    return this.#from + this.#speed * (pageSeconds() - this.#since);
  }

  /**
   * @param {number} time
   * @param {boolean} running
   */
  #restart(time, running) {
    this.#from = time;
    this.#since = pageSeconds();
    this.running = running;
    this.dispatchEvent(new Event("change"));
  }
}
