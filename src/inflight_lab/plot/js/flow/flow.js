// Each request as a dot: waiting, in a slot, on its way, at the API, and back as what became of it.
// The picture is LAG behind the messages, so the end of a flight is known when it begins: a dot is
// out for exactly as long as its request was in flight.

import { calm } from "../frames.js";
import { Picture } from "../picture.js";
import { Dots, gapsFor } from "./dots.js";
import { FlowModel } from "./model.js";
import { NARROW, placesFor, TURNED, WIDE } from "./places.js";
import { LAG, MOVING, STILL } from "./request.js";
import { drawScene, flying } from "./scene.js";

/** Seconds back or on from which the time has been sought, and dots do not glide. */
const SOUGHT = 0.5;

/** Milliseconds between two times that the picture is put into words. */
const WORDS_PAUSE = 250;

/**
 * @import { Clock } from "../clock.js"
 * @import { Run } from "../run.js"
 * @import { Scene } from "./scene.js"
 */

export class Flow extends Picture {
  #places = placesFor(WIDE.w, WIDE.h, false);
  #model = new FlowModel(this.run, MOVING);
  #dots = new Dots();
  #wordsAt = -Infinity;

  /**
   * @param {HTMLElement} parent
   * @param {Clock} clock
   * @param {AbortSignal} signal
   */
  constructor(parent, clock, signal) {
    super(parent, "ifl-flow", clock, { lag: LAG, tail: LAG + 1, pace: 0 }, signal);
  }

  /**
   * @override
   * @param {Run} run
   */
  show(run) {
    if (run !== this.run) this.#begin(run);
    else this.#model.read();
    super.show(run);
    const period = this.#model.policy?.period ?? 0;
    this.rhythm.tail = LAG + period + 1; // until a window is empty
  }

  /**
   * @override
   * @param {number} width
   * @param {number} height
   * @param {boolean} presented
   */
  fit(width, height, presented) {
    const across = Math.min(width / WIDE.w, height / WIDE.h);
    const down = Math.min(width / NARROW.w, height / NARROW.h);
    const zoom = presented ? Math.max(1, across, down) : 1;
    const turned = presented ? down > across : width < TURNED;
    const room = presented ? height / zoom : 0;
    this.#places = placesFor(width / zoom, room, turned);
    return { height: this.#places.height, zoom };
  }

  /**
   * @override
   * @param {number} time
   */
  draw(time) {
    const sought = this.#goTo(Math.min(time, this.#end));
    if (!this.visible) return;
    const last = !this.clock.moves(this.rhythm.tail); // there is no frame to glide on in
    const scene = this.#arrange(calm.matches || sought || last);
    drawScene(this.pen, scene);
    this.#putIntoWords(scene);
  }

  /** Of a run that was cut short, those under way stay where they were. */
  get #cutShort() {
    const { live, counts } = this.run;
    return !live && counts.inFlight + counts.waiting > 0;
  }

  get #end() {
    return this.#cutShort ? this.run.now : Infinity;
  }

  /** @param {Run} run */
  #begin(run) {
    this.#model = new FlowModel(run, calm.matches ? STILL : MOVING);
    this.#dots = new Dots();
  }

  /**
   * @param {number} time
   * @returns {boolean} Whether the time was sought, and did not just go on.
   */
  #goTo(time) {
    const before = this.#model.time;
    if (time < before - SOUGHT) this.#begin(this.run);
    const model = this.#model;
    // In a still none is on its way into a tally.
    if (time === this.#end) model.motion = { ...model.motion, land: 0 };
    model.advance(time);
    return Math.abs(time - before) > SOUGHT;
  }

  /**
   * @param {boolean} atOnce
   * @returns {Scene}
   */
  #arrange(atOnce) {
    const model = this.#model;
    const places = this.#places;
    const standing = model.standing();
    this.#dots.move(model, standing, places, atOnce);
    return {
      model,
      standing,
      places,
      gaps: gapsFor(model, standing, places),
      dots: this.#dots,
      refused: model.time - model.refusedAt < LAG,
    };
  }

  /**
   * The same in words, and as data.
   *
   * @param {Scene} scene
   */
  #putIntoWords(scene) {
    const now = performance.now();
    if (this.clock.running && now - this.#wordsAt < WORDS_PAUSE) return;
    this.#wordsAt = now;
    this.canvas.setAttribute("aria-label", inWords(scene));
    Object.assign(this.root.dataset, asData(scene));
  }
}

/** @param {Scene} scene */
export function inWords({ standing, dots }) {
  const { waiting, limit, asleep } = standing;
  const slots = limit ? `${limit} slots, ${asleep} asleep` : "no limit";
  const pool = `${dots.onLeg.pool} sent and not arrived`;
  return `${waiting} waiting, ${slots}, ${pool}, ${flying(dots)} at the API`;
}

/** @param {Scene} scene */
function asData({ model, standing, dots }) {
  const { waiting, limit, asleep } = standing;
  return {
    waiting,
    limit,
    asleep,
    pool: dots.onLeg.pool,
    flying: flying(dots),
    ...model.tallies,
    bundle: model.bundle,
  };
}
