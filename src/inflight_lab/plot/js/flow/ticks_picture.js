// GCRA: a tick for each moment at which a request is due, and a dot on each tick that is used.

/** How many ticks before the next one are drawn, at most. */
const TICKS_BEFORE = 30;

/** Pixels: the axis stands this far below the top, or at this share of a low picture. */
const BASE_PIXELS = 56;
const BASE_SHARE = 0.44;

/** Pixels above the axis for the word "now", and from one line of words to the next. */
const ROOM_FOR_NOW_PIXELS = 14;
const LINE_PIXELS = 18;

/** All words below the axis fit into one line in a picture wider than this. */
const ONE_LINE_PIXELS = 290;

/**
 * @import { Pen } from "../pen.js"
 * @import { Spot } from "./grid.js"
 * @import { TicksView } from "./quota.js"
 * @import { Quota } from "./quota_picture.js"
 */

/**
 * @param {Pen} pen
 * @param {Quota} quota
 * @param {TicksView} view
 * @param {number} time
 */
export function drawTicks(pen, { area, policy, ink }, { due, used }, time) {
  const { x, y, w, h } = area;
  const spacing = policy.period / policy.rate;
  const step = Math.min(26, w / 14);
  const now = x + nowOn(w, step, policy.burst);
  const base = y + Math.min(BASE_PIXELS, h * BASE_SHARE);
  const reach = base - y - ROOM_FOR_NOW_PIXELS;
  /** @param {number} moment */
  const pixel = (moment) => now + ((moment - time) / spacing) * step;
  for (const moment of ticksAround(due, time, spacing)) {
    const left = pixel(moment);
    if (left >= x + w) break;
    if (left > x) pen.bar("ink", left - 1, base - 12, 2, 24, 0.5);
  }
  const spots = used.map((moment) => /** @type {Spot} */ ([pixel(moment), base]));
  const seen = spots.filter(([left]) => left > x && left < x + w);
  pen.mark("ok", seen, Math.min(6, step * 0.36));
  pen.bar(ink, now - 1.2, base - reach, 2.4, 2 * reach);
  pen.text("now", now, y + ROOM_FOR_NOW_PIXELS - 6, {
    align: "center",
    bold: true,
    name: ink,
  });
  const early = policy.burst > 1 ? `up to ${policy.burst} at once` : "none early";
  const dot = "each dot: one let in";
  const lines = w > ONE_LINE_PIXELS ? [`${early}; ${dot}`] : [early, dot];
  const below = base + reach + LINE_PIXELS;
  const room = 1 + Math.floor((y + h - below) / LINE_PIXELS);
  lines.slice(0, room).forEach((words, i) => {
    pen.text(words, x, below + LINE_PIXELS * i, { soft: true });
  });
}

/**
 * Where now is on the axis, in pixels: at its right, with room for the ticks that a burst may
 * use ahead of time.
 *
 * @param {number} wide
 * @param {number} step
 * @param {number} burst
 */
export function nowOn(wide, step, burst) {
  return wide - Math.min(wide / 2, (burst + 1) * step);
}

/**
 * The moments at which requests are due, from the earliest drawn on; an endless sequence.
 *
 * @param {number} due When the next one is, or was.
 * @param {number} time
 * @param {number} spacing
 */
export function* ticksAround(due, time, spacing) {
  const next = Math.max(due, time - ((time - due) % spacing));
  for (let i = -TICKS_BEFORE;; i += 1) yield next + i * spacing;
}
