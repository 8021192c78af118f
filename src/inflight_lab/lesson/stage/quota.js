// How the API's quota stands at a time: its shape, and how much of it is used.

/**
 * @import { Quota, Run } from "./run.js"
 *
 * @typedef {object} Wall What the API's wall shows.
 * @property {"cells" | "level" | "none"} shape A cell for each request that was let in,
 *   or how full it is.
 * @property {number} cells How many are taken.
 * @property {number} share How full it is, from 0 to 1.
 * @property {string} words
 */

/** Times are rounded: an arrival at the beginning of a fixed window is in it. */
const EXACTLY = 1e-7;

/** @type {Wall} */
const NO_WALL = { shape: "none", cells: 0, share: 0, words: "no quota" };

/** @param {Run} run @param {number} time @returns {Wall} */
export function wallAt(run, time) {
  const { quota } = run.settingAt(time);
  if (!quota) return NO_WALL;
  if (quota.shape === "bucket") return bucketAt(run, quota, time);
  if (quota.shape === "spacing") return spacingAt(run, quota, time);
  return windowAt(run, quota, time);
}

/**
 * Whether the API lets one more in, as its quota says.
 *
 * @param {Run} run
 * @param {number} time
 * @returns {{ isLetIn: boolean, gauge: number | null }} The gauge is for the wall.
 */
export function admit(run, time) {
  const { quota } = run.settingAt(time);
  if (!quota) return { isLetIn: true, gauge: null };
  if (quota.shape === "bucket") {
    const tokens = tokensAt(run, quota, time);
    const isLetIn = tokens >= 1 - EXACTLY;
    return { isLetIn, gauge: isLetIn ? tokens - 1 : tokens };
  }
  if (quota.shape === "spacing") {
    const due = dueAt(run, time);
    const isLetIn = earlyBy(quota, due) <= EXACTLY;
    return { isLetIn, gauge: isLetIn ? due + everyOf(quota) : due };
  }
  const counted = run.letIn.within(windowStart(quota, time), time);
  return { isLetIn: counted < Math.floor(quota.rate), gauge: null };
}

/** Since when the API counts. @param {Quota} quota @param {number} time */
function windowStart({ starts, period }, time) {
  if (starts === null) return time - period;
  const into = (time - starts + EXACTLY) % period;
  return time - into;
}

/** @param {Run} run @param {Quota} quota @param {number} time @returns {Wall} */
function windowAt(run, quota, time) {
  const { starts, rate, period } = quota;
  const start = windowStart(quota, time);
  const cells = run.letIn.within(start, time);
  const span = starts === null ? spanInWords(period) : "this window";
  const words = `${cells} of ${inWords(rate)} in ${span}`;
  return { shape: "cells", cells, share: cells / Math.floor(rate), words };
}

/** @param {Run} run @param {Quota} quota @param {number} time @returns {Wall} */
function bucketAt(run, quota, time) {
  const { burst } = quota;
  const tokens = tokensAt(run, quota, time);
  const left = Math.floor(tokens + EXACTLY);
  const words = `${left} of ${inWords(burst)} tokens left`;
  return { shape: "level", cells: 0, share: tokens / burst, words };
}

/** Full at first. @param {Run} run @param {Quota} quota @param {number} time */
function tokensAt(run, quota, time) {
  const last = run.gauges.at(time) ?? { time, gauge: quota.burst };
  const refilled = (time - last.time) / everyOf(quota);
  return Math.min(quota.burst, Math.max(0, last.gauge) + refilled);
}

/** @param {Run} run @param {Quota} quota @param {number} time @returns {Wall} */
function spacingAt(run, quota, time) {
  const due = dueAt(run, time);
  const early = earlyBy(quota, due);
  const share = Math.min(1, due / (quota.burst * everyOf(quota)));
  const words = early > EXACTLY ? `next in ${secondsInWords(early)}` : "next one: now";
  return { shape: "level", cells: 0, share, words };
}

/** In how many seconds the next one is due. @param {Run} run @param {number} time */
function dueAt(run, time) {
  const last = run.gauges.at(time);
  return last ? Math.max(0, last.time + last.gauge - time) : 0;
}

/** How much too early the next one would be now. @param {Quota} quota @param {number} due */
function earlyBy(quota, due) {
  return due - (quota.burst - 1) * everyOf(quota);
}

/** The seconds from one request to the next. @param {Quota} quota */
export function everyOf({ rate, period }) {
  return period / rate;
}

/** @param {number} value */
export function inWords(value) {
  return value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 1 : 0 });
}

/** @param {number} seconds */
export function secondsInWords(seconds) {
  if (seconds < 0.1) return `${Math.ceil(seconds * 1000 - EXACTLY)} ms`;
  return `${seconds < 10 ? Number(seconds.toFixed(1)) : Math.round(seconds)} s`;
}

/** "a second", "10 s", "a minute". @param {number} period */
export function spanInWords(period) {
  if (period === 1) return "1 s";
  return period === 60 ? "a minute" : secondsInWords(period);
}
