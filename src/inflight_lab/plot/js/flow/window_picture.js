// A window of a quota: each request that was let in is a block at its time, stacked on
// blocks of the same moment.  A burst looks like a tower, an even pace like a carpet.  Time runs
// from left to right.

import { seconds, withCommas } from "../words.js";

/** Pixels: the width of a block, and the distance from one tower to the next. */
const BLOCK_WIDTH = 5;
const BLOCK_STEP = 6.5;

/** Pixels: the height of a block; lower where a tower would not fit. */
const BLOCK_HEIGHT = 5;

/** Pixels below the window, for its words and the gauge. */
const ROOM_BELOW = 48;

/** How strongly the used part of the gauge is drawn. */
const GAUGE = 0.7;

/** Pixels for the words beside the gauge. */
const ROOM_BESIDE = 104;

/** Pixels from "now" to the words at the start and at the end of a fixed window. */
const ROOM_FOR_NOW = 24;
const ROOM_FOR_ENDS = 56;

/**
 * @import { Pen } from "../pen.js"
 * @import { Region } from "./grid.js"
 * @import { WindowView } from "./quota.js"
 * @import { Quota } from "./quota_picture.js"
 */

/**
 * @param {Pen} pen
 * @param {Quota} quota
 * @param {WindowView} view
 * @param {number} time
 */
export function drawWindow(pen, quota, view, time) {
  const { x, y, w, h } = quota.area;
  const { kind, rate, period } = quota.policy;
  const area = { x, y, w, h: h - ROOM_BELOW };
  const ground = y + area.h;
  pen.box(area, { fill: 0.06, round: 4 });
  drawTowers(pen, area, towersOf(view, time, period, w));
  pen.bar("ink", x, ground, w, 1.5);
  if (kind === "fixed-window") drawFixedAxis(pen, area, view.age / period);
  else drawSlidingAxis(pen, area, period);
  drawGauge(pen, { x, y: y + h - 22, w, h: 16 }, quota, view.times.length, rate);
}

/**
 * The words below a window that moves on with the time.
 *
 * @param {Pen} pen
 * @param {Region} area
 * @param {number} period
 */
function drawSlidingAxis(pen, { x, y, w, h }, period) {
  const below = y + h + 16;
  pen.text(`${seconds(period)} ago`, x, below, { soft: true });
  pen.text("now", x + w, below, { soft: true, align: "right" });
}

/**
 * The words below a window that stays until it ends, and a line where now is in it.
 *
 * @param {Pen} pen
 * @param {Region} area
 * @param {number} share How much of it is over.
 */
function drawFixedAxis(pen, { x, y, w, h }, share) {
  const below = y + h + 16;
  const now = x + w * share;
  pen.bar("ink", now - 1, y - 2, 2, h + 4);
  const left = pen.text("window begins", x, below, { soft: true });
  pen.text("ends", x + w, below, { soft: true, align: "right" });
  const hasRoom = now > left + ROOM_FOR_NOW && now < x + w - ROOM_FOR_ENDS;
  if (hasRoom) pen.text("now", now, below, { bold: true, align: "center" });
}

/**
 * The towers of a window that is `wide` pixels wide: how far from its left end the middle of
 * each is, in pixels, and how many blocks it has.
 *
 * @param {WindowView} view
 * @param {number} time
 * @param {number} period
 * @param {number} wide
 */
export function towersOf({ age, times }, time, period, wide) {
  const bin = (period * BLOCK_STEP) / wide;
  /** @type {Map<number, number>} */
  const blocks = new Map();
  for (const came of times) {
    const number = Math.floor(came / bin);
    blocks.set(number, (blocks.get(number) ?? 0) + 1);
  }
  return [...blocks].map(([number, count]) => {
    const old = Math.max(0, time - (number + 0.5) * bin);
    return { middle: (wide * (age - old)) / period, count };
  });
}

/**
 * @param {Pen} pen
 * @param {Region} area
 * @param {{ middle: number, count: number }[]} towers
 */
function drawTowers(pen, { x, y, h }, towers) {
  const most = Math.max(1, ...towers.map(({ count }) => count));
  const step = Math.min(BLOCK_HEIGHT, (h - 6) / most);
  const blockHeight = step > 2 ? step - 1 : step;
  for (const { middle, count } of towers) {
    const left = x + middle - BLOCK_WIDTH / 2;
    for (let i = 1; i <= count; i += 1) {
      pen.bar("ok", left, y + h - i * step, BLOCK_WIDTH, blockHeight);
    }
  }
}

/**
 * @param {Pen} pen
 * @param {Region} area
 * @param {Quota} quota
 * @param {number} used
 * @param {number} rate
 */
function drawGauge(pen, { x, y, w, h }, { ink, fill }, used, rate) {
  const gaugeWidth = w - ROOM_BESIDE;
  pen.box({ x, y, w: gaugeWidth, h }, { fill: 0.09, round: 4 });
  if (used) {
    const filled = Math.max(4, gaugeWidth * Math.min(1, used / rate));
    pen.box({ x, y, w: filled, h }, { name: fill, fill: GAUGE, round: 4 });
  }
  pen.bar("ink", x + gaugeWidth - 1, y - 5, 2.5, h + 10);
  const words = `${withCommas(used)} of ${withCommas(rate)}`;
  pen.text(words, x + w, y + 14, { bold: true, size: 15, align: "right", name: ink });
}
