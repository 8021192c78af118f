// The picture of the flow, part by part, at one moment.

import { levelAt } from "../run.js";
import { hasSlots } from "./packing.js";
import { drawQuota } from "./quota_picture.js";
import { drawRoads } from "./road_picture.js";
import { drawSlots } from "./slots_picture.js";
import { drawStamp } from "./stamp_picture.js";
import { drawTally, TALLIES } from "./tally_picture.js";
import { drawPool, drawQueue, ringSize } from "./waiting_picture.js";

/** For so long after a refusal the API is red: a room has seen it by then. */
const ALARM_SECONDS = 1;

/** In a picture with less room than this, "refused" takes the place of other words. */
const ROOM_FOR_WORDS_PIXELS = 240;

/** The radius of a dot: in a slot, in a small slot, and as a share of the gap between seats. */
const DOT_PIXELS = 5;
const SMALL_DOT_PIXELS = 3.8;
const SEATED_DOT_SHARE = 0.36;

/** Slots nearer to each other than this are small. */
const SMALL_SLOT_GAP_PIXELS = 18;

/** From the middle of a dot to where its number begins. */
const NUMBER_RIGHT_PIXELS = 7;
const NUMBER_ABOVE_PIXELS = 3;
const NUMBER_BELOW_PIXELS = 12;

/** How many times larger a dot is that stands for several requests. */
const BUNDLE_ZOOM = 1.25;

/**
 * @import { Pen, TextStyle } from "../pen.js"
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
 * @property {number | null} frozenAt The moment that is shown; null if time goes on.
 * @property {boolean} refused Whether the API turned one away just now.
 */

/**
 * Whether one that was refused is still at the API, or has been there a moment ago.
 *
 * @param {FlowModel} model
 * @param {Dots} dots
 */
export function isRefusing({ time, refusedAt, run }, { refusedAtApi }) {
  return refusedAtApi > 0 || time - refusedAt < ALARM_SECONDS / run.slow;
}

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
  drawStamp(pen, scene);
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawApi(pen, scene) {
  const { places, dots, model, refused } = scene;
  const { words } = places;
  const usual = { name: "ink", fill: 0.05, line: 0.5, wide: 1.5, round: 10 };
  const alarmed = { ...usual, name: "refused", line: 1, wide: 3 };
  pen.box(places.api, refused ? alarmed : usual);
  pen.heading("in flight", dots.inFlight, ...words.flying, "flying");
  drawApiHeading(pen, scene);
  if (model.bundleSize > 1) {
    const [x, y] = words.bundle;
    const bundle = `1 dot = ${model.bundleSize} requests`;
    pen.text(bundle, x, y, { bold: true, align: "right", size: 13 });
  }
  drawQuota(pen, scene);
}

/**
 * How many the API works on: neither on those that it has refused nor, where it is observed,
 * on those that it has answered while the client was too busy to read the answer.
 *
 * @param {FlowModel} model
 * @param {Dots} dots
 */
function workedOn(model, { atApi, refusedAtApi }) {
  return Math.min(atApi - refusedAtApi, serverWorksOn(model) ?? Infinity);
}

/**
 * How many the server works on by its own account; undefined where it is not observed.
 *
 * @param {FlowModel} model
 */
function serverWorksOn({ run, time }) {
  return levelAt(run.levels.server, time);
}

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawApiHeading(pen, { model, places, dots, refused }) {
  const { words } = places;
  const [x, y] = words.api;
  const [right] = words.refused;
  /** @type {TextStyle} */
  const alarm = { bold: true, name: "refused" };
  if (refused && right - x < ROOM_FOR_WORDS_PIXELS) {
    const reach = pen.text("API:", x, y, { soft: true });
    pen.text("refused", reach + 6, y, alarm);
    return;
  }
  pen.heading("API: working on", workedOn(model, dots), x, y, "flying");
  if (refused) pen.text("refused", right, y, { ...alarm, align: "right" });
}

/**
 * Dots that look the same are drawn as one path, because a path for each is slower.  Those
 * that were refused are drawn last, so that no other hides them.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 */
function drawDots(pen, { model, packs, dots }) {
  /** @type {Map<string, { name: string, size: number, spots: Spot[] }>} */
  const alike = new Map();
  const isServerIdle = serverWorksOn(model) === 0;
  for (const dot of dots.drawn) {
    const name = lookOf(dot, isServerIdle);
    const size = sizeOf(dot, packs, model.bundleSize);
    const key = `${name} ${size}`;
    const same = alike.get(key);
    if (same) same.spots.push(dot.at);
    else alike.set(key, { name, size, spots: [dot.at] });
  }
  const others = [...alike.values()].filter(({ name }) => name !== "refused");
  const refused = [...alike.values()].filter(({ name }) => name === "refused");
  for (const { name, size, spots } of [...others, ...refused]) {
    pen.mark(name, spots, size);
  }
  if (model.run.numbered) dots.drawn.forEach((dot) => drawNumber(pen, dot));
}

/**
 * Numbers in a row stand above and below their dots in turn: beside each other "4" and "5"
 * would read "45".
 *
 * @param {Pen} pen
 * @param {Dot} dot
 */
function drawNumber(pen, { request, at: [x, y] }) {
  const number = request.number + 1;
  const isAbove = number % 2 === 1;
  const ground = isAbove ? y - NUMBER_ABOVE_PIXELS : y + NUMBER_BELOW_PIXELS;
  pen.text(number, x + NUMBER_RIGHT_PIXELS, ground, { size: 12, bold: true });
}

/**
 * A refused request looks refused as soon as it is at the API.  At a server that has nothing
 * to do, the others look answered: their answers are waiting to be read.
 *
 * @param {Dot} dot
 * @param {boolean} isServerIdle
 */
function lookOf({ leg, request }, isServerIdle) {
  if (leg === "pool") return "waiting";
  if (leg === "out") return "flying";
  const { outcome } = request;
  if (leg !== "api") return outcome ?? "flying";
  if (outcome === "ok" && isServerIdle) return "ok";
  return outcome === "refused" ? "refused" : "flying";
}

/**
 * @param {Dot} dot
 * @param {Packs} packs
 * @param {number} bundleSize
 */
function sizeOf({ leg, request }, { pool, seats, slots }, bundleSize) {
  if (leg === "pool") return ringSize(pool.gap);
  const isSeated = leg === "api" || leg === "back";
  const seated = isSeated ? seats.gap * SEATED_DOT_SHARE : DOT_PIXELS;
  const isInSmallSlot = request.slot !== null && slots.gap < SMALL_SLOT_GAP_PIXELS;
  const inSlot = isInSmallSlot ? SMALL_DOT_PIXELS : DOT_PIXELS;
  return Math.min(seated, inSlot) * (bundleSize > 1 ? BUNDLE_ZOOM : 1);
}
