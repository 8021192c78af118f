// The phases of a view: before a run, in it, after it, and while it is played again.

/**
 * @import { Run } from "./run.js"
 * @typedef {"ready" | "running" | "frozen" | "playing"} Phase Ready: what will be sent.
 *   Running: what happens now.  Frozen: one moment of what happened.  Playing: all of it.
 */

/**
 * @param {Run} run
 * @param {{ settling: boolean, played: boolean }} page Whether dots are still on their way
 *   after the end of the run, and whether it is played again.
 * @returns {Phase}
 */
export function phaseOf({ live, now }, { settling, played }) {
  if (live || settling) return "running";
  if (now === 0) return "ready";
  return played ? "playing" : "frozen";
}
