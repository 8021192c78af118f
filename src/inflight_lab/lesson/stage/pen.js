// Draws by the hundred: shapes that look alike are one path.

import { middle } from "./places.js";

/**
 * @import { Box, Point } from "./places.js"
 *
 * @typedef {"waiting" | "out" | "answered" | "refused" | "failed" | "cancelled"
 *   } Look
 */

const FULL = 2 * Math.PI;

/** How thick a gate is, in pixels. */
const GATE = 6;

/** What is drawn, from the back to the front: its colour, and how. */
const LAYERS = {
  free: { colour: "free", how: "fill" },
  taken: { colour: "taken", how: "fill" },
  asleep: { colour: "asleep", how: "fill" },
  counted: { colour: "counted", how: "fill" },
  closed: { colour: "refused", how: "fill" },
  arrow: { colour: "line", how: "arrow" },
  slot: { colour: "line", how: "stroke" },
  waiting: { colour: "waiting", how: "stroke" },
  cancelled: { colour: "waiting", how: "thick" },
  failed: { colour: "failed", how: "thick" },
  refused: { colour: "refused", how: "fill" },
  out: { colour: "out", how: "fill" },
  answered: { colour: "answered", how: "fill" },
};

/** @typedef {keyof typeof LAYERS} Layer */

const WIDTHS = { stroke: 1.75, thick: 2.5, arrow: 4 };

/** Custom properties of CSS, without their `--ifl-`. */
const COLOURS = new Set([
  "paper",
  ...Object.values(LAYERS).map(({ colour }) => colour),
]);

export class Pen {
  /** @type {Map<Layer, Path2D>} */
  #paths = new Map();
  /** @type {Record<string, string>} */
  colours = {};
  width = 0;
  height = 0;
  /** Of the words beside it. */
  fontSize = 14;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  }

  /** Read the size and the colours that CSS gives it. */
  measure() {
    const style = getComputedStyle(this.canvas);
    for (const name of COLOURS) {
      this.canvas.style.color = `var(--ifl-${name})`;
      this.colours[name] = style.color;
    }
    this.fontSize = parseFloat(style.fontSize);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    const zoom = this.canvas.getBoundingClientRect().width / this.width || 1;
    this.scale = Math.min(devicePixelRatio * zoom, 2); // a presented page is zoomed
    this.canvas.width = Math.round(this.width * this.scale);
    this.canvas.height = Math.round(this.height * this.scale);
  }

  clear() {
    const { context, scale = 1 } = this;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
  }

  /** @param {Point} at @param {number} radius @param {Look} look */
  dot(at, radius, look) {
    if (look === "refused") return diamond(this.path("refused"), at, radius);
    if (look === "failed" || look === "cancelled") {
      return cross(this.path(look), at, radius * 0.7);
    }
    circle(this.path(look), at, look === "waiting" ? radius * 0.72 : radius);
  }

  /** A dot of which a share is done. @param {Point} at @param {number} radius */
  pie(at, radius, /** @type {number} */ share) {
    circle(this.path("out"), at, radius);
    if (share > 0) sector(this.path("answered"), at, radius, share);
  }

  /** Across a box, or down. @param {Box} box @param {boolean} isDown */
  arrow(box, isDown) {
    const [x, y] = middle(box);
    const half = Math.min(32, (isDown ? box.height : box.width) / 4);
    const path = this.path("arrow");
    /** @param {number} along @param {number} aside @returns {Point} */
    const point = (along, aside) =>
      isDown ? [x + aside, y + along] : [x + along, y + aside];
    path.moveTo(...point(-half, 0));
    path.lineTo(...point(half, 0));
    path.moveTo(...point(half / 3, -half / 2));
    path.lineTo(...point(half, 0));
    path.lineTo(...point(half / 3, half / 2));
  }

  /** Shut, where a way begins. @param {Box} way @param {boolean} isDown */
  gate({ left, top, width, height }, isDown) {
    const path = this.path("asleep");
    path.rect(left, top, isDown ? width : GATE, isDown ? GATE : height);
  }

  /** @param {"slot" | "taken"} what @param {Point} at @param {number} radius */
  slot(what, at, radius) {
    circle(this.path(what), at, radius);
  }

  /** @param {Point} at @param {number} radius @param {number} left */
  asleep(at, radius, left) {
    sector(this.path("asleep"), at, radius, left);
  }

  /** Draw what was collected. */
  flush() {
    for (const [layer, { colour, how }] of Object.entries(LAYERS)) {
      const path = this.#paths.get(/** @type {Layer} */ (layer));
      if (path) this.#draw(path, this.colours[colour], how);
    }
    this.#paths.clear();
  }

  /** @param {Path2D} path @param {string} colour @param {string} how */
  #draw(path, colour, how) {
    const { context } = this;
    if (how === "fill") {
      context.fillStyle = colour;
      return context.fill(path);
    }
    context.strokeStyle = colour;
    context.lineWidth = WIDTHS[/** @type {keyof typeof WIDTHS} */ (how)];
    context.stroke(path);
  }

  /** @param {Layer} layer */
  path(layer) {
    const path = this.#paths.get(layer) ?? new Path2D();
    this.#paths.set(layer, path);
    return path;
  }
}

/** @param {Path2D} path @param {Point} at @param {number} radius */
function circle(path, [x, y], radius) {
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, FULL);
}

/** @param {Path2D} path @param {Point} at @param {number} radius */
function diamond(path, [x, y], radius) {
  path.moveTo(x, y - radius);
  path.lineTo(x + radius, y);
  path.lineTo(x, y + radius);
  path.lineTo(x - radius, y);
  path.closePath();
}

/** @param {Path2D} path @param {Point} at @param {number} radius */
function cross(path, [x, y], radius) {
  path.moveTo(x - radius, y - radius);
  path.lineTo(x + radius, y + radius);
  path.moveTo(x + radius, y - radius);
  path.lineTo(x - radius, y + radius);
}

/**
 * @param {Path2D} path
 * @param {Point} at
 * @param {number} radius
 * @param {number} share
 */
function sector(path, [x, y], radius, share) {
  path.moveTo(x, y);
  path.arc(x, y, radius, -FULL / 4, FULL * (share - 0.25));
  path.closePath();
}
