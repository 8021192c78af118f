// Which moment of a finished run is shown, and a button that plays the run again.

import { add, div } from "./dom.js";

/**
 * @import { Player } from "./playback.js"
 * @import { Phase } from "./phase.js"
 */

export class ShownLine {
  #root;
  #words;
  #button;

  /**
   * @param {HTMLElement} parent
   * @param {Player} player
   */
  constructor(parent, player) {
    this.#root = div("ifl-shown", parent);
    this.#words = add("span", this.#root);
    this.#button = add("button", this.#root, {
      type: "button",
      className: "ifl-again",
      hidden: !player.isOffered,
      onclick: () => player.on ? player.end() : player.play(),
    });
  }

  /**
   * @param {Phase} phase
   * @param {string} words Which moment it is, if the picture is frozen.
   */
  show(phase, words) {
    const isOver = phase === "frozen" || phase === "playing";
    this.#root.classList.toggle("ifl-over", isOver);
    if (!isOver) return;
    const playing = phase === "playing";
    this.#words.textContent = playing ? "Played again, as it was" : `Shown: ${words}`;
    this.#button.textContent = playing ? "Skip" : "Play again";
  }
}
