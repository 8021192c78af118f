// One strip of the plot: its axis, its lines with their names, and its marks.

import { trace } from "./levels.js";
import { withNumbers } from "./marks.js";
import { hasSeveralLines, markRow, namesBeside } from "./names.js";
import { axisNumbers, short } from "./scales.js";
import { MARK_ROW_PIXELS } from "./strips.js";

/** Pixels left of the strips, for the numbers of their axes, and right of them, for names. */
export const LEFT = 52;
export const RIGHT = 76;

/** How strongly the lines of the grid are drawn. */
export const GRID = 0.16;

/** How strongly the lines of what has not been played yet are drawn. */
const FUTURE = 0.3;

/** The room for the words that a strip is enlarged. */
const ENLARGED_PIXELS = 140;

const USUAL = { line: 1, wide: 2.5 };
const CEILING = { line: 1, wide: 1.5, dashes: [10, 6] };
const DOTTED = { line: 1, wide: 2.5, dashes: [3, 4] };

/**
 * The colours of what has one of its own.  What the server sees is in flight; the client's
 * line has the colour of letters, so that nobody takes one for the other.
 *
 * @type {{ [name: string]: string }}
 */
const COLOURS = {
  server: "flying",
  waiting: "waiting",
  refused: "refused",
  failed: "lost",
};

/** @param {string} name */
const colourOf = (name) => COLOURS[name] ?? "ink";

/**
 * @import { Pen } from "../pen.js"
 * @import { Content, Marks } from "./content.js"
 * @import { Step } from "./levels.js"
 * @import { Strip, StripSpec } from "./strips.js"
 *
 * @typedef {object} Axes What a strip is drawn on.
 * @property {string} title
 * @property {(time: number) => number} x The pixels of a time.
 * @property {number} rightPixel The right end.
 * @property {number} drawnToPixel The strip is drawn up to here.
 * @property {number} untilTime A line that goes on is drawn up to this time.
 * @property {number} highest The level at the upper end.
 * @property {number} magnification How many times larger it is than the strips beside it.
 *
 * @typedef {{ y: (level: number) => number }} Heights The pixels of a level.
 */

/**
 * What comes after the time up to which the strip is drawn.
 *
 * @param {Pen} pen
 * @param {Strip} strip
 * @param {Content} content The whole run.
 * @param {Axes} axes
 * @param {number} endPixel Where the run ends.
 */
export function drawFuture(pen, strip, content, axes, endPixel) {
  const { spec, y, bottom } = strip;
  const from = Math.max(LEFT, axes.drawnToPixel);
  const region = { x: from, y, w: Math.max(0, endPixel - from), h: bottom + 2 - y };
  const measured = content.lines.filter(({ name }) => name !== spec.ceiling);
  pen.inside(region, () => {
    for (const { name, steps } of measured) {
      const along = alongLine(steps, { ...axes, y: heightsOf(strip, axes) });
      const style = styleOf(name, spec, content);
      pen.shape(along, { ...style, name: colourOf(name), line: FUTURE });
    }
    content.marks.forEach((marks, row) => {
      for (const { begin, end } of marks.groups) {
        drawMark(pen, marks.name, markRow(y, row), axes.x(begin), axes.x(end), FUTURE);
      }
    });
  });
}

/**
 * @param {Strip} strip
 * @param {Axes} axes
 * @returns {(level: number) => number} The pixels of a level.
 */
function heightsOf({ top, bottom }, { highest }) {
  return (level) => bottom - ((bottom - top) * level) / highest;
}

/**
 * @param {Pen} pen
 * @param {Strip} strip
 * @param {Content} content
 * @param {Axes} axes
 */
export function drawStrip(pen, strip, content, axes) {
  const { y, top, bottom } = strip;
  const up = heightsOf(strip, axes);
  drawTitle(pen, y - 6, axes);
  drawNumbers(pen, bottom - top, axes, up);
  drawLines(pen, strip, content, { ...axes, y: up });
  for (const { words, line, y } of namesBeside(strip, content, up)) {
    pen.text(words, axes.rightPixel + 6, y, { name: colourOf(line), bold: true });
  }
  content.marks.forEach((marks, row) => drawMarks(pen, marks, markRow(y, row), axes));
}

