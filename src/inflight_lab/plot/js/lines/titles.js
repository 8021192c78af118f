// The titles of the strips, in words that a room can read.

import { policyAt } from "../run.js";
import { perWords } from "../words.js";
import { short } from "./scales.js";

/** The width of a letter of a title, about. */
const LETTER_WIDTH_PIXELS = 8.2;

/**
 * @import { QuotaPolicy, Run } from "../run.js"
 * @import { StripName } from "./strips.js"
 */

/**
 * What a strip counts, in which time, and how much is allowed; without the last in a room of
 * too few pixels.
 *
 * @param {StripName} name
 * @param {Run} run
 * @param {number} time
 * @param {number} room
 */
export function stripTitle(name, run, time, room) {
  const policy = policyAt(run, time);
  if (name === "rate") return countedTitle("sent", policy, policy?.rate, room);
  if (name === "tokens") return countedTitle("tokens", policy, policy?.tokens, room);
  return name;
}

/**
 * @param {string} what
 * @param {QuotaPolicy | null} policy
 * @param {number | undefined} allowed
 * @param {number} room
 */
function countedTitle(what, policy, allowed, room) {
  const counted = `${what} in the last ${perWords(policy?.period ?? 1)}`;
  const whole = allowed ? `${counted}, ${short(allowed)} allowed` : counted;
  return whole.length * LETTER_WIDTH_PIXELS <= room ? whole : counted;
}
