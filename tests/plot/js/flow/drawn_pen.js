// A pen that notes what is drawn with it.

import { Pen } from "../../../../src/inflight_lab/plot/js/pen.js";

/** @import { Spot } from "../../../../src/inflight_lab/plot/js/flow/grid.js" */

export class DrawnPen {
  /** @type {string[]} */
  words = [];
  /** @type {{ name: string, spots: Spot[], r: number }[]} */
  marks = [];
  /** How many times something was filled or outlined. */
  paths = 0;

  /** @returns {Pen} */
  asPen() {
    const pen = new Pen(this.#canvas());
    const mark = pen.mark.bind(pen);
    pen.mark = (name, spots, r) => {
      if (spots.length) this.marks.push({ name, spots, r });
      mark(name, spots, r);
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
