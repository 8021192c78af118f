// What the pictures of a run have in common: a canvas, a clock, and a frame while something moves.

import { emptyColumns } from "./columns.js";
import { add, div } from "./dom.js";
import { calm, FRAME_MS, framed, SELDOM_MS } from "./frames.js";
import { Pen } from "./pen.js";
import { levelAt, Run } from "./run.js";

/**
 * With more requests in a period than this, nothing is drawn more often than once in
 * `FRAME_MS`: drawing takes time from sending.
 */
const BUSY_RATE = 200;

/**
 * @import { Clock } from "./clock.js"
 *
 * @typedef {object} Rhythm
 * @property {number} lag How many seconds ahead a picture has to know what happens.
 * @property {number} tail How many seconds it goes on moving after a run has ended.
 * @property {number} pace The least number of milliseconds between two frames.
 */

/** A canvas on which a run is drawn at the time that a clock says. */
export class Picture {
  /** Whether the picture can be seen. */
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
   * Show a run that is new or has grown.
   *
   * @param {Run} run
   */
  show(run) {
    this.run = run;
    this.redraw();
  }

  /** Fit the picture to a new size, or to other colours. */
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
   * @returns {{ height: number, zoom: number }} The height to draw, and its magnification.
   */
  fit(_width, _height, _presented) {
    throw new Error("each picture fits in its own way");
  }

  /**
   * Draw the run at a time, if the picture is visible.
   *
   * @param {number} _time
   */
  draw(_time) {
    throw new Error("each picture draws its own");
  }

  #pause() {
    if (calm.matches || !this.visible) return SELDOM_MS;
    const rate = levelAt(this.run.levels.rate, Infinity) ?? 0;
    return rate > BUSY_RATE ? FRAME_MS : this.rhythm.pace;
  }

  #paint() {
    this.draw(this.time);
    return this.clock.moves(this.rhythm.tail);
  }
}
