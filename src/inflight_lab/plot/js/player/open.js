// A player for recordings as they stand in a page or a model; words, if one is damaged.

import { add } from "../dom.js";
import { addPlayer } from "./player.js";
import { parseRecording } from "./recording.js";

/**
 * @import { Options } from "./settings.js"
 *
 * @typedef {object} Source
 * @property {string} text The recording, as JSON.
 * @property {number | null} limit At which it was recorded, if there are several.
 */

/**
 * @param {HTMLElement} parent
 * @param {Source[]} sources
 * @param {Options} options
 * @param {AbortSignal} signal Removes it again.
 * @returns {boolean} Whether there is a player.
 */
export function openPlayer(parent, sources, options, signal) {
  try {
    const all = sources.map(({ text, limit }) => {
      return { recording: parseRecording(text), limit };
    });
    addPlayer(parent, all, options, signal);
    return true;
  } catch (error) {
    sayDamaged(parent, /** @type {Error} */ (error), signal);
    return false;
  }
}

/**
 * @param {HTMLElement} parent
 * @param {Error} error
 * @param {AbortSignal} signal
 */
function sayDamaged(parent, { message }, signal) {
  const textContent = `This recording cannot be played: ${message}.`;
  const words = add("p", parent, { className: "ifl-damaged", textContent });
  words.setAttribute("role", "alert");
  signal.addEventListener("abort", () => words.remove());
}
