// Tiles with the numbers of a run, and a bar with how its requests ended.

import { div } from "./dom.js";
import { levelAt, policyAt } from "./run.js";
import { lastPeriod, withCommas } from "./words.js";

/**
 * @import { Outcome } from "./outcomes.js"
 * @import { Counts, OutcomeCounts, Run } from "./run.js"
 *
 * @typedef {object} TileNumbers
 * @property {number} inFlight
 * @property {number | null} waiting Null where no queue is observed.
 * @property {number} accepted
 * @property {number} refused
 * @property {number} failed
 * @property {number} rate How many were sent in the last period.
 * @property {number} period In seconds.
 */

/** @type {{ key: Exclude<keyof TileNumbers, "period">, name: string, label: string }[]} */
const TILES = [
  { key: "inFlight", name: "in_flight", label: "in flight" },
  { key: "waiting", name: "waiting", label: "waiting" },
  { key: "accepted", name: "accepted", label: "answered" },
  { key: "refused", name: "refused", label: "refused" },
  { key: "failed", name: "failed", label: "failed" },
  { key: "rate", name: "rate", label: "in the last second" },
];

/** What stands in place of a number that nobody knows. */
const UNKNOWN = "–";

/** @type {Outcome[]} */
export const OUTCOMES = ["accepted", "refused", "failed", "cancelled"];

/** Tiles that raise the alarm as soon as their number is not 0. */
const ALARMING = ["refused", "failed"];

/**
 * @param {HTMLElement} root
 * @returns {(run: Run, time: number, counts: Counts) => void} A function that shows the
 *   numbers of a run at a time.
 */
export function addTiles(root) {
  const head = div("ifl-tiles", root);
  const bar = div("ifl-progress", root);
  const tiles = TILES.map(({ key, name, label }) => {
    const tile = div(`ifl-tile ifl-${name}`, head);
    const number = div("ifl-number", tile);
    return { key, tile, number, label: div("ifl-label", tile, label) };
  });
  const parts = OUTCOMES.map((outcome) => ({
    outcome,
    part: div(`ifl-part ifl-${outcome}`, bar),
  }));
  return function show(run, time, counts) {
    const numbers = numbersAt(run, time, counts);
    for (const { key, tile, number, label } of tiles) {
      const value = numbers[key];
      number.textContent = value === null ? UNKNOWN : withCommas(value);
      const alarming = ALARMING.includes(key) && Number(value) > 0;
      tile.classList.toggle("ifl-alarm", alarming);
      if (key === "rate") label.textContent = `in ${lastPeriod(numbers.period)}`;
    }
    const ends = endsOf(counts);
    for (const { outcome, part } of parts) {
      part.style.width = `${percentOf(ends, outcome)}%`;
    }
  };
}

/**
 * What the tiles show at a time.
 *
 * @param {Run} run
 * @param {number} time
 * @param {Counts} counts The counts at that time.
 * @returns {TileNumbers}
 */
export function numbersAt(run, time, counts) {
  return {
    inFlight: counts.inFlight,
    waiting: run.levels.waiting.length ? counts.waiting : null,
    accepted: counts.accepted,
    refused: counts.refused,
    failed: counts.failed,
    rate: levelAt(run.levels.rate, time) ?? 0,
    period: policyAt(run, time)?.period ?? 1,
  };
}

/**
 * How the requests ended.  A refusal or a failure is no end if its request was sent again: so
 * many were as there are more than the client said it would send.
 *
 * @param {Counts} counts Of all that was sent.
 * @returns {OutcomeCounts & { started: number }}
 */
export function endsOf(counts) {
  const { started, announced, accepted, refused, failed, cancelled } = counts;
  const sentAgain = announced ? Math.max(0, started - announced) : 0;
  const refusedFirst = Math.min(refused, sentAgain);
  const failedFirst = Math.min(failed, sentAgain - refusedFirst);
  return {
    started: started - refusedFirst - failedFirst,
    accepted,
    refused: refused - refusedFirst,
    failed: failed - failedFirst,
    cancelled,
  };
}

/**
 * @param {OutcomeCounts & { started: number }} counts
 * @param {Outcome} outcome
 */
export function percentOf(counts, outcome) {
  return (100 * counts[outcome]) / (counts.started || 1);
}
