// A script that sends requests, and an API that answers or refuses them by its quota,
// computed: a run for pages that have no Python.  Times are in seconds.

import { CONNECTIONS } from "./causes.js";
import { isOnItsWayBack } from "./motion.js";
import { admit, everyOf } from "./quota.js";
import { inFlightAt, outcomeOf, PAUSE, Run } from "./run.js";

/**
 * @import { Journey, Quota } from "./run.js"
 *
 * @typedef {"naive" | "semaphore" | "pause" | "paced"} Runner
 *
 * @typedef {object} Settings
 * @property {Runner} runner
 * @property {number | null} limit How many slots it has; null for none.  All at once
 *   never has any.
 * @property {number} latency
 * @property {Quota | null} quota
 *
 * @typedef {object} World What is as it is, unless it is set.
 * @property {number} way How long a request is on its way to the API, at any latency:
 *   those sent at an even pace arrive at an even pace while the latency is dragged.
 * @property {number} jitter Answers take longer or shorter, by up to this share.
 * @property {number} work For how long the script is busy with each request.
 * @property {number | null} pace How many requests per period of the quota the paced
 *   runner sends; null for as many as the quota allows.
 * @property {number} others How many requests per period of the quota somebody else
 *   sends to this API, not quite evenly.  The API counts them; the script never sees
 *   them.
 * @property {number} seed Two runs with one seed are equal.
 */

/** The paced runner keeps this many times the spacing that the quota asks for. */
export const HEADROOM = 1.0125;

/** How long httpx lets a request wait for a connection. */
const POOL_TIMEOUT = 5;

/** @type {World} */
const WORLD = {
  way: 0.03,
  jitter: 0.08,
  work: 0.002,
  pace: null,
  others: 0,
  seed: 1,
};

/**
 * What is not given is a sliding window's.
 *
 * @param {Partial<Quota> & { rate: number }} quota
 * @returns {Quota}
 */
export function quotaOf(quota) {
  const burst = quota.rate;
  return { shape: "window", starts: null, period: 1, burst, tokens: 0, ...quota };
}

export class Simulation {
  run = new Run();
  now = 0;
  /** @type {{ time: number, act: () => void }[]} The soonest last. */
  #agenda = [];
  /** @type {Set<number>} */
  #takenSlots = new Set();
  /** @type {Journey[]} Sent, and without a connection. */
  #unconnected = [];
  #connections = 0;
  #waiting = 0;
  #nextSend = 0;
  #hasOthers = false;

  /** @param {Settings & Partial<World>} settings */
  constructor(settings) {
    this.settings = { ...WORLD, ...settings };
    this.random = randomFrom(this.settings.seed);
    this.set({});
  }

