// Lines over time: strips above a shared time axis, which scrolls.

import { FRAME_MS } from "../frames.js";
import { Picture } from "../picture.js";
import { policyAt } from "../run.js";
import { axisMaximumOf, contentOf } from "./content.js";
import { axisTop } from "./scales.js";
import { drawStrip, GRID, LEFT, RIGHT } from "./strip_picture.js";
import { layoutOnPage, layoutOnScreen, STRIPS, TOP_PIXELS } from "./strips.js";
import { ticksOf, timeRangeTo } from "./time_axis.js";

/** A live picture is this far behind, so that its points have arrived. */
const LAG_SECONDS = 0.08;

/** Plots side by side share a height axis unless their maxima differ by more than this. */
const SHARED_AXIS_RATIO = 4;

/** The strips of a recorded run are computed again after each of these steps. */
const RECORDED_STEP_SECONDS = 0.05;

/** A line that goes on is drawn this far beyond the last of its points. */
const OVERSHOOT_SECONDS = 5;

/**
 * @import { Clock } from "../clock.js"
 * @import { Run } from "../run.js"
 * @import { Content } from "./content.js"
 * @import { Strip, StripSpec } from "./strips.js"
 * @import { TimeRange } from "./time_axis.js"
 */

export class Lines extends Picture {
  /** @type {Map<StripSpec, number>} What each height axis has to reach; it never shrinks. */
  axisMaxima = new Map();

  #layout = layoutOnPage(false);
  #wide = 0;
  #rightPixel = 0;
  #tokens = false;
  #frames = 0;
  /** @type {Map<StripSpec, Content>} */
  #contents = new Map();
  /** The time up to which `#contents` is computed, and whether the run has grown since. */
  #contentsUntil = -Infinity;
  #stale = true;

  /**
   * @param {HTMLElement} parent
   * @param {Clock} clock
   * @param {Lines[]} siblings The plots side by side that share axes, this one included.
   * @param {AbortSignal} signal
   */
  constructor(parent, clock, siblings, signal) {
    super(parent, "ifl-lines", clock, { lag: 0, tail: 0, pace: FRAME_MS }, signal);
    this.parent = parent;
    this.siblings = siblings;
    this.canvas.setAttribute("aria-label", "Requests over time");
  }

  /** Where the lines end now. */
  get end() {
    return this.#endAt(this.time);
  }

  /** Whether the lines go on. */
  get going() {
    return this.#goesOnAfter(this.time);
  }

  /**
   * @override
   * @param {Run} run
   */
  show(run) {
    if (run !== this.run) this.#begin();
    super.show(run);
    this.rhythm.lag = run.live ? LAG_SECONDS : 0;
    this.#stale = true;
    const tokens = (policyAt(run, Infinity)?.tokens ?? 0) > 0;
    if (tokens !== this.#tokens) {
      this.#tokens = tokens;
      this.layout();
    }
    for (const sibling of this.siblings) sibling.redraw();
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
    this.#rightPixel = this.#wide - RIGHT;
    return this.#layout;
  }

  /**
   * @override
   * @param {number} time
   */
  draw(time) {
    if (!this.visible) return;
    const range = this.#timeRangeAt(time);
    this.#updateContents(range, time);
    const perSecond = (this.#rightPixel - LEFT) / range.span;
    /** @param {number} moment */
    const x = (moment) => LEFT + (moment - range.from) * perSecond;
    const drawnToPixel = x(this.#endAt(time));
    this.pen.clear();
    this.#drawTimeAxis(range, x);
    for (const strip of this.#layout.strips) this.#drawStrip(strip, x, drawnToPixel);
    this.#frames += 1;
    this.parent.dataset.frames = `${this.#frames}`;
  }

  #begin() {
    this.axisMaxima.clear();
    this.#contentsUntil = -Infinity;
  }

  /**
   * The time up to which the lines go: not beyond the end of the run.
   *
   * @param {number} time
   */
  #endAt(time) {
    const { live, now } = this.run;
    return Math.max(0, live ? time : Math.min(time, now));
  }

  /** @param {number} time */
  #goesOnAfter(time) {
    return this.run.live || time < this.run.now;
  }

  /**
   * @param {number} time
   * @returns {TimeRange}
   */
  #timeRangeAt(time) {
    const scrolls = this.siblings.every((sibling) => sibling.going);
    if (this.#goesOnAfter(time)) return timeRangeTo(this.#endAt(time), scrolls);
    const lastEnd = Math.max(...this.siblings.map((sibling) => sibling.end));
    return timeRangeTo(lastEnd, scrolls);
  }

  /**
   * Compute what the strips show, if that has changed since the last frame.
   *
   * @param {TimeRange} range
   * @param {number} time
   */
  #updateContents(range, time) {
    const until = this.#knownUntil(time);
    if (!this.#stale && until === this.#contentsUntil) return;
    const wentBack = until < this.#contentsUntil;
    if (wentBack) this.axisMaxima.clear();
    for (const spec of STRIPS) {
      this.#contents.set(spec, contentOf(this.run, spec, range, until));
      const maximum = axisMaximumOf(this.run, spec, until);
      const before = this.axisMaxima.get(spec) ?? 0;
      this.axisMaxima.set(spec, Math.max(maximum, before));
    }
    this.#contentsUntil = until;
    this.#stale = false;
  }

  /**
   * A live run is known up to now; a recorded one is revealed step by step.
   *
   * @param {number} time
   */
  #knownUntil(time) {
    const { live, now } = this.run;
    if (live) return now;
    const steps = Math.ceil(this.#endAt(time) / RECORDED_STEP_SECONDS);
    return Math.min(now, steps * RECORDED_STEP_SECONDS);
  }

  /**
   * @param {TimeRange} range
   * @param {(time: number) => number} x
   */
  #drawTimeAxis(range, x) {
    const { pen } = this;
    const { strips } = this.#layout;
    const { bottom } = strips[strips.length - 1];
    for (const time of ticksOf(range, this.#wide)) {
      pen.bar("ink", x(time), TOP_PIXELS, 1, bottom - TOP_PIXELS, GRID);
      const words = `${Number(time.toFixed(1))} s`;
      pen.text(words, x(time), bottom + 22, { align: "center" });
    }
    if (range.from === 0) return;
    const style = /** @type {const} */ ({ align: "right", soft: true });
    pen.text("older points left out", this.#rightPixel, TOP_PIXELS - 6, style);
  }

  /**
   * @param {Strip} strip
   * @param {(time: number) => number} x
   * @param {number} drawnToPixel
   */
  #drawStrip(strip, x, drawnToPixel) {
    const content = this.#contents.get(strip.spec);
    if (!content) return;
    drawStrip(this.pen, strip, content, {
      x,
      rightPixel: this.#rightPixel,
      drawnToPixel,
      untilTime: this.run.now + OVERSHOOT_SECONDS,
      ...this.#heightAxis(strip.spec),
    });
  }

  /**
   * Plots side by side have the same height axis, unless a plot would be too flat to read.
   *
   * @param {StripSpec} spec
   */
  #heightAxis(spec) {
    const own = this.axisMaxima.get(spec) ?? 0;
    const maxima = this.siblings.map((sibling) => sibling.axisMaxima.get(spec) ?? 0);
    const shared = maxima.filter((maximum) => maximum <= SHARED_AXIS_RATIO * own);
    const highest = axisTop(Math.max(...shared));
    const magnification = Math.round(axisTop(Math.max(...maxima)) / highest);
    return { highest, magnification };
  }
}
