// Lines over time: strips above one axis of seconds, which scrolls.

import { FRAME } from "../frames.js";
import { Picture } from "../picture.js";
import { policyAt } from "../run.js";
import { contentOf, needOf } from "./content.js";
import { axisTop } from "./scales.js";
import { drawStrip, GRID, LEFT, RIGHT } from "./strip_picture.js";
import { layoutOnPage, layoutOnScreen, STRIPS, TOP } from "./strips.js";
import { stretchTo, ticksOf } from "./time_axis.js";

/** Seconds that the picture lags behind, so that its points have arrived. */
const DELAY = 0.08;

/** Times as high: plots side by side that differ by more have a height axis each. */
const ALIKE = 4;

/** Seconds of a recorded run after which its lines are worked out anew. */
const PIECE = 0.05;

/** Seconds by which a line that goes on is drawn beyond the last of its points. */
const BEYOND = 5;

/**
 * @import { Clock } from "../clock.js"
 * @import { Run } from "../run.js"
 * @import { Content } from "./content.js"
 * @import { About, Layout, Strip } from "./strips.js"
 * @import { Stretch } from "./time_axis.js"
 */

export class Lines extends Picture {
  /** @type {Map<About, number>} What each height axis has to reach: never less than before. */
  needs = new Map();

  #layout = layoutOnPage(false);
  #wide = 0;
  #right = 0;
  #tokens = false;
  #frames = 0;
  /** @type {Map<About, Content>} */
  #contents = new Map();
  /** The time up to which `#contents` are worked out, and whether there is more. */
  #until = -Infinity;
  #stale = true;

  /**
   * @param {HTMLElement} parent
   * @param {Clock} clock
   * @param {Lines[]} mates Those side by side, which have their axes in common.
   * @param {AbortSignal} signal
   */
  constructor(parent, clock, mates, signal) {
    super(parent, "ifl-lines", clock, { lag: DELAY, tail: 0, pace: FRAME }, signal);
    this.parent = parent;
    this.mates = mates;
    this.canvas.setAttribute("aria-label", "Requests over time");
    mates.push(this);
  }

  /**
   * Once a run has ended nothing more arrives, and there is nothing to wait for.
   *
   * @override
   */
  get time() {
    return this.clock.time(this.clock.running ? DELAY : 0);
  }

  /** The time up to which the lines go: not beyond the end of the run. */
  get end() {
    const { live, now } = this.run;
    return Math.max(0, live ? this.time : Math.min(this.time, now));
  }

  /** Whether the lines go on. */
  get going() {
    return this.run.live || this.time < this.run.now;
  }

  /**
   * @override
   * @param {Run} run
   */
  show(run) {
    if (run !== this.run) this.#begin();
    super.show(run);
    this.#stale = true;
    const tokens = (policyAt(run, Infinity)?.tokens ?? 0) > 0;
    if (tokens !== this.#tokens) {
      this.#tokens = tokens;
      this.layout();
    }
    for (const mate of this.mates) mate.redraw();
  }

  /**
   * @override
   * @param {number} width
   * @param {number} height
   * @param {boolean} presented
   */
  fit(width, height, presented) {
    const letters = parseFloat(getComputedStyle(this.root).fontSize);
    this.#layout = presented
      ? layoutOnScreen(this.#tokens, height, letters)
      : layoutOnPage(this.#tokens);
    this.#wide = width / this.#layout.zoom;
    this.#right = this.#wide - RIGHT;
    return this.#layout;
  }

  /**
   * @override
   * @param {number} _time
   */
  draw(_time) {
    if (!this.visible) return;
    const stretch = this.#stretch();
    this.#workOut(stretch);
    const perSecond = (this.#right - LEFT) / stretch.span;
    /** @param {number} time */
    const x = (time) => LEFT + (time - stretch.from) * perSecond;
    this.pen.clear();
    this.#drawTimes(stretch, x);
    for (const strip of this.#layout.strips) this.#drawStrip(strip, x);
    this.#frames += 1;
    this.parent.dataset.frames = `${this.#frames}`;
  }

  #begin() {
    this.needs.clear();
    this.#until = -Infinity;
  }

  /** @returns {Stretch} */
  #stretch() {
    const last = Math.max(...this.mates.map((mate) => mate.end));
    const scrolls = this.mates.every((mate) => mate.going);
    return stretchTo(this.going ? this.end : last, scrolls);
  }

  /**
   * Work out what the strips show, where there is more of it than before.
   *
   * @param {Stretch} stretch
   */
  #workOut(stretch) {
    const until = this.#workedOutTo();
    if (!this.#stale && until === this.#until) return;
    if (until < this.#until) this.needs.clear(); // the time was sought
    for (const about of STRIPS) {
      this.#contents.set(about, contentOf(this.run, about, stretch, until));
      const need = needOf(this.run, about, until);
      this.needs.set(about, Math.max(need, this.needs.get(about) ?? 0));
    }
    this.#until = until;
    this.#stale = false;
  }

  /** All that is known of a live run; of a recorded one, piece by piece. */
  #workedOutTo() {
    const { live, now } = this.run;
    return live ? now : Math.min(now, Math.ceil(this.end / PIECE) * PIECE);
  }

  /**
   * @param {Stretch} stretch
   * @param {(time: number) => number} x
   */
  #drawTimes(stretch, x) {
    const { pen } = this;
    const { strips } = this.#layout;
    const { bottom } = strips[strips.length - 1];
    for (const time of ticksOf(stretch, this.#wide)) {
      pen.bar("ink", x(time), TOP, 1, bottom - TOP, GRID);
      const words = `${Number(time.toFixed(1))} s`;
      pen.text(words, x(time), bottom + 22, { align: "center" });
    }
    if (stretch.from === 0) return;
    const style = /** @type {const} */ ({ align: "right", soft: true });
    pen.text("older points left out", this.#right, TOP - 6, style);
  }

  /**
   * @param {Strip} strip
   * @param {(time: number) => number} x
   */
  #drawStrip(strip, x) {
    const content = this.#contents.get(strip.about);
    if (!content) return;
    const axis = this.#heightAxis(strip.about);
    const right = this.#right;
    const until = this.run.now + BEYOND;
    drawStrip(this.pen, strip, content, { x, right, now: x(this.end), until, ...axis });
  }

  /**
   * Side by side the height axes are the same, but for one on which nothing could be read.
   *
   * @param {About} about
   */
  #heightAxis(about) {
    const need = this.needs.get(about) ?? 0;
    const needs = this.mates.map((mate) => mate.needs.get(about) ?? 0);
    const alike = needs.filter((each) => each <= ALIKE * need);
    const highest = axisTop(Math.max(...alike));
    const times = Math.round(axisTop(Math.max(...needs)) / highest);
    return { highest, times };
  }
}
