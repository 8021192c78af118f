// Which moment of a finished run is shown, and a button that plays the run again.

import { add, div } from "./dom.js";
import { spanInWords } from "./playback.js";

/**
 * @import { Playback } from "./playback.js"
 * @import { Phase } from "./phase.js"
 */

export class ShownLine {
  #root;
  #words;
  #playback;
  #button;

  /**
   * @param {HTMLElement} parent
   * @param {Playback | null} playback Null: the page around it has a button.
   * @param {AbortSignal} signal Aborted when the page closes.
   */
  constructor(parent, playback, signal) {
    this.#root = div("ifl-shown", parent);
    this.#words = add("span", this.#root);
    this.#playback = playback;
    this.#button = add("button", this.#root, {
      type: "button",
      className: "ifl-outlined ifl-again",
      hidden: true,
      onclick: () => playback?.on ? playback.end() : playback?.play(),
    });
    playback?.addEventListener("runs", () => this.#offer(), { signal });
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
    this.#words.textContent = playing ? this.#playedInWords() : `Shown: ${words}`;
    this.#button.textContent = playing ? "Skip" : "Play again";
    this.#offer();
  }

  #playedInWords() {
    return this.#playback
      ? spanInWords(this.#playback.span)
      : "A recording: nothing is sent";
  }

  /** Not before the other runs are over, too. */
  #offer() {
    this.#button.hidden = !this.#playback?.isPossible;
  }
}
