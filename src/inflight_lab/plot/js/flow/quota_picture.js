// The API's quota, drawn as what it is: a window, a bucket, or evenly spaced ticks.

import { atMostAtOnce, everyPeriod, perWords, spacing, withCommas } from "../words.js";
import { drawBucket } from "./bucket_picture.js";
import { ticksAt, tokensAt, windowAt } from "./quota.js";
import { drawTicks } from "./ticks_picture.js";
import { drawWindow } from "./window_picture.js";

/**
 * @import { Pen } from "../pen.js"
 * @import { QuotaPolicy } from "../run.js"
 * @import { Region } from "./grid.js"
 * @import { Scene } from "./scene.js"
 *
 * @typedef {object} Quota What the pictures have in common.
 * @property {Region} area
 * @property {QuotaPolicy} policy
 * @property {string} ink The colour of words, "refused" right after a refusal.
 * @property {string} fill The colour of the used part, also "refused" then.  Not green: a
 *   quota that is used up is no success.
 */

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
export function drawQuota(pen, { model, places, refused }) {
  const area = places.quota;
  const { policy, maxConcurrent } = model;
  const y = area.y - 9;
  const style = policy || maxConcurrent ? { bold: true } : { soft: true };
  const title = titleOf(policy, maxConcurrent);
  const fits = pen.widthOf(title, style) <= area.w;
  pen.text(fits ? title : titleOf(policy), area.x, y, style);
  if (!policy) return;
  const ink = refused ? "refused" : "ink";
  const fill = refused ? "refused" : "ink";
  drawState(pen, { area, policy, ink, fill }, model);
}

/**
 * @param {QuotaPolicy | null} policy
 * @param {number} [most] How many the API lets in at once; 0 for any number.
 * @returns {string}
 */
export function titleOf(policy, most = 0) {
  const quota = policy ? quotaInWords(policy) : "no quota";
  if (!most) return quota;
  return policy ? `${quota}, ${atMostAtOnce(most)}` : atMostAtOnce(most);
}

/** @param {QuotaPolicy} policy */
function quotaInWords(policy) {
  const { kind, rate, period, burst } = policy;
  const allowed = withCommas(rate);
  const titles = {
    "sliding-window": `${allowed} in any ${perWords(period)}`,
    "fixed-window": `${allowed} in each ${perWords(period)}`,
    "token-bucket": `bucket of ${withCommas(burst)}, + ${allowed} ${
      everyPeriod(period)
    }`,
    gcra: spacing(policy),
  };
  return titles[kind];
}

/**
 * @param {Pen} pen
 * @param {Quota} quota
 * @param {import("./model.js").FlowModel} model
 */
function drawState(pen, quota, { arrivals, run, time }) {
  const { policy } = quota;
  if (policy.kind === "token-bucket") {
    drawBucket(pen, quota, tokensAt(arrivals, policy, time));
  } else if (policy.kind === "gcra") {
    drawTicks(pen, quota, ticksAt(arrivals, policy, time), time);
  } else {
    drawWindow(pen, quota, windowAt(arrivals, policy, time, run.windowOffset), time);
  }
}
