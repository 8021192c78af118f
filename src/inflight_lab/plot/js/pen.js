// Words and marks on a canvas, in the colours of the page.

import { withCommas } from "./words.js";

const FONT = "system-ui, sans-serif";

/** The page's colours, by what is drawn in them; all else has the colour of its letters. */
const COLOURS = {
  waiting: "--waiting",
  flying: "--flying",
  ok: "--ok",
  refused: "--refused",
  lost: "--lost",
  road: "--road",
};

/** Marks that are outlined, with the width of the line in pixels; others are filled. */
const OUTLINED = new Map([["waiting", 1.6], ["lost", 2.2]]);

/**
 * @import { Region, Spot } from "./flow/grid.js"
 *
 * @typedef {object} Style How a shape is drawn; a name is that of a colour.
 * @property {string} [name]
 * @property {number} [fill] How strongly it is filled, from 0 to 1.
 * @property {number} [line] How strongly it is outlined.
 * @property {number} [wide] The width of the line.
 * @property {number[]} [dashes]
 * @property {boolean} [soft] Whether its ends and corners are round.
 *
 * @typedef {object} TextStyle
 * @property {number} [size]
 * @property {string} [name]
 * @property {boolean} [bold]
 * @property {CanvasTextAlign} [align]
 * @property {boolean} [soft]
 */

