// Lines over time: strips above a shared time axis, which scrolls.

import { LAG_SECONDS } from "../clock.js";
import { div } from "../dom.js";
import { FRAME_MS } from "../frames.js";
import { latenciesInWords } from "../latencies.js";
import { Picture } from "../picture.js";
import { policyAt } from "../run.js";
import { computedUntil, Contents } from "./contents.js";
import { axisTop } from "./scales.js";
import { drawFuture, drawStrip, LEFT, RIGHT } from "./strip_picture.js";
import { layoutOnPage, layoutOnScreen, onlyStrip, stripsOf } from "./strips.js";
import { columnsIn, rangeOfWhole, timeRangeTo } from "./time_axis.js";
import { drawLatencyMarks, LATENCIES_PIXELS } from "./latency_marks.js";
import { drawCursor, drawNote, drawTimeAxis } from "./time_axis_picture.js";
import { noteBesideTitles, stripTitle } from "./titles.js";

/** Plots side by side share a height axis unless their maxima differ by more than this. */
const SHARED_AXIS_RATIO = 4;

/** The largest zoom when presented, roughly. */
const LARGEST_ZOOM = 2;

/**
 * @import { Clock } from "../clock.js"
 * @import { Run } from "../run.js"
 * @import { Axes } from "./strip_picture.js"
 * @import { Strip, StripSpec } from "./strips.js"
 * @import { TimeRange } from "./time_axis.js"
 */

/**
 * Which strips are shown, and which rows of marks they have.
 *
 * @param {StripSpec[]} strips
 */
const keyOf = (strips) => strips.flatMap(({ name, marks }) => [name, ...marks]).join();

export class Lines extends Picture {
  contents = new Contents();

  /** @type {string | null} The name of the only strip that is shown; null: all are. */
  only = null;

  /**
   * Whether the axes have room for the whole run at any time of it, and what comes later is
   * drawn faintly.
   */
  showsFuture = false;

  /** The whole run, where it is shown from the start. */
  #whole = new Contents();
  /** @type {StripSpec[]} */
  #shown = stripsOf(this.run, []);
  #layout = layoutOnPage(this.#shown, innerHeight);
  #wide = 0;
  #rightPixel = 0;
  /** @type {number | null} */
  #frozenAt = null;
  #frames = 0;
  #spoken;
  /** Pixels below the axis that latencies take. */
  #below = 0;

  /**
   * @param {HTMLElement} parent
   * @param {Clock} clock
   * @param {Lines[]} siblings The plots side by side that share axes, this one included.
   * @param {AbortSignal} signal
   */
  constructor(parent, clock, siblings, signal) {
    super(parent, "ifl-lines", clock, {
      lag: LAG_SECONDS,
      tail: LAG_SECONDS,
      pace: FRAME_MS,
    }, signal);
    this.parent = parent;
    this.siblings = siblings;
    this.canvas.setAttribute("aria-label", "Requests over time");
    this.#spoken = div("ifl-latencies", this.root);
  }

  /** Where the lines end now. */
  get end() {
    return this.#endAt(this.time);
  }

  /** Whether the lines grow. */
  get isGrowing() {
    return this.#growsAfter(this.time);
  }

  /** The moment that the axis has to reach back to. */
  get cursor() {
    return this.#frozenAt ?? Infinity;
  }

