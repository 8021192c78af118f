// A player for recordings as they stand in a page or a model; words, if one is damaged.

import { add } from "../dom.js";
import { addPlayer } from "./player.js";
import { parseRecording } from "./recording.js";

/**
 * @import { Attention } from "./attention.js"
 * @import { Recorded } from "./player.js"
 * @import { ViewSettings } from "../view_settings.js"
 *
 * @typedef {object} Source
 * @property {string} text The recording, as JSON.
 * @property {number | null} limit At which it was recorded, if there are several.
 */

/**
 * @param {HTMLElement} parent
 * @param {Source[]} sources
 * @param {ViewSettings} settings
 * @param {AbortSignal} signal Removes it again.
 * @returns {Attention | null} Plays it; null if it is damaged.
 */
export function openPlayer(parent, sources, settings, signal) {
  /** @type {Recorded[]} */
  let all;
  try {
    all = sources.map(({ text, limit }) => {
      return { runs: parseRecording(text), limit };
    });
  } catch (error) {
    sayDamaged(parent, /** @type {Error} */ (error), signal);
    return null;
  }
  return addPlayer(parent, all, settings, signal);
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
