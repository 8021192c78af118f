// One strip of the plot: its axis, its lines with their names, and its marks.

import { trace } from "./levels.js";
import { namesBeside } from "./names.js";
import { axisNumbers, short } from "./scales.js";
import { MARK_ROW_PIXELS } from "./strips.js";

/** Pixels left of the strips, for the numbers of their axes, and right of them, for names. */
export const LEFT = 52;
export const RIGHT = 98;

/** How strongly the lines of the grid are drawn. */
export const GRID = 0.16;

const USUAL = { line: 1, wide: 2.5 };
const CEILING = { line: 1, wide: 1.5, dashes: [10, 6] };
const CLIENT = { line: 1, wide: 2.5, dashes: [3, 4] };

/**
 * @import { Pen } from "../pen.js"
 * @import { Content, DrawnLine, Marks } from "./content.js"
 * @import { Strip } from "./strips.js"
 *
 * @typedef {object} Axes What a strip is drawn on.
 * @property {(time: number) => number} x The pixels of a time.
 * @property {number} rightPixel The right end.
 * @property {number} drawnToPixel The strip is drawn up to here.
 * @property {number} untilTime A line that goes on is drawn up to this time.
 * @property {number} highest The level at the upper end.
 * @property {number} magnification How many times larger it is than the strips beside it.
 */

/**
 * @param {Pen} pen
 * @param {Strip} strip
 * @param {Content} content
 * @param {Axes} axes
 */
export function drawStrip(pen, strip, content, axes) {
  const { spec, y, top, bottom } = strip;
  /** @param {number} level */
  const up = (level) => bottom - ((bottom - top) * level) / axes.highest;
  drawTitle(pen, spec.name, y - 6, axes.magnification);
  drawNumbers(pen, bottom - top, axes, up);
  const seen = {
    x: LEFT,
    y,
    w: Math.max(0, axes.drawnToPixel - LEFT),
    h: bottom + 2 - y,
  };
  pen.inside(seen, () => {
    for (const line of content.lines) drawLine(pen, strip, line, { ...axes, y: up });
  });
  for (const { words, line, y } of namesBeside(spec, content.lines, up)) {
    pen.text(words, axes.rightPixel + 6, y, { name: line, bold: true });
  }
  content.marks.forEach((marks, i) =>
    drawMarks(pen, marks, y + MARK_ROW_PIXELS * i + 2, axes)
  );
}

/**
 * @param {Pen} pen
 * @param {string} name
 * @param {number} y
 * @param {number} magnification
 */
function drawTitle(pen, name, y, magnification) {
  const reach = pen.text(name, LEFT, y, { bold: true });
  if (magnification > 1) pen.text(`enlarged ${magnification} times`, reach + 12, y);
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
 * @param {Strip} strip
 * @param {DrawnLine} line
 * @param {Axes & { y: (level: number) => number }} axes
 */
function drawLine(pen, { spec, top }, { name, steps }, axes) {
  /** @param {CanvasRenderingContext2D} context */
  const along = (context) => trace(context, steps, axes.untilTime, axes);
  if (name !== spec.ceiling) {
    pen.shape(along, { name, ...(name === "client" ? CLIENT : USUAL) });
    return;
  }
  if (steps.length) {
    pen.shape((context) => {
      along(context);
      context.lineTo(axes.x(axes.untilTime), top);
      context.lineTo(axes.x(steps[0].time), top);
    }, { fill: 0.07 });
  }
  pen.shape(along, { name, ...CEILING });
}

/**
 * @param {Pen} pen
 * @param {Marks} marks
 * @param {number} y
 * @param {Axes} axes
 */
function drawMarks(pen, { name, any, groups }, y, { x, rightPixel }) {
  if (any) pen.text(name, rightPixel + 6, y + 12, { name, bold: true });
  for (const { begin, end, count } of groups) {
    const left = x(begin);
    const reach = x(end);
    pen.bar(name, left - 1, y, reach - left + 3, MARK_ROW_PIXELS - 6);
    const late = reach > rightPixel - MARK_ROW_PIXELS; // its number would cover the name
    const place = late ? left - 5 : reach + 6;
    const align = late ? "right" : "left";
    pen.text(Math.round(count), place, y + 12, { name, bold: true, align });
  }
}