  /**
   * @override
   * @param {Run} run
   */
  show(run) {
    if (run !== this.run) this.#contentsBegin();
    super.show(run);
    const areMarked = this.#noteLatencies();
    this.#contentsExpire();
    if (this.#chooseStrips() || areMarked) this.layout();
    this.#redrawAll();
  }

  /**
   * Show the whole run, with a cursor at the moment that is shown beside it.
   *
   * @param {number | null} time Null: the run is shown up to the time of the clock.
   */
  freezeAt(time) {
    if (time === this.#frozenAt) return;
    this.#frozenAt = time;
    this.#redrawAll();
  }

  /**
   * @override
   * @param {number} width
   * @param {number} height
   * @param {boolean} presented
   */
  fit(width, height, presented) {
    this.#chooseStrips();
    const letters = parseFloat(getComputedStyle(this.root).fontSize);
    const layout = presented
      ? layoutOnScreen(this.#shown, height - LARGEST_ZOOM * this.#below, letters)
      : layoutOnPage(this.#shown, innerHeight, width);
    this.#layout = { ...layout, height: layout.height + this.#below };
    this.#wide = width / this.#layout.zoom;
    this.#rightPixel = this.#wide - RIGHT;
    const mostColumns = columnsIn(this.#rightPixel - LEFT);
    this.contents.fit(mostColumns);
    this.#whole.fit(mostColumns);
    return this.#layout;
  }

  /**
   * @override
   * @param {number} time
   */
  draw(time) {
    if (!this.visible) return;
    const range = this.#timeRangeAt(time);
    const end = this.#endAt(time);
    const until = computedUntil(end, this.run);
    this.#updateContents(range, until);
    const perSecond = (this.#rightPixel - LEFT) / range.seconds;
    /** @param {number} moment */
    const x = (moment) => LEFT + (moment - range.from) * perSecond;
    const drawnToPixel = x(end);
    this.pen.clear();
    const { strips } = this.#layout;
    const { bottom } = strips[strips.length - 1];
    const axis = { x, bottom, rightPixel: this.#rightPixel, wide: this.#wide };
    drawTimeAxis(this.pen, range, axis);
    drawNote(this.pen, noteBesideTitles(this.run, range.from, this.#wide), axis);
    drawLatencyMarks(this.pen, this.#latenciesUpTo(end), range, axis);
    const across = { x, drawnToPixel, untilTime: range.from + range.seconds };
    for (const strip of strips) this.#drawStrip(strip, across, time);
    const cursor = this.#frozenAt ?? (this.showsFuture ? end : null);
    if (cursor !== null) drawCursor(this.pen, cursor, axis);
    this.#frames += 1;
    this.parent.dataset.frames = `${this.#frames}`;
  }

  /**
   * Plots beside this one are drawn again if their height axis may depend on what is new
   * here: nothing else would do that while nothing moves.
   *
   * @param {TimeRange} range
   * @param {number} until
   */
  #updateContents(range, until) {
    const before = this.#maxima();
    this.contents.update(this.run, this.#shown, range, until);
    if (this.showsFuture) {
      this.#whole.update(this.run, this.#shown, range, this.run.now);
    }
    if (this.#maxima() !== before) this.#redrawOthers();
  }

  /** What the height axes have to reach, to be compared. */
  #maxima() {
    return this.#shown.map((spec) => this.maximumOf(spec)).join();
  }

  #redrawOthers() {
    for (const sibling of this.siblings) {
      if (sibling !== this) sibling.redraw();
    }
  }

  /**
   * The time at a place on the screen.
   *
   * @param {number} clientX
   */
  timeAt(clientX) {
    const { left, width } = this.canvas.getBoundingClientRect();
    const pixel = ((clientX - left) / width) * this.#wide;
    const { from, seconds } = this.#timeRangeAt(this.time);
    return from + (seconds * (pixel - LEFT)) / (this.#rightPixel - LEFT);
  }

  /** @param {number} time */
  #latenciesUpTo(time) {
    if (this.showsFuture) return this.run.latencies;
    return this.run.latencies.filter((change) => change.time <= time);
  }

  /**
   * What a height axis has to reach.
   *
   * @param {StripSpec} spec
   */
  maximumOf(spec) {
    return (this.showsFuture ? this.#whole : this.contents).maximumOf(spec);
  }

  /**
   * Make room for the marks, and say them to those who do not see them.
   *
   * @returns {boolean} Whether that is new.
   */
  #noteLatencies() {
    const words = latenciesInWords(this.run.latencies);
    if (this.#spoken.textContent !== words) this.#spoken.textContent = words;
    const before = this.#below;
    this.#below = words ? LATENCIES_PIXELS : 0;
    return this.#below !== before;
  }

  #contentsBegin() {
    this.contents.begin();
    this.#whole.begin();
  }

  #contentsExpire() {
    this.contents.expire();
    this.#whole.expire();
  }

  #redrawAll() {
    for (const sibling of this.siblings) sibling.redraw();
  }

  /** @returns {boolean} Whether other strips are shown than before. */
  #chooseStrips() {
    const before = this.#shown;
    const stay = this.run.live ? before : [];
    this.#shown = this.only ? onlyStrip(this.only, this.run) : stripsOf(this.run, stay);
    const isSame = keyOf(this.#shown) === keyOf(before);
    if (!isSame) this.#contentsExpire();
    return !isSame;
  }

  /**
   * The time up to which the lines go: not beyond the end of the run.
   *
   * @param {number} time
   */
  #endAt(time) {
    const { live, now } = this.run;
    if (this.#frozenAt !== null) return now;
    return Math.max(0, live ? time : Math.min(time, now));
  }

  /** @param {number} time */
  #growsAfter(time) {
    if (this.#frozenAt !== null) return false;
    return this.run.live || time < this.run.now;
  }

  /**
   * @param {number} time
   * @returns {TimeRange}
   */
  #timeRangeAt(time) {
    if (this.showsFuture) {
      return rangeOfWhole(Math.max(...this.siblings.map(({ run }) => run.now)));
    }
    const scrolls = this.siblings.every(({ isGrowing }) => isGrowing);
    if (this.#growsAfter(time)) return timeRangeTo(this.#endAt(time), scrolls);
    const lastEnd = Math.max(...this.siblings.map(({ end }) => end));
    const firstCursor = Math.min(...this.siblings.map(({ cursor }) => cursor));
    return timeRangeTo(lastEnd, scrolls, firstCursor);
  }

  /**
   * @param {Strip} strip
   * @param {Pick<Axes, "x" | "drawnToPixel" | "untilTime">} across
   * @param {number} time
   */
  #drawStrip(strip, across, time) {
    const content = this.contents.of(strip.spec);
    if (!content) return;
    const whole = this.showsFuture ? this.#whole.of(strip.spec) : undefined;
    const policy = policyAt(this.run, time);
    const room = this.#wide - LEFT;
    const axes = {
      title: stripTitle(strip.spec.name, whole ?? content, policy, room),
      rightPixel: this.#rightPixel,
      ...across,
      ...this.#heightAxis(strip.spec),
    };
    if (whole) drawFuture(this.pen, strip, whole, axes, across.x(this.run.now));
    drawStrip(this.pen, strip, content, axes);
  }

  /**
   * Plots side by side have the same height axis, unless a plot would be too flat to read.
   *
   * @param {StripSpec} spec
   */
  #heightAxis(spec) {
    const own = this.maximumOf(spec);
    const maxima = this.siblings.map((sibling) => sibling.maximumOf(spec));
    const shared = maxima.filter((maximum) => maximum <= SHARED_AXIS_RATIO * own);
    const highest = axisTop(Math.max(...shared));
    const magnification = Math.round(axisTop(Math.max(...maxima)) / highest);
    return { highest, magnification };
  }
}
