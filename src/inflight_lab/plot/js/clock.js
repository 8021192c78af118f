// A clock says which time of a run to draw, in the run's own seconds.  Pictures do not know
// which kind of clock they have.

/** A clock that is off by this many seconds is set at once: a laptop slept, for example. */
const RESYNC_AFTER = 0.5;

/**
 * A live picture of requests is this far behind, so it knows what happens this far ahead.  The
 * numbers beside it are of the same moment.
 */
export const LAG_SECONDS = 0.25;

/** The share of a smaller difference that each message corrects. */
const SMOOTHING = 0.05;

/**
 * A clock dispatches a "change" event when it is started, stopped or set.
 *
 * @typedef {EventTarget & {
 *   time(lag: number): number,
 *   moves(tail: number): boolean,
 *   running: boolean,
 * }} Clock
 *
 * `time(lag)` is the time to draw for a picture that has to know `lag` seconds ahead what
 * happens.  `moves(tail)` is whether the run goes on or ended less than `tail` seconds ago.
 * Lag and tail are real seconds, also in slow motion.  `running` is whether it goes on.
 */

/** @returns {number} Seconds on the page's own clock. */
const pageSeconds = () => performance.now() / 1000;

/** The kernel's time, estimated from the times at which its messages arrive. */
export class KernelClock extends EventTarget {
  running = false;
  #slow = 1;
  /** When the run began, on the page's clock.  The first message sets it at once, because it
   * is infinitely far from this. */
  #began = Infinity;
  #syncedAt = -Infinity;

  /**
   * Set the clock by a message.  The last message of a run is taken as exact.
   *
   * @param {{ now: number, live: boolean, slow: number }} run
   * @param {boolean} begins Whether this is a new run.
   */
  sync({ now, live, slow }, begins) {
    const began = pageSeconds() - slow * now;
    const difference = began - this.#began;
    const isFar = Math.abs(difference) >= RESYNC_AFTER;
    const jumps = begins || !live || isFar;
    if (jumps) this.#began = began;
    else this.#began += SMOOTHING * difference;
    this.#slow = slow;
    this.#syncedAt = pageSeconds();
    this.running = live;
    this.dispatchEvent(new Event("change"));
  }

  /** @param {number} lag */
  time(lag) {
    return (pageSeconds() - this.#began - lag) / this.#slow;
  }

  /** @param {number} tail */
  moves(tail) {
    return this.running || pageSeconds() - this.#syncedAt < tail;
  }
}

/** The page's own time, for a complete run: it can be played, paused and set. */
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

  /** A complete run needs no lag: what happens next is known. */
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

/** A time that stands still. */
export class StillClock extends EventTarget {
  running = false;

  /** @param {number} at */
  constructor(at) {
    super();
    this.at = at;
  }

  time() {
    return this.at;
  }

  moves() {
    return false;
  }
}

/** Whichever clock is set: pictures keep this one while a view goes from phase to phase. */
export class SetClock extends EventTarget {
  /** @type {Clock} */
  #clock = new StillClock(0);
  #change = () => this.dispatchEvent(new Event("change"));

  /** @param {Clock} clock */
  set(clock) {
    this.#clock.removeEventListener("change", this.#change);
    this.#clock = clock;
    clock.addEventListener("change", this.#change);
    this.#change();
  }

  get running() {
    return this.#clock.running;
  }

  /** @param {number} lag */
  time(lag) {
    return this.#clock.time(lag);
  }

  /** @param {number} tail */
  moves(tail) {
    return this.#clock.moves(tail);
  }
}
