// The strip: how one number changed during the run, the line that it should keep to,
// how the run before went, and a mark for each refusal.  One drags on it to look back.

import { clamp, seenAt, seenLevel } from "./motion.js";
import { inWords, spanInWords } from "./quota.js";
import { sentLatelyAt } from "./run.js";

/**
 * @import { Pen } from "./pen.js"
 * @import { Run, Setting } from "./run.js"
 *
 * @typedef {keyof typeof LEVELS} What
 *
 * @typedef {object} Label
 * @property {string} text
 * @property {number} y How far down, in pixels.
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

/** How high a mark is, and how many pixels stay free above the highest level. */
const MARK = 8;

/** A mark grows with the number of refusals so close before it, in pixels. */
const CLOSE = 6;

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
 * @returns {Label} What to write beside it: at its line or, where there is none, at the
 *   highest level.
 */
export function drawStrip(pen, run, shown) {
  const { time, span, what, beside, before, until = Infinity } = shown;
  const hasBegun = time >= 0;
  const scale = pen.width / span;
  const end = hasBegun ? Math.min(run.now, until) : 0;
  const levels = levelsOf(run, what, end, scale);
  const earlier = before ? levelsOf(before, what, before.now, scale) : [];
  const others = hasBegun || before
    ? beside.filter((each) => each !== run && each !== before)
      .flatMap((each) => levelsOf(each, what, each.now, scale))
    : [];
  const lines = beside.map((each) => lineAt(each, what, clamp(time, 0, each.now)) ?? 0);
  const line = lineAt(run, what, clamp(time, 0, end));
  const highest = Math.max(0, ...levels);
  const most = Math.max(4, highest, ...lines, ...earlier, ...others) * 1.15;
  const y = (/** @type {number} */ level) =>
    pen.height - 1 - level / most * (pen.height - MARK - 4);
  pen.clear();
  drawArea(pen, levels, y);
  drawBefore(pen, earlier, y);
  const scaled = { what, scale, until: hasBegun ? until : -Infinity };
  drawLimits(pen, run, scaled, y);
  drawMarks(pen, run, scaled, y);
  drawTime(pen, clamp(time, 0, end) * scale);
  const peak = highest ? `peak ${inWords(highest)}` : "";
  const text = line === null ? peak : LEVELS[what].words(inWords(line));
  return { text, y: Math.round(y(line ?? highest)) };
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
  const line = new Path2D();
  levels.forEach((level, x) => line.lineTo(x, y(level)));
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
  const line = new Path2D();
  levels.forEach((level, x) => line.lineTo(x, y(level)));
  context.strokeStyle = colours.waiting;
  context.lineWidth = 1.25;
  context.stroke(line);
}

/**
 * @param {Pen} pen
 * @param {Run} run
 * @param {{ what: What, scale: number, until: number }} scaled
 * @param {(level: number) => number} y
 */
function drawLimits({ context, colours, width }, run, { what, scale }, y) {
  const { list } = run.settings;
  context.strokeStyle = colours.waiting;
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

/** @type {typeof drawLimits} */
function drawMarks({ context, colours }, { turned, ends }, { scale, until }, y) {
  context.fillStyle = colours.failed;
  for (const time of ends.failed.between(-Infinity, until)) {
    context.fillRect(time * scale - 0.75, MARK / 2, 1.5, MARK / 2);
  }
  context.fillStyle = colours.refused;
  for (const time of turned.between(-Infinity, until)) {
    const count = turned.within(time - CLOSE / scale, time);
    const height = MARK + y(1) - y(count);
    context.fillRect(time * scale - 0.75, 0, clamp(count / 2, 1.5, 4), height);
  }
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
