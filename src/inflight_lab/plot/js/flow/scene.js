// The picture of the flow, part by part, at one moment.

import { hasSlots } from "./packing.js";
import { drawQuota } from "./quota_picture.js";
import { drawRoads } from "./road_picture.js";
import { drawSlots } from "./slots_picture.js";
import { drawTally, TALLIES } from "./tally_picture.js";
import { drawPool, drawQueue, ringSize } from "./waiting_picture.js";

/**
 * @import { Pen } from "../pen.js"
 * @import { Dot, Dots } from "./dots.js"
 * @import { Spot } from "./grid.js"
 * @import { FlowModel, Standing } from "./model.js"
 * @import { Packs } from "./packing.js"
 * @import { Places } from "./places.js"
 *
 * @typedef {object} Scene
 * @property {FlowModel} model
 * @property {Standing} standing
 * @property {Places} places
 * @property {Packs} packs
 * @property {Dots} dots
 * @property {boolean} refused Whether the API turned one away just now.
 */

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
export function drawScene(pen, scene) {
  const { model, standing, places } = scene;
  pen.clear();
  drawQueue(pen, scene);
  if (hasSlots(standing)) drawSlots(pen, scene);
  drawRoads(pen, [places.out, places.back]);
  drawPool(pen, scene);
  drawApi(pen, scene);
  TALLIES.forEach((tally, i) => {
    drawTally(pen, places.tallies[i], tally, model.tallies[tally.name]);
  });
  drawDots(pen, scene);
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawApi(pen, scene) {
  const { places, dots, model, refused } = scene;
  const { api, words } = places;
  const usual = { name: "ink", fill: 0.05, line: 0.5, wide: 1.5, round: 10 };
  const alarmed = { ...usual, name: "refused", line: 1, wide: 3 };
  pen.box(api, refused ? alarmed : usual);
  pen.heading("in flight", dots.inFlight, ...words.flying, "flying");
  pen.heading("API: working on", dots.atApi, ...words.api, "flying");
  if (refused) {
    const right = api.x + api.w - 16;
    const style =
      /** @type {const} */ ({ bold: true, name: "refused", align: "right" });
    pen.text("refused", right, words.api[1], style);
  }
  if (model.bundleSize > 1) {
    const style = /** @type {const} */ ({ bold: true, align: "right", size: 13 });
    pen.text(`1 dot = ${model.bundleSize} requests`, ...words.bundle, style);
  }
  drawQuota(pen, scene);
}

/**
 * Dots that look the same are drawn as one path, because a path for each is slower.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawDots(pen, { model, packs, dots }) {
  /** @type {Map<string, { name: string, size: number, spots: Spot[] }>} */
  const alike = new Map();
  for (const dot of dots.drawn) {
    const name = lookOf(dot);
    const size = sizeOf(dot, packs, model.bundleSize);
    const key = `${name} ${size}`;
    const same = alike.get(key);
    if (same) same.spots.push(dot.at);
    else alike.set(key, { name, size, spots: [dot.at] });
  }
  for (const { name, size, spots } of alike.values()) pen.mark(name, spots, size);
  if (model.run.numbered) dots.drawn.forEach((dot) => drawNumber(pen, dot));
}

/**
 * @param {Pen} pen
 * @param {Dot} dot
 */
function drawNumber(pen, { request, at: [x, y] }) {
  pen.text(request.number + 1, x + 7, y - 5, { size: 12, bold: true });
}

/**
 * A refused request looks refused as soon as it is at the API.
 *
 * @param {Dot} dot
 */
function lookOf({ leg, request }) {
  if (leg === "pool") return "waiting";
  if (leg === "out") return "flying";
  const { outcome } = request;
  if (leg === "api") return outcome === "refused" ? "refused" : "flying";
  return outcome ?? "flying";
}

/**
 * @param {Dot} dot
 * @param {Packs} packs
 * @param {number} bundleSize
 */
function sizeOf({ leg, request }, { pool, seats, slots }, bundleSize) {
  if (leg === "pool") return ringSize(pool.gap);
  const atApi = leg === "api" || leg === "back" ? seats.gap * 0.36 : 5;
  const inSlot = request.slot !== null && slots.gap < 18 ? 3.8 : 5;
  return Math.min(atApi, inSlot) * (bundleSize > 1 ? 1.25 : 1);
}
