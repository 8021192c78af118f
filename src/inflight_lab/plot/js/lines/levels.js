// Turns the points of a run into what is drawn: levels over time, and marks.

import { BIN } from "../run.js";

/** Marks that are at least this far apart are separate groups. */
const GROUP_GAP_SECONDS = 0.6;

/** Levels that differ by more than this are drawn as two lines. */
const DISTINCT_REQUESTS = 0.5;

/**
 * @import { Point } from "../run.js"
 *
 * @typedef {object} Step From `time` on the level is this; null: there is no line.
 * @property {number} time
 * @property {number | null} level
 *
 * @typedef {object} Group Marks that are near to each other.
 * @property {number} begin
 * @property {number} end
 * @property {number} count
 */

/**
 * The level over time as the one that lasted longest in each column of `width` seconds: a
 * whole number of requests, which a mean would not be.  So a plateau stays flat although a
 * slot is empty for a moment, and whatever lasts as long as a column is visible.
 *
 * @param {Point[]} points
 * @param {{ from: number, until: number, width: number }} columns
 * @returns {Step[]}
 */
export function longestLevels(points, { from, until, width }) {
  const columns = new LongestLevels(from, width);
  points.forEach(({ time, last }, i) => {
    const next = points[i + 1]?.time ?? until;
    // The last level of a bin begins when the bin ends.
    columns.add(last, time + BIN, Math.min(next + BIN, until));
  });
  return columns.steps();
}

/**
 * The level over time as its highest in each column: what must stay below a quota.
 *
 * @param {Point[]} points
 * @param {{ from: number, until: number, width: number }} columns
 * @returns {Step[]}
 */
export function peakLevels(points, { from, until, width }) {
  const peaks = new Peaks(from, width);
  points.forEach(({ time, highest, last }, i) => {
    const next = points[i + 1]?.time ?? until;
    peaks.add(highest, time, Math.min(time + BIN, until));
    peaks.add(last, time + BIN, Math.min(next, until));
  });
  return peaks.steps();
}

/** Columns of time, `width` seconds each. */
class TimeColumns {
  /**
   * @param {number} from
   * @param {number} width
   */
  constructor(from, width) {
    this.first = Math.floor(from / width);
    this.width = width;
  }

  /** @param {number} i */
  timeOf(i) {
    return (this.first + i) * this.width;
  }

  /**
   * Visit the columns from `begin` to `end`, each with the seconds that lie in it.
   *
   * @param {number} begin
   * @param {number} end
   * @param {(i: number, seconds: number) => void} visit
   */
  forEach(begin, end, visit) {
    let at = Math.max(begin, this.timeOf(0));
    while (at < end) {
      const column = Math.floor(at / this.width + 1e-9);
      const next = Math.min(end, (column + 1) * this.width);
      visit(column - this.first, next - at);
      at = next > at ? next : end;
    }
  }
}

/** The level that lasted longest in each column of time; of equals the latest. */
class LongestLevels {
  /** @type {Map<number, number>[]} Seconds of each level, by column. */
  #seconds = [];

  /**
   * @param {number} from
   * @param {number} width
   */
  constructor(from, width) {
    this.columns = new TimeColumns(from, width);
  }

  /**
   * The level was this from `begin` to `end`.
   *
   * @param {number} level
   * @param {number} begin
   * @param {number} end
   */
  add(level, begin, end) {
    this.columns.forEach(begin, end, (i, seconds) => {
      this.#seconds[i] ??= new Map();
      const before = this.#seconds[i].get(level) ?? 0;
      this.#seconds[i].delete(level); // so that the latest comes last
      this.#seconds[i].set(level, before + seconds);
    });
  }

  /** @returns {Step[]} */
  steps() {
    /** @type {Step[]} */
    const steps = [];
    this.#seconds.forEach((seconds, i) => {
      steps.push({ time: this.columns.timeOf(i), level: longestOf(seconds) });
    });
    return steps;
  }
}

/** Seconds by which two durations must differ: sums of fractions are not exact. */
const HARDLY = 1e-9;

/** @param {Map<number, number>} seconds By level. */
function longestOf(seconds) {
  let longest = { level: 0, seconds: 0 };
  for (const [level, each] of seconds) {
    if (each >= longest.seconds - HARDLY) longest = { level, seconds: each };
  }
  return longest.level;
}

/** The highest level in each column of time. */
class Peaks {
  /** @type {number[]} */
  #highest = [];

  /**
   * @param {number} from
   * @param {number} width
   */
  constructor(from, width) {
    this.columns = new TimeColumns(from, width);
  }

  /**
   * The level was this from `begin` to `end`.
   *
   * @param {number} level
   * @param {number} begin
   * @param {number} end
   */
  add(level, begin, end) {
    this.columns.forEach(begin, end, (i) => {
      this.#highest[i] = Math.max(this.#highest[i] ?? 0, level);
    });
  }

  /** @returns {Step[]} */
  steps() {
    /** @type {Step[]} */
    const steps = [];
    this.#highest.forEach((level, i) => {
      steps.push({ time: this.columns.timeOf(i), level });
    });
    return steps;
  }
}

/**
 * Go along the steps of a line, up to a time.
 *
 * @param {{ moveTo(x: number, y: number): void, lineTo(x: number, y: number): void }} path
 * @param {Step[]} steps
 * @param {number} until
 * @param {{ x: (time: number) => number, y: (level: number) => number }} scale
 */
export function trace(path, steps, until, { x, y }) {
  /** @type {number | null} */
  let before = null;
  for (const { time, level } of [...steps, { time: until, level: null }]) {
    if (level === before) continue;
    if (before !== null) path.lineTo(x(time), y(before)); // up to here it was level
    const isBegin = before === null;
    if (level !== null && isBegin) path.moveTo(x(time), y(level));
    if (level !== null && !isBegin) path.lineTo(x(time), y(level)); // a step
    before = level;
  }
}

/**
 * The highest level, or -1 where nothing is drawn.
 *
 * @param {Step[]} steps
 */
export function highestOf(steps) {
  return steps.reduce((highest, { level }) => Math.max(highest, level ?? -1), -1);
}

/**
 * The client's line only where it differs from the server's.
 *
 * @param {Step[]} client
 * @param {Step[]} server
 * @returns {Step[]}
 */
export function whereApart(client, server) {
  const levels = new Map(server.map(({ time, level }) => [time, level]));
  return client.map(({ time, level }) => {
    const apart = Math.abs((level ?? 0) - (levels.get(time) ?? 0)) > DISTINCT_REQUESTS;
    return { time, level: apart ? level : null };
  });
}

/**
 * The marks within a span of time, in groups of marks that are near to each other.
 *
 * @param {Point[]} marks
 * @param {{ from: number, until: number }} span
 */
export function inGroups(marks, { from, until }) {
  /** @type {Group[]} */
  const groups = [];
  for (const { time, last: count } of marks) {
    if (time < from || time > until) continue;
    const group = groups[groups.length - 1];
    if (group && time - group.end < GROUP_GAP_SECONDS) {
      group.end = time;
      group.count += count;
    } else groups.push({ begin: time, end: time, count });
  }
  return groups;
}
