// The titles of the strips, in words that a room can read.

import { perWords } from "../words.js";
import { short } from "./scales.js";

/** The width of a letter of a title, about. */
const LETTER_WIDTH_PIXELS = 8.2;

/** On a narrower plot there is no room for the words beside the titles. */
const OLDER_WORDS_FROM_PIXELS = 700;
const REFUSAL_WORDS_FROM_PIXELS = 780;

/**
 * @import { QuotaPolicy, Run } from "../run.js"
 * @import { Content } from "./content.js"
 * @import { StripName } from "./strips.js"
 */

/**
 * What a strip counts, in which time, and how much is allowed; without the last in a room of
 * too few pixels.
 *
 * @param {StripName} name
 * @param {Content} content All that is drawn of the strip.
 * @param {QuotaPolicy | null} policy
 * @param {number} room
 */
export function stripTitle(name, content, policy, room) {
  if (name === "rate") return countedTitle("sent", policy, policy?.rate, room);
  if (name === "tokens") return countedTitle("tokens", policy, policy?.tokens, room);
  return name === "in flight" ? inFlightTitle(content, room) : name;
}

/**
 * @param {Content} content
 * @param {number} room
 */
function inFlightTitle(content, room) {
  const whole = showsNotArrived(content)
    ? "in flight (dotted: with those not arrived yet)"
    : "in flight";
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

/**
 * Whether the client's line is drawn above the server's: it has those, too, that the server
 * has not seen.
 *
 * @param {Content} content
 */
function showsNotArrived({ lines }) {
  const client = lines.find(({ name }) => name === "client");
  const server = lines.find(({ name }) => name === "server");
  if (!client || !server?.steps.length) return false;
  const seen = new Map(server.steps.map(({ time, level }) => [time, level ?? 0]));
  return client.steps.some(({ time, level }) => (level ?? 0) > (seen.get(time) ?? 0));
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
