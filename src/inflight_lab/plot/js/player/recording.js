// Reads a recording, as `inflight_lab/runs/recording.py` writes it, and refuses a damaged one.

import { Run } from "../run.js";

/** The only format that is read. */
const FORMAT = "inflight-lab recording 4";

const LEVELS = ["times", "lowest", "highest", "last"];
const EVENTS = ["times", "what", "requests", "details", "quota"];

/**
 * @import { Columns } from "../columns.js"
 *
 * @typedef {object} NamedRun
 * @property {string} name
 * @property {Columns} columns
 */

/**
 * @param {string} text JSON.
 * @returns {NamedRun[]} Side by side.
 */
export function parseRecording(text) {
  const { format, runs } = parsed(text);
  if (format !== FORMAT) throw wrong("format", `"${FORMAT}"`);
  if (!isObject(runs) || !Object.keys(runs).length) throw wrong("runs", "runs by name");
  return Object.entries(runs).map(([name, columns]) => {
    check(`runs.${name}`, columns);
    return { name, columns };
  });
}

/**
 * @param {string} text
 * @returns {{ [field: string]: unknown }}
 */
function parsed(text) {
  let filed;
  try {
    filed = JSON.parse(text);
  } catch (error) {
    throw new Error(`it is not JSON (${/** @type {Error} */ (error).message})`);
  }
  return isObject(filed) ? filed : {};
}

/**
 * Raise an error that names what is wrong, unless the columns of a run can be drawn.
 *
 * @param {string} name
 * @param {any} run
 */
function check(name, run) {
  if (!isObject(run)) throw wrong(name, "an object");
  checkNumber(`${name}.now`, run.now);
  checkNumber(`${name}.window_offset`, run.window_offset ?? run.phase);
  for (const field of ["counts", "dropped", "levels"]) {
    if (!isObject(run[field])) throw wrong(`${name}.${field}`, "an object");
  }
  if (!Array.isArray(run.policies)) throw wrong(`${name}.policies`, "a list");
  if (!Array.isArray(run.latencies ?? [])) throw wrong(`${name}.latencies`, "a list");
  checkColumns(`${name}.events`, run.events, EVENTS);
  for (const [line, columns] of Object.entries(run.levels)) {
    checkColumns(`${name}.levels.${line}`, columns, LEVELS);
  }
  if (run.live || run.now === 0) throw wrong(name, "a run that is over");
  new Run(/** @type {Columns} */ (run)); // all that is drawn is made from it
}

/**
 * Every column has an entry for each time, and no time is before the one above it.
 *
 * @param {string} name
 * @param {any} columns
 * @param {string[]} names
 */
function checkColumns(name, columns, names) {
  for (const each of names) {
    if (!Array.isArray(columns?.[each])) throw wrong(`${name}.${each}`, "a list");
    if (columns[each].length !== columns.times.length) {
      throw wrong(`${name}.${each}`, `a list of ${columns.times.length}`);
    }
  }
  columns.times.forEach((/** @type {unknown} */ time, /** @type {number} */ i) => {
    checkNumber(`${name}.times`, time);
    const isLate = i === 0 || columns.times[i - 1] <= columns.times[i];
    if (!isLate) throw wrong(`${name}.times`, "in the order of time");
  });
}

/**
 * @param {string} name
 * @param {unknown} value
 */
function checkNumber(name, value) {
  if (!Number.isFinite(value)) throw wrong(name, "a number");
}

/**
 * @param {unknown} value
 * @returns {value is { [field: string]: any }}
 */
function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * @param {string} name
 * @param {string} allowed
 */
function wrong(name, allowed) {
  return new Error(`${name} must be ${allowed}`);
}
