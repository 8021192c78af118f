// The strip: how one number changed during the run, the line that it should keep to,
// how the run before went, and how many were refused when.  One drags on it to look
// back.

import { clamp, seenAt, seenLevel } from "./motion.js";
import { inWords, spanInWords } from "./quota.js";
import { sentLatelyAt } from "./run.js";

/**
 * @import { Pen } from "./pen.js"
 * @import { Run, Setting } from "./run.js"
 *
 * @typedef {keyof typeof LEVELS} What
 *
 * @typedef {object} Label What stands beside it; an empty text for none.
 * @property {string} text
 * @property {number} y How far down its middle is, in pixels.
 *
 * @typedef {object} Mark Refusals that are drawn as one.
 * @property {number} left
 * @property {number} width
 * @property {number} count
 *
 * @typedef {object} Shown
 * @property {number} time
 * @property {number} span How many seconds there are from left to right.
 * @property {What} what
 * @property {Run[]} beside All that have one scale with it, those before included.
 * @property {Run} [before] The run before.
 * @property {number} [until] What is later is not drawn yet.
 *
 * @typedef {object} StripLevel A number that the strip can show.
 * @property {(run: Run) => (time: number) => number} of What is drawn, at any time.
 * @property {(run: Run, time: number) => number} number What its button counts ...
 * @property {(setting: Setting) => string} unit ... and what stands after that.
 * @property {(setting: Setting) => number | null} line What it should keep to.
 * @property {(line: string) => string} words What stands at that line.
 */

/**
 * In the order of their buttons.
 *
 * @satisfies {Record<string, StripLevel>}
 */
export const LEVELS = {
  "in flight": {
    of: seenLevel,
    number: (run, time) => seenAt(run, time).inFlight,
    unit: () => "in flight",
    line: ({ limit }) => limit,
    words: (line) => `limit ${line}`,
  },
  rate: {
    of: (run) => (time) => sentLatelyAt(run, time),
    number: sentLatelyAt,
    unit: ({ quota }) => `sent in ${spanInWords(quota?.period ?? 1)}`,
    line: ({ quota }) => quota && quota.shape !== "spacing" ? quota.rate : null,
    words: (line) => `${line} allowed`,
  },
};

/** A shorter run does not fill it, in seconds. */
const SHORTEST = 3;

/** Its top is at least so high, and so many times the highest level. */
const LOWEST_TOP = 4;
const MARGIN = 1.05;

/** The band on top has the marks: so much higher than a letter, in pixels. */
const ROOM = 2;

/** How wide a mark is for one refusal, in pixels; a digit, in heights of a letter. */
const TICK = 3;
const DIGIT = 0.6;

/** Marks that are closer to each other are one, in pixels. */
const CLOSE = 3;

/** Labels are so far from each other, from middle to middle, in heights of a letter. */
const LINE = 1.1;

/** The handle's radius, in pixels. */
const HANDLE = 5;

/**
 * How many seconds a strip shows, from its left to its right.
 *
 * @param {Run[]} runs All that are in it.
 */
export function spanOf(runs) {
  return Math.max(SHORTEST, ...runs.map((each) => each.now));
}

/**
 * Before its start, a run that was recorded does not give away how it ends.
 *
 * @param {Pen} pen
 * @param {Run} run
 * @param {Shown} shown
 * @returns {{ marks: Label, line: Label, before: Label }} What to write beside it: at
 *   the marks, at its line or, where there is none, at the highest level, and at the
 *   highest level of the run before.
 */
export function drawStrip(pen, run, shown) {
  const { time, span, what, before, until = Infinity } = shown;
  const hasBegun = time >= 0;
  const scale = pen.width / span;
  const end = hasBegun ? Math.min(run.now, until) : 0;
  const levels = levelsOf(run, what, end, scale);
  const earlier = before ? levelsOf(before, what, before.now, scale) : [];
  const highest = Math.max(0, ...levels);
  const was = Math.max(0, ...earlier);
  const top = Math.max(LOWEST_TOP, highest, was, highestBeside(run, shown, scale));
  const room = pen.height - bandOf(pen) - 2;
  const y = (/** @type {number} */ level) =>
    pen.height - 1 - level / (MARGIN * top) * room;
  pen.clear();
  drawArea(pen, levels, y);
  drawBefore(pen, earlier, y);
  drawLimits(pen, run, { what, scale }, y);
  drawTime(pen, clamp(time, 0, end) * scale);
  const hasMarks = drawMarks(pen, run, scale, hasBegun ? until : -Infinity);
  const line = lineAt(run, what, clamp(time, 0, end));
  const peak = highest ? `peak ${inWords(highest)}` : "";
  const text = line === null ? peak : LEVELS[what].words(inWords(line));
  return spread({
    marks: { text: hasMarks ? "refused" : "", y: bandOf(pen) / 2 },
    line: { text, y: y(line ?? highest) },
    before: { text: before ? `before: ${inWords(was)}` : "", y: y(was) },
  }, pen);
}

/** How high the marks are. @param {Pen} pen */
function bandOf({ fontSize }) {
  return fontSize + ROOM;
}

/**
 * The highest of all lines, and of the runs on other strips once it has begun: they
 * have one scale.
 *
 * @param {Run} run
 * @param {Shown} shown
 * @param {number} scale
 */
