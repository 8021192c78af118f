// Tiles with the numbers of a run, and a bar with the outcomes of its requests.

import { div } from "./dom.js";

/**
 * @import { Outcome } from "./outcomes.js"
 * @import { Counts } from "./run.js"
 * @typedef {Counts & { rate: number }} Numbers
 */

/** @type {{ key: keyof Numbers, name: string, label: string }[]} */
const TILES = [
  { key: "inFlight", name: "in_flight", label: "in flight" },
  { key: "waiting", name: "waiting", label: "waiting" },
  { key: "accepted", name: "accepted", label: "accepted" },
  { key: "refused", name: "refused", label: "refused" },
  { key: "failed", name: "failed", label: "failed" },
  { key: "rate", name: "rate", label: "last period" },
];

/** @type {Outcome[]} */
export const OUTCOMES = ["accepted", "refused", "failed", "cancelled"];

/** Tiles that raise the alarm as soon as their number is not 0. */
const ALARMING = ["refused", "failed"];

/**
 * @param {HTMLElement} root
 * @returns {(numbers: Numbers) => void} A function that shows new numbers.
 */
export function addTiles(root) {
  const head = div("ifl-tiles", root);
  const bar = div("ifl-progress", root);
  const tiles = TILES.map(({ key, name, label }) => {
    const tile = div(`ifl-tile ifl-${name}`, head);
    const number = div("ifl-number", tile);
    div("ifl-label", tile, label);
    return { key, tile, number };
  });
  const parts = OUTCOMES.map((outcome) => ({
    outcome,
    part: div(`ifl-part ifl-${outcome}`, bar),
  }));
  return function show(numbers) {
    for (const { key, tile, number } of tiles) {
      number.textContent = `${numbers[key]}`;
      const alarming = ALARMING.includes(key) && numbers[key] > 0;
      tile.classList.toggle("ifl-alarm", alarming);
    }
    for (const { outcome, part } of parts) {
      part.style.width = `${percentOf(numbers, outcome)}%`;
    }
  };
}

/**
 * @param {Counts} counts
 * @param {Outcome} outcome
 */
export function percentOf(counts, outcome) {
  return (100 * counts[outcome]) / (counts.started || 1);
}
