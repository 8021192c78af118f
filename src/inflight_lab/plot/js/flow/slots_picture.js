// The slots of the limit: what each of them does.

import { slotAt } from "./places.js";

/** A slot has details if half its width is more than this. */
const ROOMY_HALF_PIXELS = 8;

/**
 * @import { Pen } from "../pen.js"
 * @import { Spot } from "./grid.js"
 * @import { Standing } from "./model.js"
 * @import { Scene } from "./scene.js"
 * @import { SlotState } from "./slots.js"
 *
 * @typedef {object} Alike Slots that look the same.
 * @property {SlotState | undefined} state
 * @property {boolean} above Above a lowered limit: it goes when its request has ended.
 * @property {Spot[]} spots
 */

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
export function drawSlots(pen, { standing, places, gaps }) {
  drawHeading(pen, standing, places.slots.x, places.slots.y - 16);
  const half = gaps.slots * 0.42;
  /** @param {number} slot */
  const spotOf = (slot) => slotAt(places, slot, gaps.slots);
  for (const alike of alikeIn(standing, spotOf)) {
    drawBoxes(pen, alike, half);
    if (alike.state === "unsent") {
      pen.mark("waiting", alike.spots, Math.min(4.4, half * 0.55));
    }
    if (alike.state === "asleep") drawSleep(pen, alike.spots, half);
  }
}

/**
 * @param {Pen} pen
 * @param {Standing} standing
 * @param {number} x
 * @param {number} y
 */
function drawHeading(pen, standing, x, y) {
  const { limit, slots } = standing;
  const reach = pen.heading("slots", limit || slots.length, x, y);
  pen.text(idleWords(standing), reach + 10, y, { name: "waiting", bold: true });
}

/** @param {Standing} standing */
function idleWords({ unsent, asleep }) {
  if (asleep) return `${asleep} asleep`;
  return unsent ? `${unsent} unsent` : "";
}

/**
 * The slots in groups that look the same, because a path for each slot is slower.
 *
 * @param {Standing} standing
 * @param {(slot: number) => Spot} spotOf
 */
function alikeIn({ limit, slots }, spotOf) {
  /** @type {Map<string, Alike>} */
  const groups = new Map();
  for (let slot = 0; slot < Math.max(limit, slots.length); slot += 1) {
    const state = slots[slot];
    const above = slot >= limit;
    if (above && !state) continue;
    const key = `${state} ${above}`;
    const group = groups.get(key) ?? { state, above, spots: [] };
    group.spots.push(spotOf(slot));
    groups.set(key, group);
  }
  return groups.values();
}

/**
 * @param {Pen} pen
 * @param {Alike} alike
 * @param {number} half
 */
function drawBoxes(pen, { state, above, spots }, half) {
  const boxes = spots.map(([x, y]) => ({
    x: x - half,
    y: y - half,
    w: 2 * half,
    h: 2 * half,
  }));
  pen.boxes(boxes, {
    name: colourOf(state),
    fill: state ? 0.16 : 0.03,
    line: state ? 0.9 : 0.35,
    round: half > ROOMY_HALF_PIXELS ? 7 : 0,
    dashes: above ? [3, 3] : [],
  });
}

/** @param {SlotState | undefined} state */
function colourOf(state) {
  if (!state) return "ink";
  return state === "away" || state === "held" ? "flying" : "waiting";
}

/**
 * @param {Pen} pen
 * @param {Spot[]} spots
 * @param {number} half
 */
function drawSleep(pen, spots, half) {
  const words = half > ROOMY_HALF_PIXELS ? "zz" : "z";
  for (const [x, y] of spots) {
    pen.text(words, x, y + half * 0.35, {
      size: half,
      bold: true,
      align: "center",
      name: "waiting",
    });
  }
}
