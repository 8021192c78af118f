// @ts-nocheck: without types so far.
// What the pictures of a run have in common: a canvas, the kernel's clock, and a frame while something moves.

import { add, div } from "./dom.js";
import { Pen } from "./pen.js";

export const FRAME = 1000 / 30; // milliseconds between two frames of what need not be smoother
const BUSY = 200; // requests in a period, from which on nothing is: drawing takes time from who sends
export const SELDOM = 200; // milliseconds between two frames of numbers, of what is hidden, and where motion disturbs
export const calm = matchMedia("(prefers-reduced-motion: reduce)");

const together = new Map(); // what is drawn in the next frame, by the milliseconds between its frames

/** Has `draw` called in a frame, and again while it returns true, each `pause()` milliseconds at the most.
    All of a page draw in the same frames: what costs time is how many there are, not what is drawn in them. */
export function framed(pause, draw, signal) {
  const paint = () => {
    if (!signal.aborted && draw()) ask();
  };
  function ask() {
    const every = pause(), others = together.get(every);
    if (others) {
      others.add(paint);
      return;
    }
    const paints = new Set([paint]);
    const frame = () =>
      requestAnimationFrame(() => {
        together.delete(every);
        paints.forEach((each) => each());
      });
    together.set(every, paints);
    if (every) setTimeout(frame, Math.ceil(every - (performance.now() % every)));
    else frame();
  }
  return ask;
}

/** A canvas that is `lag` seconds behind the messages that it hears, and is drawn each `pace` milliseconds at
    the most.  Its own are  `reset(message)`: forget all;  `hear(message)`: returns for how many seconds it
    moves on after this one;  `fit(width, height, presented)`: returns how high to draw, and how many times as
    large;  `draw(time)`, also while it is not `visible`. */
export class Picture {
  constructor(parent, name, lag, pace, signal) {
    const root = div(name, parent), canvas = add("canvas", root);
    Object.assign(this, {
      parent,
      root,
      canvas,
      lag,
      pace,
      pen: new Pen(canvas),
      visible: false,
    });
    this.redraw = framed(() => this.pause(), () => this.paint(), signal);
    canvas.setAttribute("role", "img");
  }

  receive(message) {
    if (message.reset) {
      this.reset(message);
      Object.assign(this, { offset: undefined, busy: false });
    }
    for (const [, , , rate] of message.series.rate ?? []) this.busy = rate > BUSY;
    const seen = performance.now() / 1000 - message.now,
      far = !(Math.abs(seen - this.offset) < 0.5);
    this.offset = far ? seen : this.offset + (seen - this.offset) * 0.05; // far: a slept laptop, a new run
    this.live = message.live;
    this.end = this.live || !(message.counts.in_flight + message.counts.waiting)
      ? Infinity
      : message.now; // cut short: a still
    this.restAt = performance.now() + 1000 * this.hear(message);
    this.redraw();
  }

  layout() {
    const { clientWidth: width, clientHeight: height } = this.root;
    this.visible = width > 0;
    if (!width) return;
    const [high, zoom] = this.fit(
      width,
      height,
      this.root.closest(".ifl-presented") !== null,
    );
    this.pen.fit(width, high * zoom, zoom);
    this.redraw();
  }

  pause() {
    return calm.matches || !this.visible ? SELDOM : this.busy ? FRAME : this.pace;
  }

  paint() {
    const now = performance.now();
    this.draw(Math.min(now / 1000 - this.offset - this.lag, this.end));
    return this.live || now < this.restAt;
  }
}
