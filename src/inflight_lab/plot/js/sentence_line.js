// The line at the top of a view with its sentence: on the page, and for screen readers.

import { add, div } from "./dom.js";

/** The words change no more often than this: a room wants to read them. */
const READING_MS = 340;

/** How often a run that goes on is read out, at most: people listen to it. */
const SPEECH_MS = 5000;

/** When the first words about a run are read out: by then something has happened. */
const FIRST_SPEECH_MS = 1000;

/**
 * @import { Sentence } from "./sentence/run_so_far.js"
 */

export class SentenceLine {
  #say = /** @type {(() => Sentence) | null} */ (null);
  #goesOn = false;
  #changedAt = -Infinity;
  #spokenAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  #line;
  #liveRegion;

  /**
   * @param {HTMLElement} parent
   * @param {AbortSignal} signal Aborted when the page closes.
   */
  constructor(parent, signal) {
    this.#line = div("ifl-sentence", parent);
    this.#line.setAttribute("aria-hidden", "true"); // the live region says it
    const region = { className: "ifl-spoken", role: "status" };
    this.#liveRegion = add("div", parent, region);
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
  }

  /**
   * Show a sentence, at once or as soon as the last one could be read.
   *
   * @param {() => Sentence} say Asked when it is shown, for what is true by then.
   * @param {boolean} goesOn Whether it is about a run that goes on.
   */
  show(say, goesOn) {
    this.#say = say;
    const begins = goesOn && !this.#goesOn;
    if (begins) this.#spokenAt = performance.now() - SPEECH_MS + FIRST_SPEECH_MS;
    this.#goesOn = goesOn;
    if (this.#timer !== undefined) return;
    const pause = this.#changedAt + READING_MS - performance.now();
    if (pause <= 0) this.#update();
    else this.#timer = setTimeout(() => this.#update(), pause);
  }

  #update() {
    this.#timer = undefined;
    if (!this.#say) return;
    const { text, tone } = this.#say();
    const now = performance.now();
    this.#changedAt = now;
    this.#line.dataset.tone = tone;
    if (this.#line.textContent !== text) this.#line.textContent = text;
    if (this.#goesOn && now - this.#spokenAt < SPEECH_MS) return;
    if (this.#liveRegion.textContent !== text) this.#liveRegion.textContent = text;
    if (this.#goesOn) this.#spokenAt = now;
  }
}
