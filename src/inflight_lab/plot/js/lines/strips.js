// The strips of the plot, one below the other, and how much room each has.

/** Pixels above the first strip, and from one strip to the next. */
export const TOP_PIXELS = 22;
const STRIP_GAP_PIXELS = 30;

/** Pixels: the height of a row of marks. */
export const MARK_ROW_PIXELS = 17;

/** The usual height of letters.  In presentation mode they grow to that of the panel's. */
const LETTER_PIXELS = 14;

/** Strips lower than this share of their usual height have smaller letters. */
const SMALLER_LETTERS_BELOW = 0.44;

/** Strips would be lower than this share with "waiting", so it is left out. */
const NO_WAITING_STRIP_BELOW = 0.65;

/** Strips are never lower than this share of their usual height. */
const LOWEST_STRIP_SHARE = 0.3;

/**
 * @import { Line } from "../run.js"
 * @typedef {"limit" | "quota" | "token_quota"} Ceiling
 *
 * @typedef {object} StripSpec What a strip shows.
 * @property {string} name
 * @property {number} height The usual height in pixels.
 * @property {Line[]} lines
 * @property {Ceiling | null} ceiling
 * @property {Line[]} marks
 *
 * @typedef {object} Strip
 * @property {StripSpec} spec
 * @property {number} y Where it begins, with its marks.
 * @property {number} top Where its lines begin.
 * @property {number} bottom
 *
 * @typedef {object} Layout
 * @property {Strip[]} strips
 * @property {number} height
 * @property {number} zoom How many times larger everything is drawn.
 */

/** @type {StripSpec} */
const IN_FLIGHT = {
  name: "in flight",
  height: 250,
  lines: ["client", "server"],
  ceiling: "limit",
  marks: ["refused", "failed"],
};

/** @type {StripSpec} */
const WAITING = {
  name: "waiting",
  height: 56,
  lines: ["waiting"],
  ceiling: null,
  marks: [],
};

/** @type {StripSpec} */
const SENT = {
  name: "sent in the last period",
  height: 84,
  lines: ["rate"],
  ceiling: "quota",
  marks: [],
};

/** @type {StripSpec} Only where tokens are counted. */
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
 * The strips in a plot that fills a screen of this height.
 *
 * @param {boolean} tokens
 * @param {number} height
 * @param {number} letters Pixels: the height of the panel's letters.
 * @returns {Layout}
 */
export function layoutOnScreen(tokens, height, letters) {
  const all = counted(tokens);
  const few = all.filter((spec) => spec !== WAITING);
  const fits = height / needed(few, SMALLER_LETTERS_BELOW);
  const zoom = Math.max(1, Math.min(letters / LETTER_PIXELS, fits));
  const room = height / zoom;
  const shown = room < needed(all, NO_WAITING_STRIP_BELOW) ? few : all;
  const fixed = needed(shown, 0);
  const grow = (room - fixed) / (needed(shown, 1) - fixed);
  return { ...stacked(shown, Math.max(LOWEST_STRIP_SHARE, grow)), zoom };
}

/** @param {boolean} tokens */
const counted = (tokens) => tokens ? STRIPS : STRIPS.filter((spec) => spec !== TOKENS);

/**
 * The height of all strips together, each with this share of its usual height.
 *
 * @param {StripSpec[]} strips
 * @param {number} share
 */
function needed(strips, share) {
  return strips.reduce(
    (sum, { height }) => sum + STRIP_GAP_PIXELS + share * height,
    TOP_PIXELS,
  );
}

/**
 * @param {StripSpec[]} shown
 * @param {number} share Their height as a share of the usual one.
 */
function stacked(shown, share) {
  /** @type {Strip[]} */
  const strips = [];
  let y = TOP_PIXELS;
  for (const spec of shown) {
    const marks = spec.marks.length ? spec.marks.length * MARK_ROW_PIXELS + 8 : 0;
    const bottom = y + spec.height * share;
    strips.push({ spec, y, top: y + marks, bottom });
    y = bottom + STRIP_GAP_PIXELS;
  }
  return { strips, height: y };
}
