// The picture of the flow, part by part, at one moment.

import { roomIn } from "./grid.js";
import { crowdOf, hasSlots } from "./dots.js";
import { middleOf, queuedAt } from "./places.js";
import { drawQuota } from "./quota_picture.js";
import { drawSlots } from "./slots_picture.js";

/** The label of each tally, and its short form for a narrow one. */
const TALLIES = [
  { name: "ok", words: "answered", short: "answered" },
  { name: "refused", words: "refused: 429, 503", short: "refused" },
  { name: "lost", words: "failed, cancelled", short: "failed" },
];

/** A tally narrower than this has its short label. */
const NARROW_TALLY_PIXELS = 140;

/** The width of the ways to the API and back. */
const WAY_PIXELS = 26;

/**
 * @import { Pen } from "../pen.js"
 * @import { Dot, Dots, Gaps } from "./dots.js"
 * @import { Region, Spot } from "./grid.js"
 * @import { FlowModel, Standing } from "./model.js"
 * @import { Places } from "./places.js"
 *
 * @typedef {object} Scene
 * @property {FlowModel} model
 * @property {Standing} standing
 * @property {Places} places
 * @property {Gaps} gaps
 * @property {Dots} dots
 * @property {boolean} refused Whether the API turned one away just now.
 */

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
export function drawScene(pen, scene) {
  pen.clear();
  drawQueue(pen, scene);
  if (hasSlots(scene.standing)) drawSlots(pen, scene);
  drawWay(pen, scene.places.out, scene.places.down, "»");
  drawWay(pen, scene.places.back, scene.places.down, "«");
  drawPool(pen, scene);
  drawApi(pen, scene);
  TALLIES.forEach((tally, i) => drawTally(pen, scene, tally, scene.places.tallies[i]));
  drawDots(pen, scene);
}

/**
 * How many are at the API or on the wire.
 *
 * @param {Dots} dots
 */
export const flying = ({ onLeg }) => onLeg.out + onLeg.api + onLeg.back;

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawQueue(pen, { places, standing, gaps }) {
  const { queue } = places;
  const { waiting } = standing;
  const shown = Math.min(waiting, roomIn(queue, gaps.queue));
  const spots = [];
  for (let i = 0; i < shown; i += 1) spots.push(queuedAt(places, queue, i, gaps.queue));
  pen.heading("waiting", waiting, queue.x, queue.y - 16, "waiting");
  pen.mark("waiting", spots, 4.4);
}

/**
 * A way to the API or back, from one spot to another.
 *
 * @param {Pen} pen
 * @param {[Spot, Spot]} way
 * @param {boolean} down
 * @param {string} sign
 */
function drawWay(pen, [[x, y], [endX, endY]], down, sign) {
  const half = WAY_PIXELS / 2;
  const box = down
    ? { x: x - half, y: Math.min(y, endY), w: WAY_PIXELS, h: Math.abs(endY - y) }
    : { x: Math.min(x, endX), y: y - half, w: Math.abs(endX - x), h: WAY_PIXELS };
  pen.box(box, { fill: 0.06, round: half });
  if (down) return;
  const before = endX > x ? -14 : 14;
  pen.text(sign, endX + before, y + 6, { size: 20, align: "center", soft: true });
}

/**
 * The heading of the requests that are sent but have not arrived: they wait for a
 * connection in httpx's pool or, on a busy machine, for the network.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawPool(pen, { standing, places, dots }) {
  const { x, y } = crowdOf(standing, places);
  let left = x;
  if (standing.unlimited && !hasSlots(standing)) {
    left = pen.text("no limit", x, y - 16, { soft: true }) + 18;
  }
  const { pool } = dots.onLeg;
  if (pool) pen.heading("not arrived", pool, left, y - 16, "waiting");
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawApi(pen, scene) {
  const { places, dots, model, refused } = scene;
  const { api } = places;
  const usual = { name: "ink", fill: 0.05, line: 0.35, wide: 1.5, round: 10 };
  const alarmed = { ...usual, name: "refused", line: 1, wide: 3 };
  pen.box(api, refused ? alarmed : usual);
  const y = api.y + 24;
  const reach = pen.heading("API, working on", flying(dots), api.x + 16, y, "flying");
  if (model.bundleSize > 1) {
    pen.text(`each dot: ${model.bundleSize} requests`, reach + 20, y, { bold: true });
  }
  drawQuota(pen, scene);
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 * @param {typeof TALLIES[number]} tally
 * @param {Region} region
 */
function drawTally(pen, { model }, { name, words, short }, region) {
  const { x, y, w, h } = region;
  const number = model.tallies[/** @type {keyof FlowModel["tallies"]} */ (name)];
  const any = number > 0;
  const colour = any && name !== "lost" ? name : "ink";
  pen.box(region, { name: colour, fill: any ? 0.09 : 0.04, line: any ? 0.6 : 0.25 });
  pen.mark(name, [middleOf(region)], 6);
  const size = Math.min(32, h * 0.5);
  pen.text(number, x + 36, y + h * 0.34 + 11, { size, bold: true, name: colour });
  const label = w > NARROW_TALLY_PIXELS ? words : short;
  pen.text(label, x + 12, y + h - 11, { size: 14, soft: true });
}

/**
 * Dots that look the same are drawn as one path, because a path for each is slower.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawDots(pen, { model, gaps, dots }) {
  /** @type {Map<string, { name: string, size: number, spots: Spot[] }>} */
  const alike = new Map();
  for (const dot of dots.drawn) {
    const name = lookOf(dot);
    const size = sizeOf(dot, gaps) * (model.bundleSize > 1 ? 1.25 : 1);
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
 * @param {Gaps} gaps
 */
function sizeOf({ leg, request }, gaps) {
  const atApi = leg === "api" || leg === "back" ? gaps.work * 0.36 : 5;
  const inSlot = request.slot !== null && gaps.slots < 18 ? 3.8 : 5;
  return Math.min(atApi, inSlot);
}