  get #limit() {
    const { runner, limit } = this.settings;
    return runner === "naive" ? null : limit;
  }

  get isOver() {
    const isAnyOut = inFlightAt(this.run, this.now) > 0;
    return this.#waiting === 0 && !isAnyOut && this.#takenSlots.size === 0;
  }

  /** Change what is set, from now on. @param {Partial<Settings & World>} changes */
  set(changes) {
    this.settings = { ...this.settings, ...changes };
    const { runner, latency, way, quota } = this.settings;
    const isPacedOnly = runner === "paced" && this.#limit === null;
    this.run.goOn({ isUnlimited: runner === "naive" });
    this.run.set(this.now, {
      limit: this.#limit,
      latency,
      way,
      quota,
      manner: runner === "pause" || isPacedOnly ? runner : "",
    });
    if (this.#waiting) this.#sendAll();
    if (!this.#hasOthers) this.#awaitOthers();
  }

  /** @param {number} count So many requests, or more. */
  ask(count) {
    this.#waiting += count;
    this.run.goOn({ asked: this.run.asked + count, isLive: true });
    this.run.wait(this.now, this.#waiting);
    this.#later(0, () => this.#sendAll());
  }

  /** Send no more, and wait for none: what has not turned back yet is cancelled. */
  stop() {
    const open = this.run.journeys.filter(({ ended }) => ended === Infinity);
    for (const each of open) {
      const isBack = isOnItsWayBack(this.run, each, this.now);
      const outcome = isBack ? each.outcome : null;
      this.run.end(this.now, each, outcome ?? "cancelled", each.reason);
    }
    this.#agenda = [];
    this.run.giveUp(this.now, this.#waiting);
    this.run.wait(this.now, 0);
    this.#waiting = 0;
    for (const slot of this.#takenSlots) this.run.free(this.now, slot);
    this.#takenSlots.clear();
    this.run.goOn({ wasStopped: true, isLive: false });
  }

  /** Let everything happen up to a time; Infinity: to the end. @param {number} time */
  advance(time) {
    let next = this.#nextUpTo(time);
    while (next) {
      this.now = Math.max(this.now, next.time);
      next.act();
      next = this.#nextUpTo(time);
    }
    if (!this.isOver) this.now = Math.max(this.now, time);
    this.run.goOn({ now: this.now, isLive: !this.isOver });
  }

  /**
   * What is to happen next, if it is in time and not all is over.
   *
   * @param {number} time
   */
  #nextUpTo(time) {
    const isInTime = (this.#agenda.at(-1)?.time ?? Infinity) <= time;
    return this.isOver || !isInTime ? undefined : this.#agenda.pop();
  }

  #sendAll() {
    while (this.#waiting > 0) {
      const slot = this.#freeSlot();
      if (slot === undefined) return;
      if (this.now < this.#nextSend) {
        return this.#at(this.#nextSend, () => this.#sendAll());
      }
      this.#nextSend = this.now + this.#spacing();
      this.#waiting -= 1;
      this.run.wait(this.now, this.#waiting);
      this.#send(slot);
    }
  }

  #spacing() {
    const { runner, quota, work, pace } = this.settings;
    if (runner !== "paced" || !quota) return work;
    return HEADROOM * everyOf({ ...quota, rate: pace ?? quota.rate });
  }

  /** The next request of somebody else comes, if there are others. */
  #awaitOthers() {
    const { others, quota } = this.settings;
    this.#hasOthers = others > 0;
    if (!this.#hasOthers) return;
    const usual = (quota?.period ?? 1) / others;
    this.#later(usual * (0.5 + this.random()), () => {
      this.run.arrive(this.now, undefined, this.#verdict());
      this.#awaitOthers();
    });
  }

  /** What the API says to a request that comes now. */
  #verdict() {
    const { isLetIn, gauge } = admit(this.run, this.now);
    return { status: isLetIn ? 200 : 429, gauge };
  }

  /**
   * The first that is free; null where there are no slots, undefined if all are taken.
   */
  #freeSlot() {
    if (this.#limit === null) return null;
    for (let slot = 0; slot < this.#limit; slot += 1) {
      if (!this.#takenSlots.has(slot)) return slot;
    }
    return undefined;
  }

  /** @param {number | null} slot */
  #send(slot) {
    if (slot !== null) {
      this.#takenSlots.add(slot);
      this.run.take(this.now, slot);
    }
    const journey = this.run.send(this.now, slot);
    this.#unconnected.push(journey);
    this.#connect();
    this.#later(POOL_TIMEOUT, () => this.#giveUp(journey));
  }

  /** The first that wait for a connection get one, as long as there are any. */
  #connect() {
    while (this.#connections < CONNECTIONS && this.#unconnected.length) {
      const journey = /** @type {Journey} */ (this.#unconnected.shift());
      this.#connections += 1;
      const { latency, way, jitter } = this.settings;
      const varied = latency * (1 + jitter * (2 * this.random() - 1));
      const takes = Math.max(way, varied);
      this.run.expect(journey, this.now + takes);
      this.#later(way, () => this.#arrive(journey));
      this.#later(takes, () => this.#answer(journey));
    }
  }

  /** @param {Journey} journey */
  #giveUp(journey) {
    const place = this.#unconnected.indexOf(journey);
    if (place < 0) return;
    this.#unconnected.splice(place, 1);
    this.run.end(this.now, journey, "failed", "PoolTimeout");
    if (journey.slot !== null) this.#free(journey.slot);
  }

  /** @param {Journey} journey */
  #arrive(journey) {
    this.run.arrive(this.now, journey, { ...this.#verdict(), due: journey.due });
  }

  /** @param {Journey} journey */
  #answer(journey) {
    this.#connections -= 1;
    this.#connect();
    this.run.end(this.now, journey, outcomeOf(journey.reason), journey.reason);
    const { slot } = journey;
    if (slot === null) return;
    const isLocked = this.#takenSlots.size >= (this.#limit ?? Infinity);
    const sleeps = this.settings.runner === "pause" && isLocked;
    if (sleeps) this.#later(PAUSE, () => this.#free(slot));
    else this.#free(slot);
  }

  /** @param {number} slot */
  #free(slot) {
    this.#takenSlots.delete(slot);
    this.run.free(this.now, slot);
    this.#sendAll();
  }

  /** @param {number} seconds @param {() => void} act */
  #later(seconds, act) {
    this.#at(this.now + seconds, act);
  }

  /** @param {number} time @param {() => void} act */
  #at(time, act) {
    const later = this.#agenda.findLastIndex((each) => each.time > time);
    this.#agenda.splice(later + 1, 0, { time, act });
  }
}

/**
 * Numbers from 0 to 1, always the same for a seed (mulberry32).
 *
 * @param {number} seed
 */
function randomFrom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