export class Pen {
  /** @type {CanvasRenderingContext2D} */
  #context;
  /** @type {Map<string, string>} */
  #colours = new Map();
  #ink = "";

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    const context = canvas.getContext("2d");
    if (!context) throw new Error("this browser draws on no canvas");
    this.#context = context;
  }

  /**
   * Take the page's colours, and as many pixels as the screen has.
   *
   * @param {number} width
   * @param {number} height
   * @param {number} zoom How many times as large everything is drawn.
   */
  fit(width, height, zoom) {
    const style = getComputedStyle(this.canvas);
    this.#ink = style.color;
    for (const [name, property] of Object.entries(COLOURS)) {
      this.#colours.set(name, style.getPropertyValue(property).trim() || style.color);
    }
    const pixels = devicePixelRatio * (this.canvas.currentCSSZoom ?? 1);
    this.canvas.width = Math.round(width * pixels);
    this.canvas.height = Math.round(height * pixels);
    this.canvas.style.height = `${height}px`;
    const scale = zoom * pixels;
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
  }

  clear() {
    this.#context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /**
   * @param {string | number} words
   * @param {number} x
   * @param {number} y
   * @param {TextStyle} [style]
   * @returns {number} How far the words reach.
   */
  text(words, x, y, style = {}) {
    const { name = "ink", align = "left", soft = false } = style;
    const context = this.#inked(name, soft ? 0.75 : 1);
    const width = this.widthOf(words, style);
    context.textAlign = align;
    context.fillText(String(words), x, y);
    return x + width;
  }

  /**
   * @param {string | number} words
   * @param {TextStyle} [style]
   */
  widthOf(words, { size = 14, bold = false } = {}) {
    this.#context.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    return this.#context.measureText(String(words)).width;
  }

  /**
   * A name with its number.
   *
   * @param {string} words
   * @param {number | string} number A dash, if it is not known.
   * @param {number} x
   * @param {number} y
   * @param {string} [name] The colour of the number.
   */
  heading(words, number, x, y, name = "ink") {
    const reach = this.text(words, x, y, { soft: true });
    const shown = typeof number === "number" ? withCommas(number) : number;
    return this.text(shown, reach + 6, y, { bold: true, size: 17, name });
  }

  /**
   * The same mark at many spots, as one path, which is faster than one each.  Marks are
   * distinct without colours too: a ring waits, a disc flies or is answered, a diamond is
   * refused, a cross failed.
   *
   * @param {string} name
   * @param {Spot[]} spots
   * @param {number} r
   */
  mark(name, spots, r) {
    const wide = OUTLINED.get(name);
    const outline = outlineOf(name);
    this.shape((context) => {
      for (const [x, y] of spots) outline(context, x, y, r);
    }, wide ? { name, wide, line: 1 } : { name, fill: 1 });
  }

  /**
   * What `trace` goes around, filled and outlined as strongly as asked.
   *
   * @param {(context: CanvasRenderingContext2D) => void} trace
   * @param {Style} style
   */
  shape(trace, style) {
    const { name = "ink", fill = 0, line = 0, wide = 1.5, dashes = [] } = style;
    const context = this.#context;
    context.beginPath();
    trace(context);
    context.lineWidth = wide;
    context.lineCap = style.soft ? "round" : "butt";
    context.lineJoin = style.soft ? "round" : "miter";
    context.setLineDash(dashes);
    if (fill) this.#inked(name, fill).fill();
    if (line) this.#inked(name, line).stroke();
  }

  /**
   * @param {Region} box
   * @param {Style & { round?: number }} style
   */
  box(box, style) {
    this.boxes([box], style);
  }

  /**
   * Many alike as one path.
   *
   * @param {Region[]} boxes
   * @param {Style & { round?: number }} style
   */
  boxes(boxes, { round = 8, ...style }) {
    this.shape((context) => {
      for (const { x, y, w, h } of boxes) {
        context.roundRect(x, y, Math.max(0, w), h, Math.min(round, h / 2));
      }
    }, style);
  }

  /**
   * @param {Spot[]} points
   * @param {Style} style
   */
  path(points, style) {
    this.paths([points], style);
  }

  /**
   * Many alike as one path.
   *
   * @param {Spot[][]} lines
   * @param {Style} style
   */
  paths(lines, style) {
    this.shape((context) => {
      for (const [[x, y], ...points] of lines) {
        context.moveTo(x, y);
        for (const [toX, toY] of points) context.lineTo(toX, toY);
      }
    }, style);
  }

  /**
   * @param {string} name
   * @param {number} x
   * @param {number} y
   * @param {number} w
   * @param {number} h
   * @param {number} [alpha]
   */
  bar(name, x, y, w, h, alpha = 1) {
    this.#inked(name, alpha).fillRect(x, y, w, h);
  }

  /**
   * Only what `draw` draws in a box is seen.
   *
   * @param {Region} box
   * @param {() => void} draw
   */
  inside({ x, y, w, h }, draw) {
    this.#context.save();
    this.#context.beginPath();
    this.#context.rect(x, y, w, h);
    this.#context.clip();
    draw();
    this.#context.restore();
  }

  /**
   * What is drawn next has this colour, as strongly as `alpha` says.
   *
   * @param {string} name
   * @param {number} alpha
   */
  #inked(name, alpha) {
    const context = this.#context;
    const colour = this.#colours.get(name) ?? this.#ink;
    context.fillStyle = colour;
    context.strokeStyle = colour;
    context.globalAlpha = alpha;
    return context;
  }
}

/**
 * @typedef {(context: CanvasRenderingContext2D, x: number, y: number, r: number) => void
 *   } Outline
 */

/**
 * @param {string} name
 * @returns {Outline}
 */
function outlineOf(name) {
  if (name === "refused") return diamond;
  return name === "lost" ? cross : disc;
}

/** @type {Outline} */
function disc(context, x, y, r) {
  context.moveTo(x + r, y);
  context.arc(x, y, r, 0, 2 * Math.PI);
}

/** @type {Outline} */
function diamond(context, x, y, r) {
  const reach = 1.3 * r;
  context.moveTo(x, y - reach);
  context.lineTo(x + reach, y);
  context.lineTo(x, y + reach);
  context.lineTo(x - reach, y);
}

/** @type {Outline} */
function cross(context, x, y, r) {
  context.moveTo(x - r, y - r);
  context.lineTo(x + r, y + r);
  context.moveTo(x + r, y - r);
  context.lineTo(x - r, y + r);
}
