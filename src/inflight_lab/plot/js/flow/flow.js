// Each request as a dot: waiting, in a slot, on its way, at the API, and back with its outcome.
// The picture is LAG_SECONDS behind the messages, so the end of a short flight is known when the
// flight begins, and a dot is out for exactly as long as its request was in flight.

import { LAG_SECONDS } from "../clock.js";
import { calm } from "../frames.js";
import { Picture } from "../picture.js";
import { Dots } from "./dots.js";
import { FlowModel, talliesOf } from "./model.js";
import { packsFor } from "./packing.js";
import { fitOnPage, fitOnScreen, placesFor, WIDE } from "./places.js";
import { motionOf, MOVING, SETTLING_SECONDS } from "./request.js";
import { drawScene, isRefusing } from "./scene.js";

/** A jump of more than this, back or forward, is a seek: dots then do not glide. */
const SEEK_SECONDS = 0.5;

/** How often the picture is put into words, at most. */
const WORDS_PAUSE_MS = 250;

/**
 * @import { Clock } from "../clock.js"
 * @import { Run } from "../run.js"
 * @import { Standing } from "./model.js"
 * @import { Scene } from "./scene.js"
 */

export class Flow extends Picture {
  #places = placesFor(WIDE.w, WIDE.h, false);
  #model = new FlowModel(this.run, MOVING);
  #dots = new Dots();
  /** Whether one moment is shown, with the tallies of the whole run. */
  #still = false;
  #wordsAt = -Infinity;

  /**
   * @param {HTMLElement} parent
   * @param {Clock} clock
   * @param {AbortSignal} signal
   */
  constructor(parent, clock, signal) {
    super(parent, "ifl-flow", clock, {
      lag: LAG_SECONDS,
      tail: SETTLING_SECONDS,
      pace: 0,
    }, signal);
  }

  /** The run that is shown has grown. */
  grow() {
    this.#model.read();
    this.redraw();
  }

  /**
   * Show another run, or the same one in another way.
   *
   * @param {Run} run
   * @param {{ still: boolean }} how Whether one moment is shown, with the tallies of the
   *   whole run.
   */
  begin(run, { still }) {
    this.#still = still;
    this.#begin(run);
    this.show(run);
  }

  /**
   * @override
   * @param {number} width
   * @param {number} height
   * @param {boolean} presented
   */
  fit(width, height, presented) {
    const { places, zoom } = presented ? fitOnScreen(width, height) : fitOnPage(width);
    this.#places = places;
    return { height: places.height, zoom };
  }

  /**
   * @override
   * @param {number} time
   */
  draw(time) {
    const sought = this.#goTo(Math.min(time, this.#end));
    if (!this.visible) return;
    const isLastFrame = !this.clock.moves(this.rhythm.tail);
    const scene = this.#arrange(calm.matches || sought || isLastFrame);
    drawScene(this.pen, scene);
    this.#putIntoWords(scene);
  }

  /** Whether the run was cut short: then requests under way stay where they are. */
  get #cutShort() {
    const { live, counts } = this.run;
    return !live && counts.inFlight + counts.waiting > 0;
  }

  get #end() {
    return this.#cutShort ? this.run.now : Infinity;
  }

  /** @param {Run} run */
  #begin(run) {
    const motion = motionOf(run, { still: this.#still || calm.matches });
    this.#model = new FlowModel(run, motion);
    this.#dots = new Dots();
  }

  /**
   * @param {number} time
   * @returns {boolean} Whether this was a seek, rather than time going on.
   */
  #goTo(time) {
    const before = this.#model.time;
    if (time < before - SEEK_SECONDS) this.#begin(this.run);
    const model = this.#model;
    if (time === this.#end) model.landAtOnce();
    model.advance(time);
    if (this.#still) model.tallies = talliesOf(this.run.counts);
    return Math.abs(time - before) > SEEK_SECONDS;
  }

  /**
   * @param {boolean} atOnce
   * @returns {Scene}
   */
  #arrange(atOnce) {
    const model = this.#model;
    const places = this.#places;
    const standing = model.standing();
    const packs = packsFor(model, standing, places);
    this.#dots.move(model, places, packs, atOnce);
    const refused = isRefusing(model, this.#dots);
    return {
      model,
      standing,
      places,
      packs,
      dots: this.#dots,
      frozenAt: this.#still ? model.time : null,
      refused,
    };
  }

  /**
   * Describe the scene in words for screen readers, and as data attributes.
   *
   * @param {Scene} scene
   */
  #putIntoWords(scene) {
    const now = performance.now();
    if (this.clock.running && now - this.#wordsAt < WORDS_PAUSE_MS) return;
    this.#wordsAt = now;
    this.canvas.setAttribute("aria-label", inWords(scene));
    Object.assign(this.root.dataset, asData(scene));
  }
}

/** @param {Scene} scene */
export function inWords({ model, standing, dots }) {
  const isQueueSeen = model.run.levels.waiting.length > 0;
  const words = [
    ...(isQueueSeen ? [`${standing.waiting} waiting`] : []),
    ...limitInWords(standing),
    `${dots.inPool} sent and not arrived`,
    `${dots.inFlight} in flight`,
    `${dots.atApi} of them at the API`,
  ];
  return words.join(", ");
}

/**
 * @param {Standing} standing
 * @returns {string[]} Nothing where nobody knows.
 */
function limitInWords({ limit, unlimited, asleep }) {
  if (limit) return [`${limit} slots, ${asleep} asleep`];
  return unlimited ? ["no limit"] : [];
}

/** @param {Scene} scene */
function asData({ model, standing, dots }) {
  const { waiting, limit, asleep } = standing;
  return {
    waiting,
    limit,
    asleep,
    pool: dots.inPool,
    flying: dots.inFlight,
    ...model.tallies,
    bundle: model.bundleSize,
  };
}