function highestBeside(run, { time, what, beside, before }, scale) {
  const lines = beside.map((each) => lineAt(each, what, clamp(time, 0, each.now)) ?? 0);
  const others = beside.filter((each) => each !== run && each !== before);
  const isShown = time >= 0 || before;
  const levels = isShown
    ? others.flatMap((each) => levelsOf(each, what, each.now, scale))
    : [];
  return Math.max(0, ...lines, ...levels);
}

/**
 * None stands over another, and each as near to its place as that allows.
 *
 * @template {Record<string, Label>} Labels
 * @param {Labels} labels
 * @param {Pen} pen
 */
function spread(labels, { height, fontSize }) {
  const line = LINE * fontSize;
  const shown = Object.values(labels).filter(({ text }) => text);
  shown.sort((one, other) => one.y - other.y);
  let highest = line / 2;
  for (const each of shown) {
    each.y = Math.max(each.y, highest);
    highest = each.y + line;
  }
  let lowest = height - line / 2;
  for (const each of shown.toReversed()) {
    each.y = Math.min(each.y, lowest);
    lowest = each.y - line;
  }
  return labels;
}

/**
 * The highest level within each pixel.
 *
 * @param {Run} run
 * @param {What} what
 * @param {number} until
 * @param {number} scale Pixels in a second.
 */
function levelsOf(run, what, until, scale) {
  const level = LEVELS[what].of(run);
  const count = Math.floor(until * scale);
  return Array.from({ length: count }, (_, x) => level((x + 1) / scale));
}

/** @param {Run} run @param {What} what @param {number} time @returns {number | null} */
function lineAt(run, what, time) {
  return LEVELS[what].line(run.settingAt(time));
}

/** @param {Pen} pen @param {number[]} levels @param {(level: number) => number} y */
function drawArea({ context, colours }, levels, y) {
  const line = lineOf(levels, y);
  const area = new Path2D(line);
  area.lineTo(levels.length - 1, y(0));
  area.lineTo(0, y(0));
  context.fillStyle = colours.taken;
  if (levels.length) context.fill(area);
  context.strokeStyle = colours.out;
  context.lineWidth = 2;
  context.stroke(line);
}

/** @param {Pen} pen @param {number[]} levels @param {(level: number) => number} y */
function drawBefore({ context, colours }, levels, y) {
  context.strokeStyle = colours.waiting;
  context.lineWidth = 1.75;
  context.stroke(lineOf(levels, y));
}

/** @param {number[]} levels @param {(level: number) => number} y */
function lineOf(levels, y) {
  const line = new Path2D();
  levels.forEach((level, x) => line.lineTo(x, y(level)));
  return line;
}

/**
 * @param {Pen} pen
 * @param {Run} run
 * @param {{ what: What, scale: number }} scaled
 * @param {(level: number) => number} y
 */
function drawLimits({ context, colours, width }, run, { what, scale }, y) {
  const { list } = run.settings;
  context.strokeStyle = colours.counted;
  context.lineWidth = 1.5;
  context.setLineDash([6, 5]);
  context.beginPath();
  list.forEach(({ time }, index) => {
    const level = lineAt(run, what, time);
    const next = list[index + 1]?.time ?? Infinity;
    if (level === null) return;
    context.moveTo(time * scale, y(level));
    context.lineTo(Math.min(next * scale, width), y(level));
  });
  context.stroke();
  context.setLineDash([]);
}

/**
 * When requests were refused, and how many; when some failed.
 *
 * @param {Pen} pen
 * @param {Run} run
 * @param {number} scale
 * @param {number} until
 * @returns {boolean} Whether there is a refusal.
 */
function drawMarks(pen, { turned, ends }, scale, until) {
  const { context, colours, width, fontSize } = pen;
  const band = bandOf(pen);
  const refused = turned.between(-Infinity, until).map((time) => time * scale);
  context.font = `650 ${fontSize}px system-ui, sans-serif`;
  context.textAlign = "center";
  for (const mark of marksOf(refused, DIGIT * fontSize)) {
    const left = Math.min(mark.left, width - mark.width);
    context.fillStyle = colours.refused;
    context.fillRect(left, 0, mark.width, band);
    if (mark.count === 1) continue;
    context.fillStyle = colours.paper;
    context.fillText(inWords(mark.count), left + mark.width / 2, band * 0.8);
  }
  context.fillStyle = colours.failed;
  for (const time of ends.failed.between(-Infinity, until)) {
    context.fillRect(time * scale, band / 2, TICK, band / 2);
  }
  return refused.length > 0;
}

/**
 * Those that are close to each other are one mark, with room for their number.
 *
 * @param {number[]} refused Where each is, from left to right.
 * @param {number} digit How wide one is.
 */
function marksOf(refused, digit) {
  /** @type {Mark[]} */
  const marks = [];
  for (const x of refused) {
    const last = marks.at(-1);
    if (!last || x > last.left + last.width + CLOSE) {
      marks.push({ left: x, width: TICK, count: 1 });
      continue;
    }
    last.count += 1;
    const words = digit * (`${last.count}`.length + 1);
    last.width = Math.max(words, x + TICK - last.left);
  }
  return marks;
}

/** @param {Pen} pen @param {number} x */
function drawTime({ context, colours, width, height }, x) {
  const whole = clamp(x, HANDLE, width - HANDLE);
  context.fillStyle = colours.waiting;
  context.fillRect(whole - 1, 0, 2, height);
  context.beginPath();
  context.arc(whole, height - HANDLE, HANDLE, 0, 2 * Math.PI);
  context.fill();
}
