// The titles of the strips, in words that a room can read.

import { policyAt } from "../run.js";
import { perWords } from "../words.js";
import { short } from "./scales.js";

/** The width of a letter of a title, about. */
const LETTER_WIDTH_PIXELS = 8.2;

/** On a narrower plot there is no room for the words beside the titles. */
const OLDER_WORDS_FROM_PIXELS = 700;
const REFUSAL_WORDS_FROM_PIXELS = 780;

/** So many requests that have not arrived are worth a word in a title. */
const WORTH_A_WORD = 5;

/**
 * @import { Point, QuotaPolicy, Run } from "../run.js"
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
  return name === "in flight" ? inFlightTitle(run, room) : name;
}

/**
 * The client's line has those, too, that the server has not seen.
 *
 * @param {Run} run
 * @param {number} room
 */
function inFlightTitle({ levels: { client, server } }, room) {
  const areTwo = server.length > 0 &&
    highest(client) >= highest(server) + WORTH_A_WORD;
  const whole = areTwo ? "in flight (dotted: with those not arrived yet)" : "in flight";
  return whole.length * LETTER_WIDTH_PIXELS <= room ? whole : "in flight";
}

/**
 * What is said beside the titles, where there is room: that older points are left out, or
 * when a refusal is marked.
 *
 * @param {Run} run
 * @param {number} from The time at the left end.
 * @param {number} wide Pixels of the plot.
 */
export function noteBesideTitles({ levels: { refused } }, from, wide) {
  if (from > 0) return wide < OLDER_WORDS_FROM_PIXELS ? "" : "older points left out";
  if (!refused.length || wide < REFUSAL_WORDS_FROM_PIXELS) return "";
  return "a refusal is marked when it comes back";
}

/** @param {Point[]} points */
const highest = (points) => points.reduce((most, { last }) => Math.max(most, last), 0);

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
