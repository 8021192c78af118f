// The slots of the limit: what each of them does.

import { slotAt } from "./places.js";
import { drawMore } from "./waiting_picture.js";

/** A slot has details if half its width is more than this. */
const ROOMY_HALF_PIXELS = 8;

/** Smaller letters cannot be read. */
const SMALLEST_LETTER_PIXELS = 11;

/**
 * @import { Pen } from "../pen.js"
 * @import { Spot } from "./grid.js"
 * @import { Standing } from "./model.js"
 * @import { SlotPack } from "./packing.js"
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
export function drawSlots(pen, scene) {
  const { standing, packs } = scene;
  drawHeading(pen, scene);
  const half = packs.slots.gap * 0.42;
  for (const alike of alikeIn(standing, packs.slots)) {
    drawBoxes(pen, alike, half);
    if (alike.state === "unsent") {
      pen.mark("waiting", alike.spots, Math.min(4.4, half * 0.55));
    }
    if (alike.state === "asleep") drawSleep(pen, alike.spots, half);
  }
  drawMore(pen, packs.slots);
}

/**
 * Beside the number of slots stands how many are idle; above it where there is no room.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawHeading(pen, { standing, places }) {
  const { limit, slots: taken } = standing;
  const { words, down, slots } = places;
  const [x, y] = words.slots;
  const beside = pen.heading("slots", limit || taken.length, x, y) + 10;
  const idle = idleWords(standing);
  const style = { name: "waiting", bold: true };
  const right = down ? slots.x + slots.w : words.flying[0] - 8;
  if (beside + pen.widthOf(idle, style) < right) pen.text(idle, beside, y, style);
  else pen.text(idle, x, y - 16, style);
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
 * @param {SlotPack} pack
 */
function alikeIn({ limit, slots }, pack) {
  /** @type {Map<string, Alike>} */
  const groups = new Map();
  const drawn = Math.min(Math.max(limit, slots.length), pack.room);
  for (let slot = 0; slot < drawn; slot += 1) {
    const state = slots[slot];
    const above = slot >= limit;
    if (above && !state) continue;
    const key = `${state} ${above}`;
    const group = groups.get(key) ?? { state, above, spots: [] };
    group.spots.push(slotAt(pack, slot));
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
    fill: state ? 0.3 : 0.03,
    line: state ? 0.9 : 0.5,
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
      size: Math.max(SMALLEST_LETTER_PIXELS, half),
      bold: true,
      align: "center",
      name: "waiting",
    });
  }
}
