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

/** Whether a window lets one more in. @param {Run} run @param {number} time */
export function hasRoom(run, time) {
  const { quota } = run.settingAt(time);
  return !quota ||
    run.letIn.within(windowStart(quota, time), time) < Math.floor(quota.rate);
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
function bucketAt(run, { rate, period, burst }, time) {
  const last = run.gauges.at(time) ?? { time, gauge: burst };
  const refilled = (time - last.time) * rate / period;
  const tokens = Math.min(burst, Math.max(0, last.gauge) + refilled);
  const left = Math.floor(tokens + EXACTLY);
  const words = `${left} of ${inWords(burst)} tokens left`;
  return { shape: "level", cells: 0, share: tokens / burst, words };
}

/** @param {Run} run @param {Quota} quota @param {number} time @returns {Wall} */
function spacingAt(run, { rate, period, burst }, time) {
  const last = run.gauges.at(time);
  const due = last ? Math.max(0, last.time + last.gauge - time) : 0;
  const every = period / rate;
  const early = due - (burst - 1) * every;
  const share = Math.min(1, due / (burst * every));
  const words = early > EXACTLY ? `next in ${secondsInWords(early)}` : "next one: now";
  return { shape: "level", cells: 0, share, words };
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
