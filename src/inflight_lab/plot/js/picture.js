// What the pictures of a run have in common: a canvas, a clock, and a frame while something moves.

import { add, div } from "./dom.js";
import { calm, FRAME, framed, SELDOM } from "./frames.js";
import { Pen } from "./pen.js";
import { emptyColumns, levelAt, Run } from "./run.js";

/**
 * Requests in a period from which on nothing is drawn more often than each `FRAME`: drawing
 * takes time from who sends.
 */
const BUSY = 200;

/**
 * @import { Clock } from "./clock.js"
 *
 * @typedef {object} Rhythm
 * @property {number} lag Seconds that a picture has to know in advance.
 * @property {number} tail Seconds for which it moves on after a run has ended.
 * @property {number} pace Milliseconds between two frames, at the least.
 */

/** A canvas on which a run is drawn at the time that a clock says. */
export class Picture {
  /** Whether it is to be seen. */
  visible = false;
  run = new Run(emptyColumns());

  /**
   * @param {HTMLElement} parent
   * @param {string} name The class of its element.
   * @param {Clock} clock
   * @param {Rhythm} rhythm
   * @param {AbortSignal} signal
   */
  constructor(parent, name, clock, rhythm, signal) {
    this.root = div(name, parent);
    this.canvas = add("canvas", this.root);
    this.canvas.setAttribute("role", "img");
    this.pen = new Pen(this.canvas);
    this.clock = clock;
    this.rhythm = rhythm;
    this.redraw = framed(() => this.#pause(), () => this.#paint(), signal);
    clock.addEventListener("change", this.redraw, { signal });
  }

  /** The time to draw. */
  get time() {
    return this.clock.time(this.rhythm.lag);
  }

  /**
   * There is a run, or more of it.
   *
   * @param {Run} run
   */
  show(run) {
    this.run = run;
    this.redraw();
  }

  /** The page has another size, or other colours. */
  layout() {
    const { clientWidth: width, clientHeight: height } = this.root;
    this.visible = width > 0;
    if (!width) return;
    const presented = this.root.closest(".ifl-presented") !== null;
    const size = this.fit(width, height, presented);
    this.pen.fit(width, size.height * size.zoom, size.zoom);
    this.redraw();
  }

  /**
   * Arrange what is drawn.
   *
   * @param {number} _width
   * @param {number} _height
   * @param {boolean} _presented Whether it fills the screen.
   * @returns {{ height: number, zoom: number }} How high to draw, and how many times as large.
   */
  fit(_width, _height, _presented) {
    throw new Error("each picture fits in its own way");
  }

  /**
   * Draw, if it is visible.
   *
   * @param {number} _time
   */
  draw(_time) {
    throw new Error("each picture draws its own");
  }

  #pause() {
    if (calm.matches || !this.visible) return SELDOM;
    const rate = levelAt(this.run.levels.rate, Infinity) ?? 0;
    return rate > BUSY ? FRAME : this.rhythm.pace;
  }

  #paint() {
    this.draw(this.time);
    return this.clock.moves(this.rhythm.tail);
  }
}
