// The strips of the plot, one below the other, and how much room each has.

/** Pixels above the first strip, and from one strip to the next. */
export const TOP = 22;
const GAP = 30;

/** Pixels: the height of a row of marks. */
export const MARK = 17;

/** Pixels: letters before a class are as large as the panel's, or as the height allows. */
const LETTER = 14;

/** The share of their usual height below which letters are smaller. */
const LEAST = 0.44;

/** The share of it below which the number of those that wait has to do. */
const LOW = 0.65;

/** The share of it that strips have at the least. */
const FLAT = 0.3;

/**
 * @import { Line } from "../run.js"
 * @typedef {"limit" | "quota" | "token_quota"} Ceiling
 *
 * @typedef {object} About What a strip shows.
 * @property {string} name
 * @property {number} height Usual pixels.
 * @property {Line[]} lines
 * @property {Ceiling | null} ceiling
 * @property {Line[]} marks
 *
 * @typedef {object} Strip
 * @property {About} about
 * @property {number} y Where it begins, with its marks.
 * @property {number} top Where its lines begin.
 * @property {number} bottom
 *
 * @typedef {object} Layout
 * @property {Strip[]} strips
 * @property {number} height
 * @property {number} zoom How many times as large all is drawn.
 */

/** @type {About} */
const IN_FLIGHT = {
  name: "in flight",
  height: 250,
  lines: ["client", "server"],
  ceiling: "limit",
  marks: ["refused", "failed"],
};

/** @type {About} */
const WAITING = {
  name: "waiting",
  height: 56,
  lines: ["waiting"],
  ceiling: null,
  marks: [],
};

/** @type {About} */
const SENT = {
  name: "sent in the last period",
  height: 84,
  lines: ["rate"],
  ceiling: "quota",
  marks: [],
};

/** @type {About} Only where tokens are counted. */
const TOKENS = {
  name: "tokens in the last period",
  height: 84,
  lines: ["tokens"],
  ceiling: "token_quota",
  marks: [],
};

export const STRIPS = [IN_FLIGHT, WAITING, SENT, TOKENS];

/**
 * The strips in a plot on a page.
 *
 * @param {boolean} tokens Whether they are counted.
 * @returns {Layout}
 */
export function layoutOnPage(tokens) {
  return { ...stacked(counted(tokens), 1), zoom: 1 };
}

/**
 * The strips in a plot that fills a screen and is so high.
 *
 * @param {boolean} tokens
 * @param {number} height
 * @param {number} letters Pixels: the height of the panel's letters.
 * @returns {Layout}
 */
export function layoutOnScreen(tokens, height, letters) {
  const all = counted(tokens);
  const few = all.filter((about) => about !== WAITING);
  const fits = height / needed(few, LEAST);
  const zoom = Math.max(1, Math.min(letters / LETTER, fits));
  const room = height / zoom;
  const shown = room < needed(all, LOW) ? few : all;
  const fixed = needed(shown, 0);
  const grow = (room - fixed) / (needed(shown, 1) - fixed);
  return { ...stacked(shown, Math.max(FLAT, grow)), zoom };
}

/** @param {boolean} tokens */
const counted = (tokens) =>
  tokens ? STRIPS : STRIPS.filter((about) => about !== TOKENS);

/**
 * The height of strips that have a share of their usual one.
 *
 * @param {About[]} strips
 * @param {number} share
 */
function needed(strips, share) {
  return strips.reduce((sum, { height }) => sum + GAP + share * height, TOP);
}

/**
 * @param {About[]} shown
 * @param {number} grow How many times their usual height they have.
 */
function stacked(shown, grow) {
  /** @type {Strip[]} */
  const strips = [];
  let y = TOP;
  for (const about of shown) {
    const marks = about.marks.length ? about.marks.length * MARK + 8 : 0;
    const bottom = y + about.height * grow;
    strips.push({ about, y, top: y + marks, bottom });
    y = bottom + GAP;
  }
  return { strips, height: y };
}
