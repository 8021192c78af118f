// The strips of the plot, one below the other, and how much room each has.

/** Pixels above the first strip, and from one strip to the next. */
export const TOP_PIXELS = 22;
const STRIP_GAP_PIXELS = 30;

/** Pixels: the height of a row of marks. */
export const MARK_ROW_PIXELS = 15;

/** The usual height of letters.  In presentation mode they grow to that of the panel's. */
const LETTER_HEIGHT_PIXELS = 14;

/** Strips lower than this share of their usual height have smaller letters. */
const SMALLER_LETTERS_BELOW = 0.36;

/** Strips would be lower than this share with "waiting", so it is left out. */
const NO_WAITING_STRIP_BELOW = 0.65;

/** Strips are never lower than this share of their usual height. */
const LOWEST_STRIP_SHARE = 0.3;

/** The height of the only strip on a page: a share of the window's, within these pixels. */
const ONLY_STRIP_SHARE = 1 / 6;
const ONLY_STRIP_PIXELS = { least: 120, most: 150 };

/** Its share on a phone and in a narrow lane, where the flow above it needs the room. */
const NARROW_PIXELS = 400;
const NARROW_STRIP_SHARE = 1 / 8;

/**
 * @import { Line, Run } from "../run.js"
 * @typedef {"limit" | "quota" | "token_quota"} Ceiling
 *
 * @typedef {"in flight" | "waiting" | "rate" | "tokens"} StripName
 *
 * @typedef {object} StripSpec What a strip shows.
 * @property {StripName} name
 * @property {number} height The usual height in pixels.
 * @property {Line[]} lines
 * @property {boolean} peaks Whether a column's highest level is drawn, or the one that lasted
 *   longest.
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
export const IN_FLIGHT = {
  name: "in flight",
  height: 250,
  lines: ["client", "server"],
  peaks: false,
  ceiling: "limit",
  marks: ["refused", "failed"],
};

/** @type {StripSpec} Only where requests have waited. */
export const WAITING = {
  name: "waiting",
  height: 56,
  lines: ["waiting"],
  peaks: false,
  ceiling: null,
  marks: [],
};

/** @type {StripSpec} */
export const SENT = {
  name: "rate",
  height: 84,
  lines: ["rate"],
  peaks: true,
  ceiling: "quota",
  marks: [],
};

/** @type {StripSpec} Only where tokens are counted. */
export const TOKENS = {
  name: "tokens",
  height: 84,
  lines: ["tokens"],
  peaks: true,
  ceiling: "token_quota",
  marks: [],
};

const STRIPS = [IN_FLIGHT, WAITING, SENT, TOKENS];

/**
 * The strips that have something to show.  One that has been shown stays until another run
 * begins, so that nothing jumps.
 *
 * @param {Run} run
 * @param {StripSpec[]} before Those that were shown before in this run.
 */
export function stripsOf(run, before) {
  return STRIPS.filter((spec) => before.includes(spec) || hasContent(run, spec));
}

/**
 * The only strip, of this name.  It has a row for refusals, and one for failures only if
 * there are both.
 *
 * @param {string} name
 * @param {Run} run
 * @returns {StripSpec[]}
 */
export function onlyStrip(name, { levels }) {
  const spec = STRIPS.find((each) => each.name === name) ?? IN_FLIGHT;
  const found = spec.marks.filter((line) => levels[line].length > 0);
  return [{ ...spec, marks: found.length ? found : spec.marks.slice(0, 1) }];
}

/**
 * @param {Run} run
 * @param {StripSpec} spec
 */
function hasContent({ levels, policies }, spec) {
  if (spec === WAITING) return levels.waiting.some(({ highest }) => highest > 0);
  if (spec === TOKENS) return policies.some(({ policy }) => policy?.tokens);
  return true;
}

/**
 * The strips in a plot on a page.  Its height is the same with "waiting" and without.
 *
 * @param {StripSpec[]} shown
 * @param {number} windowHeight Pixels: the only strip is lower in a low window.
 * @param {number} [width] And in a narrow plot.
 * @returns {Layout}
 */
export function layoutOnPage(shown, windowHeight, width = Infinity) {
  const isOnly = shown.length === 1;
  const height = isOnly ? heightOfOne(windowHeight, width) : heightOf(shown);
  return { ...stacked(shown, shareFor(shown, height)), zoom: 1 };
}

/**
 * @param {number} windowHeight
 * @param {number} width
 */
function heightOfOne(windowHeight, width) {
  if (width < NARROW_PIXELS) return windowHeight * NARROW_STRIP_SHARE;
  const { least, most } = ONLY_STRIP_PIXELS;
  return Math.min(most, Math.max(least, windowHeight * ONLY_STRIP_SHARE));
}

/** @param {StripSpec[]} shown */
function heightOf(shown) {
  const withWaiting = shown.includes(WAITING) ? shown : [...shown, WAITING];
  return needed(withWaiting, 1);
}

/**
 * The strips in a plot that fills a screen of this height.
 *
 * @param {StripSpec[]} all
 * @param {number} height
 * @param {number} letters Pixels: the height of the panel's letters.
 * @returns {Layout}
 */
export function layoutOnScreen(all, height, letters) {
  const few = all.length > 1 ? all.filter((spec) => spec !== WAITING) : all;
  const fits = height / needed(few, SMALLER_LETTERS_BELOW);
  const zoom = Math.max(1, Math.min(letters / LETTER_HEIGHT_PIXELS, fits));
  const room = height / zoom;
  const shown = room < needed(all, NO_WAITING_STRIP_BELOW) ? few : all;
  const share = Math.max(LOWEST_STRIP_SHARE, shareFor(shown, room));
  return { ...stacked(shown, share), zoom };
}

/**
 * The share of its usual height that each strip has if all together have this height.
 *
 * @param {StripSpec[]} strips
 * @param {number} height
 */
function shareFor(strips, height) {
  const fixed = needed(strips, 0);
  return (height - fixed) / (needed(strips, 1) - fixed);
}

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
    const marks = spec.marks.length ? spec.marks.length * MARK_ROW_PIXELS + 6 : 0;
    const bottom = y + spec.height * share;
    strips.push({ spec, y, top: y + marks, bottom });
    y = bottom + STRIP_GAP_PIXELS;
  }
  return { strips, height: y };
}
