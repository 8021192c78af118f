// A pen that notes what is drawn with it.

import { Pen } from "../../../../src/inflight_lab/plot/js/pen.js";

/** @import { Spot } from "../../../../src/inflight_lab/plot/js/flow/grid.js" */

export class DrawnPen {
  /** @type {string[]} */
  words = [];
  /** @type {{ name: string, spots: Spot[], r: number }[]} */
  marks = [];
  /** @type {{ words: string, x: number, y: number }[]} The words, and where they begin. */
  texts = [];
  /** @type {string[]} The colours of its boxes. */
  boxes = [];
  /** How many times something was filled or outlined. */
  paths = 0;
  /** @type {number[]} How many pixels high its letters are. */
  letters = [];
  /** @type {number[]} How strongly shapes are outlined, but for the ground of the roads. */
  outlines = [];

  /** @returns {Pen} */
  asPen() {
    const pen = new Pen(this.#canvas());
    const mark = pen.mark.bind(pen);
    pen.mark = (name, spots, r) => {
      if (spots.length) this.marks.push({ name, spots, r });
      mark(name, spots, r);
    };
    const text = pen.text.bind(pen);
    pen.text = (words, x, y, style = {}) => {
      this.letters.push(style.size ?? 14);
      this.texts.push({ words: String(words), x, y });
      return text(words, x, y, style);
    };
    const box = pen.box.bind(pen);
    pen.box = (region, style) => {
      this.boxes.push(style.name ?? "ink");
      box(region, style);
    };
    const shape = pen.shape.bind(pen);
    pen.shape = (trace, style) => {
      const isGround = style.soft && (style.wide ?? 0) > 20;
      if (style.line && !isGround) this.outlines.push(style.line);
      shape(trace, style);
    };
    return pen;
  }

  /** @returns {HTMLCanvasElement} */
  #canvas() {
    const nothing = () => {};
    const drawn = () => {
      this.paths += 1;
    };
    /** @param {string} words */
    const say = (words) => {
      if (words) this.words.push(words);
    };
    /** @type {Record<string, unknown>} */
    const known = {
      fill: drawn,
      stroke: drawn,
      fillText: say,
      measureText: () => ({ width: 10 }),
    };
    const context = new Proxy(known, {
      get: (target, name) => target[String(name)] ?? nothing,
      set: () => true,
    });
    const canvas = { width: 1000, height: 300, getContext: () => context };
    return /** @type {any} */ (canvas);
  }
}
