// GCRA: a tick for each moment at which a request is due, and a dot on each tick that is used.

/** How many ticks before the next one are drawn, at most. */
const TICKS_BEFORE = 30;

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
  const { x, y, w } = area;
  const spacing = policy.period / policy.rate;
  const step = Math.min(26, w / 14);
  const middle = x + w / 2;
  const base = y + 56;
  /** @param {number} moment */
  const pixel = (moment) => middle + ((moment - time) / spacing) * step;
  for (const moment of ticksAround(due, time, spacing)) {
    const left = pixel(moment);
    if (left >= x + w) break;
    if (left > x) pen.bar("ink", left - 1, base - 12, 2, 24, 0.35);
  }
  const spots = used.map((moment) => /** @type {Spot} */ ([pixel(moment), base]));
  pen.mark("ok", spots.filter(([left]) => left > x), Math.min(6, step * 0.36));
  pen.bar(ink, middle - 1.2, base - 30, 2.4, 60);
  pen.text("now", middle, base - 36, { align: "center", bold: true, name: ink });
  pen.text(wordsFor(policy.burst), x, base + 50, { soft: true });
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

/** @param {number} burst */
function wordsFor(burst) {
  const early = burst > 1 ? `up to ${burst} at once` : "none may come early";
  return `${early}; each dot: one let in`;
}
