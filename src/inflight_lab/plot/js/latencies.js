// The latencies of a run that are worth a mark, and the words.

import { plainSeconds, rounded, withCommas } from "./words.js";

/** Seconds.  A latency that stood for less is one that a slider went across. */
const BRIEF = 0.25;

/**
 * @import { LatencyChange } from "./run.js"
 */

/**
 * The latencies that stood for a while, and the last; none twice in a row.  The first stands
 * from the beginning: one that is set at once is no change.
 *
 * @param {LatencyChange[]} latencies
 */
export function lastingChanges(latencies) {
  /** @type {LatencyChange[]} */
  const lasting = [];
  latencies.forEach(({ time, latency }, i) => {
    const end = latencies[i + 1]?.time ?? Infinity;
    const isBrief = end - time < BRIEF;
    const isSame = lasting.at(-1)?.latency === latency;
    if (isBrief || isSame) return;
    lasting.push({ time: lasting.length ? time : latencies[0].time, latency });
  });
  return lasting;
}

/**
 * A latency as it was set: "0.03 s".
 *
 * @param {number} latency
 */
export const latencyInWords = (latency) => `${withCommas(rounded(latency, 3))} s`;

/**
 * How the latency changed, in a sentence; "" if it did not.
 *
 * @param {LatencyChange[]} latencies
 */
export function latenciesInWords(latencies) {
  const [first, ...later] = lastingChanges(latencies);
  if (!later.length) return "";
  const parts = later.map(({ time, latency }) => {
    return `${latencyInWords(latency)} from ${plainSeconds(time)} on`;
  });
  return `${[`Latency ${latencyInWords(first.latency)}`, ...parts].join(", ")}.`;
}
