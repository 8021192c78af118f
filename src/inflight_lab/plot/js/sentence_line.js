// The line at the top of a view with its sentence: on the page, and for screen readers.

import { add, div } from "./dom.js";

/** The words change no more often than this: a room wants to read them. */
const READING_MS = 340;

/** Words in these tones wait for no others to be read. */
const URGENT = ["refused", "failed"];

/** How often a run that goes on is read out, at most: people listen to it. */
const SPEECH_MS = 5000;

/** When the first words about a run are read out: by then something has happened. */
const FIRST_SPEECH_MS = 1000;

/** While nothing goes on, words are read out once they have stood for so long: a plan
 * changes at each step of a slider. */
const STANDING_MS = 1000;

/**
 * @import { Sentence } from "./sentence/run_so_far.js"
 * @typedef {ReturnType<typeof setTimeout> | undefined} Timer
 */

export class SentenceLine {
  #say = /** @type {(() => Sentence) | null} */ (null);
  #goesOn = false;
  #changedAt = -Infinity;
  #nextSpeechAt = -Infinity;
  /** @type {Timer} Runs while the last words are being read. */
  #reading;
  /** @type {Timer} Runs until words that stand are read out. */
  #standing;

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
    signal.addEventListener("abort", () => {
      clearTimeout(this.#reading);
      clearTimeout(this.#standing);
    });
  }

  /**
   * Show a sentence: at once if it is the first about something else or says that
   * something has begun to go wrong, or else as soon as the last one could be read.
   *
   * @param {() => Sentence} say Asked when it is shown, for what is true by then.
   * @param {boolean} goesOn Whether it is about a run that goes on.
   */
  show(say, goesOn) {
    this.#say = say;
    const begins = goesOn && !this.#goesOn;
    if (begins) this.#nextSpeechAt = performance.now() + FIRST_SPEECH_MS;
    this.#goesOn = goesOn;
    const pause = this.#changedAt + READING_MS - performance.now();
    if (pause <= 0 || this.#isUrgent(say())) this.#update();
    else this.#reading ??= setTimeout(() => this.#update(), pause);
  }

  /** What is shown next is about something else: another run, or another time of it. */
  turn() {
    this.#changedAt = -Infinity;
  }

  /** @param {Sentence} sentence */
  #isUrgent({ tone }) {
    return URGENT.includes(tone) && tone !== this.#line.dataset.tone;
  }

  #update() {
    clearTimeout(this.#reading);
    this.#reading = undefined;
    if (!this.#say) return;
    const { text, tone } = this.#say();
    this.#changedAt = performance.now();
    this.#line.dataset.tone = tone;
    const isNew = this.#line.textContent !== text;
    if (isNew) this.#line.textContent = text;
    if (this.#goesOn) this.#readOutNowAndThen();
    else this.#readOutOnceItStands(isNew);
  }

  #readOutNowAndThen() {
    this.#stopStanding();
    const now = performance.now();
    if (now < this.#nextSpeechAt) return;
    this.#nextSpeechAt = now + SPEECH_MS;
    this.#readOut();
  }

  /** @param {boolean} isNew Whether the words have just changed. */
  #readOutOnceItStands(isNew) {
    if (isNew) this.#stopStanding();
    this.#standing ??= setTimeout(() => {
      this.#standing = undefined;
      this.#readOut();
    }, STANDING_MS);
  }

  #stopStanding() {
    clearTimeout(this.#standing);
    this.#standing = undefined;
  }

  #readOut() {
    const text = this.#line.textContent;
    if (this.#liveRegion.textContent !== text) this.#liveRegion.textContent = text;
  }
}
