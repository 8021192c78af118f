// The content of a strip: what it shows of a run, up to a time.

import { BIN } from "../run.js";
import {
  highestOf,
  inGroups,
  longestLevels,
  peakLevels,
  whereApart,
} from "./levels.js";
import { columnFor } from "./time_axis.js";

/**
 * Client and server are nearly always the same if their lines are apart for less than this in
 * all, or for less than this share of the time that is shown.
 */
const SAME_SECONDS = 0.3;
const SAME_SHARE = 0.05;

/** The level that every height axis reaches, at least. */
const LOWEST_AXIS_MAXIMUM = 4;

/**
 * @import { Line, Point, Run } from "../run.js"
 * @import { Group, Step } from "./levels.js"
 * @import { StripSpec, Ceiling } from "./strips.js"
 * @import { TimeRange } from "./time_axis.js"
 *
 * @typedef {object} DrawnLine A measured line or a ceiling.
 * @property {Line | Ceiling} name
 * @property {Step[]} steps
 *
 * @typedef {object} Marks A row of marks.
 * @property {Line} name
 * @property {boolean} any Whether there has been one, however long ago.
 * @property {Group[]} groups
 *
 * @typedef {object} Content
 * @property {DrawnLine[]} lines
 * @property {Marks[]} marks
 */

/**
 * @param {Run} run
 * @param {StripSpec} spec
 * @param {TimeRange} range
 * @param {number} until
 * @param {number} [mostColumns] For how many there is room.
 * @returns {Content}
 */
export function contentOf(run, spec, range, until, mostColumns) {
  const { from } = range;
  const width = columnFor(range.seconds, mostColumns);
  const columns = { from, until: until + BIN, width };
  /** @param {Line} name */
  const lineOf = (name) => ({ name, steps: stepsOf(run, spec, name, columns) });
  const lines = spec.lines.map(lineOf);
  const ceilings = ceilingOf(run, spec.ceiling, until);
  const marks = spec.marks.map((name) => marksOf(run, name, { from, until }));
  const distinct = withoutDoubles(lines, columns.width, range.seconds);
  return { lines: [...ceilings, ...distinct], marks };
}

/**
 * @param {Run} run
 * @param {StripSpec} spec
 * @param {Line} name
 * @param {{ from: number, until: number, width: number }} columns
 */
function stepsOf(run, spec, name, columns) {
  const points = run.levels[name];
  const steps = spec.peaks
    ? peakLevels(points, columns)
    : longestLevels(points, columns);
  const isOver = !run.live && columns.until > run.now;
  return isOver ? endedWith(points, steps, run.now) : steps;
}

/**
 * Steps that end with the last level: a column's longest one is not what the numbers say at
 * the end.
 *
 * @param {Point[]} points
 * @param {Step[]} steps
 * @param {number} time
 */
function endedWith(points, steps, time) {
  if (!steps.length) return steps;
  const earlier = steps.filter((step) => step.time < time);
  return [...earlier, { time, level: points[points.length - 1].last }];
}

/**
 * The highest level that a strip has shown up to a time: its height axis has to reach it.
 *
 * @param {Run} run
 * @param {StripSpec} spec
 * @param {number} until
 */
export function axisMaximumOf(run, spec, until) {
  let maximum = LOWEST_AXIS_MAXIMUM;
  for (const { steps } of ceilingOf(run, spec.ceiling, until)) {
    maximum = Math.max(maximum, highestOf(steps));
  }
  for (const name of spec.lines) {
    for (const { time, highest, last } of run.levels[name]) {
      if (time > until) break;
      maximum = Math.max(maximum, spec.peaks ? highest : last);
    }
  }
  return maximum;
}

/**
 * @param {Run} run
 * @param {Ceiling | null} name
 * @param {number} until
 * @returns {DrawnLine[]}
 */
function ceilingOf(run, name, until) {
  if (!name) return [];
  const steps = ceilingSteps(run, name).filter(({ time }) => time <= until);
  return [{ name, steps }];
}

/**
 * @param {Run} run
 * @param {Ceiling} name
 * @returns {Step[]}
 */
function ceilingSteps({ levels, policies }, name) {
  if (name === "limit") {
    return levels.limit.map(({ time, last }) => ({ time, level: last }));
  }
  return policies.map(({ time, policy }) => {
    if (!policy) return { time, level: null };
    const level = name === "quota" ? policy.rate : policy.tokens || null;
    return { time, level };
  });
}

/**
 * The client's line is drawn only where it differs from the server's, and not at all if they
 * are nearly always the same: then one line shows what is in flight.
 *
 * @param {DrawnLine[]} lines
 * @param {number} width Of a column, in seconds.
 * @param {number} span Of the time axis, in seconds.
 * @returns {DrawnLine[]}
 */
function withoutDoubles(lines, width, span) {
  const server = lines.find(({ name }) => name === "server");
  const client = lines.find(({ name }) => name === "client");
  if (!client || !server?.steps.length) return lines;
  const steps = whereApart(client.steps, server.steps);
  const apart = steps.filter(({ level }) => level !== null).length * width;
  const isSame = apart <= Math.max(SAME_SECONDS, SAME_SHARE * span);
  const distinct = isSame ? [] : [{ ...client, steps }];
  return [...distinct, ...lines.filter((line) => line !== client)];
}

/**
 * @param {Run} run
 * @param {Line} name
 * @param {{ from: number, until: number }} span
 * @returns {Marks}
 */
function marksOf(run, name, span) {
  const points = run.levels[name];
  const any = points.length > 0 && points[0].time <= span.until;
  return { name, any, groups: inGroups(points, span) };
}
