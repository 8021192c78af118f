// What a strip shows of a run, up to a time.

import { BIN } from "../run.js";
import { grouped, highestOf, meanLevels, whereApart } from "./levels.js";
import { columnFor } from "./time_axis.js";

/** What a height axis reaches at the least. */
const LEAST = 4;

/**
 * @import { Line, Run } from "../run.js"
 * @import { Group, Step } from "./levels.js"
 * @import { About, Ceiling } from "./strips.js"
 * @import { Stretch } from "./time_axis.js"
 *
 * @typedef {object} Drawn A line, or a ceiling.
 * @property {Line | Ceiling} name
 * @property {Step[]} steps
 *
 * @typedef {object} Marks A row of marks.
 * @property {Line} name
 * @property {boolean} any Whether there has been one, also a long time ago.
 * @property {Group[]} groups
 *
 * @typedef {object} Content
 * @property {Drawn[]} lines
 * @property {Marks[]} marks
 */

/**
 * @param {Run} run
 * @param {About} about
 * @param {Stretch} stretch
 * @param {number} until
 * @returns {Content}
 */
export function contentOf(run, about, stretch, until) {
  const { from } = stretch;
  const columns = { from, until: until + BIN, width: columnFor(stretch.span) };
  /** @param {Line} name */
  const lineOf = (name) => ({ name, steps: meanLevels(run.levels[name], columns) });
  const lines = about.lines.map(lineOf);
  const ceilings = ceilingOf(run, about.ceiling, until);
  const marks = about.marks.map((name) => marksOf(run, name, { from, until }));
  return { lines: [...ceilings, ...withoutDoubles(lines)], marks };
}

/**
 * What the height axis of a strip has to reach, for all that it has shown up to a time.
 *
 * @param {Run} run
 * @param {About} about
 * @param {number} until
 */
export function needOf(run, about, until) {
  let need = LEAST;
  for (const { steps } of ceilingOf(run, about.ceiling, until)) {
    need = Math.max(need, highestOf(steps));
  }
  for (const name of about.lines) {
    for (const { time, last } of run.levels[name]) {
      if (time <= until) need = Math.max(need, last);
    }
  }
  return need;
}

/**
 * @param {Run} run
 * @param {Ceiling | null} name
 * @param {number} until
 * @returns {Drawn[]}
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
 * The client's line is drawn only where it differs from the server's.
 *
 * @param {Drawn[]} lines
 * @returns {Drawn[]}
 */
function withoutDoubles(lines) {
  const server = lines.find(({ name }) => name === "server");
  if (!server?.steps.length) return lines;
  return lines.map((line) => {
    if (line.name !== "client") return line;
    return { name: line.name, steps: whereApart(line.steps, server.steps) };
  });
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
  return { name, any, groups: grouped(points, span) };
}
