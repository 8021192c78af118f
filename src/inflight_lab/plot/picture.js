// What the pictures of a run have in common: a canvas, the kernel's clock, and a frame while something moves.

import { add, div } from "./dom.js";
import { Pen } from "./pen.js";

export const calm = matchMedia("(prefers-reduced-motion: reduce)");

/** A canvas that is `lag` seconds behind the messages that it hears.  Its own are
    `reset(message)`: forget all;  `hear(message)`: returns for how many seconds it moves on after this one;
    `fit(width, height, presented)`: returns how high to draw, and how many times as large;
    `pause()`: milliseconds between two frames at the least;  `draw(time, shown)`. */
export class Picture {
  constructor(parent, name, lag, signal) {
    const root = div(name, parent), canvas = add("canvas", root);
    Object.assign(this, { parent, root, canvas, lag, pen: new Pen(canvas), frame: 0, drawnAt: 0 });
    canvas.setAttribute("role", "img");
    signal.addEventListener("abort", () => cancelAnimationFrame(this.frame));
  }

  receive(message) {
    if (message.reset) { this.reset(message); this.offset = undefined; }
    const seen = performance.now() / 1000 - message.now, far = !(Math.abs(seen - this.offset) < 0.5);
    this.offset = far ? seen : this.offset + (seen - this.offset) * 0.05; // far: a slept laptop, a new run
    this.live = message.live;
    this.restAt = performance.now() + 1000 * this.hear(message);
    this.redraw();
  }

  layout() {
    const { clientWidth: width, clientHeight: height } = this.root;
    if (!width) return; // hidden
    const [high, zoom] = this.fit(width, height, this.root.closest(".ifl-presented") !== null);
    this.pen.fit(width, high * zoom, zoom);
    this.redraw();
  }

  redraw() { this.frame ||= requestAnimationFrame((now) => this.paint(now)); }

  paint(now) {
    this.frame = 0;
    if (now - this.drawnAt >= this.pause()) {
      this.drawnAt = now;
      this.draw(performance.now() / 1000 - this.offset - this.lag, this.pen.colours && this.root.clientWidth > 0);
      if (!this.live && now > this.restAt) return;
    }
    this.redraw();
  }
}