/**
 * Ceilings go from end to end, also where nothing has been measured yet.
 *
 * @param {Pen} pen
 * @param {Strip} strip
 * @param {Content} content
 * @param {Axes & Heights} axes
 */
function drawLines(pen, { spec, y, bottom }, content, axes) {
  const { lines } = content;
  const measured = lines.filter(({ name }) => name !== spec.ceiling);
  const ceilings = lines.filter(({ name }) => name === spec.ceiling);
  const drawn = Math.max(0, axes.drawnToPixel + USUAL.wide / 2 - LEFT);
  const region = { x: LEFT, y, w: axes.rightPixel - LEFT, h: bottom + 2 - y };
  pen.inside(region, () => {
    for (const { steps } of ceilings) drawCeiling(pen, steps, axes);
  });
  pen.inside({ ...region, w: drawn }, () => {
    for (const { name, steps } of measured) {
      const along = alongLine(steps, axes);
      pen.shape(along, { name: colourOf(name), ...styleOf(name, spec, content) });
    }
  });
}

/**
 * The client's line is dotted where there are others.
 *
 * @param {string} name
 * @param {StripSpec} spec
 * @param {Content} content
 */
function styleOf(name, spec, { lines }) {
  return name === "client" && hasSeveralLines(spec, lines) ? DOTTED : USUAL;
}

/**
 * @param {Pen} pen
 * @param {number} y
 * @param {Axes} axes
 */
function drawTitle(pen, y, { title, magnification, rightPixel }) {
  const reach = pen.text(title, LEFT, y, { bold: true });
  const enlarged = magnification > 1;
  if (!enlarged) return;
  const narrow = reach + ENLARGED_PIXELS > rightPixel + RIGHT;
  const words = narrow ? `${magnification} ×` : `enlarged ${magnification} times`;
  pen.text(words, reach + 12, y);
}

/**
 * @param {Pen} pen
 * @param {number} pixels
 * @param {Axes} axes
 * @param {(level: number) => number} up
 */
function drawNumbers(pen, pixels, { highest, rightPixel }, up) {
  for (const number of axisNumbers(highest, pixels)) {
    pen.bar("ink", LEFT, up(number), rightPixel - LEFT, 1, GRID);
    pen.text(short(number), LEFT - 8, up(number) + 5, { align: "right" });
  }
}

/**
 * @param {Pen} pen
 * @param {Step[]} steps
 * @param {Axes & Heights} axes
 */
function drawCeiling(pen, steps, axes) {
  if (steps.length) pen.shape(alongLine(steps, axes), CEILING);
}

/**
 * @param {Step[]} steps
 * @param {Axes & Heights} axes
 * @returns {(context: CanvasRenderingContext2D) => void}
 */
const alongLine = (steps, axes) => (context) =>
  trace(context, steps, axes.untilTime, axes);

/**
 * @param {Pen} pen
 * @param {Marks} marks
 * @param {number} y
 * @param {Axes} axes
 */
function drawMarks(pen, marks, y, { x, rightPixel, drawnToPixel }) {
  const name = colourOf(marks.name);
  const begun = marks.groups.filter(({ begin }) => x(begin) <= drawnToPixel);
  for (const placed of withNumbers(begun, x, rightPixel)) {
    for (const { begin, end } of placed.groups) {
      const right = Math.min(x(end), drawnToPixel);
      drawMark(pen, marks.name, y, x(begin), right);
    }
    const align = placed.late ? "right" : "left";
    pen.text(placed.count, placed.numberPixel, y + 10, { name, bold: true, align });
  }
}

/**
 * @param {Pen} pen
 * @param {string} line
 * @param {number} y
 * @param {number} left
 * @param {number} right
 * @param {number} [alpha]
 */
function drawMark(pen, line, y, left, right, alpha = 1) {
  const w = right - left + 3;
  pen.bar(colourOf(line), left - 1, y, w, MARK_ROW_PIXELS - 5, alpha);
}
