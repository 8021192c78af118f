// The view of one lane: the numbers of a run, and the pictures drawn from it.

import { KernelClock } from "./clock.js";
import { emptyColumns } from "./columns.js";
import { countsAt } from "./counts.js";
import { div, follow } from "./dom.js";
import { Flow } from "./flow/flow.js";
import { framed, SELDOM_MS } from "./frames.js";
import { chosenStrip } from "./lines/chosen_strip.js";
import { Lines } from "./lines/lines.js";
import { PlainPicture } from "./plain_picture.js";
import { levelAt, Run } from "./run.js";
import { sentenceOf } from "./sentence.js";
import { SentenceLine } from "./sentence_line.js";
import { addTiles, OUTCOMES } from "./tiles.js";

/**
 * @import { PageClock } from "./clock.js"
 * @import { Columns } from "./columns.js"
 * @import { Model } from "./dom.js"
 *
 * @typedef {object} Message
 * @property {Columns} run What is new or, after a reset, the whole run.
 * @property {boolean} [reset] Whether another run begins.
 * @property {string} [picture] The class of the plain picture that this view replaces.
 *
 * @typedef {object} Neighbours
 * @property {Lines[]} [siblings] The plots side by side; the view adds its own.
 * @property {PageClock} [clock] The page's own clock, for runs that are complete.
 */

export class View {
  #run = new Run(emptyColumns());

  #model;
  #clock;
  #kernelClock;
  #root;
  #showNumbers;
  #lines;
  #pictures;
  #sentence;
  #plainPicture;
  #scheduleNumbers;

  /**
   * @param {HTMLElement} parent
   * @param {Model} model It says which pictures are shown.
   * @param {AbortSignal} signal Aborted when the page closes.
   * @param {Neighbours} [neighbours]
   */
  constructor(parent, model, signal, neighbours = {}) {
    const { siblings = [], clock = new KernelClock() } = neighbours;
    this.#model = model;
    this.#clock = clock;
    this.#kernelClock = clock instanceof KernelClock ? clock : null;
    this.#root = div("inflight-lab", parent);
    this.#sentence = new SentenceLine(this.#root, signal);
    this.#showNumbers = addTiles(this.#root);
    const flow = new Flow(this.#root, clock, signal);
    const lines = new Lines(this.#root, clock, siblings, signal);
    siblings.push(lines);
    signal.addEventListener("abort", () => siblings.splice(siblings.indexOf(lines), 1));
    this.#lines = lines;
    this.#pictures = [flow, lines];
    this.#plainPicture = new PlainPicture(signal);
    this.#scheduleNumbers = framed(
      () => SELDOM_MS,
      () => this.#updateNumbers(),
      signal,
    );
    clock.addEventListener("change", this.#scheduleNumbers, { signal });
    this.#show(this.#run, true);
    this.#followSize(signal);
  }

  /** @param {Message} message */
  receive({ run, reset = false, picture }) {
    if (picture) this.#plainPicture.hide(picture);
    if (reset) this.#run = new Run(run);
    else this.#run.append(run);
    this.#show(this.#run, reset);
  }

  layout() {
    // A page outside Jupyter has no settings.
    this.#root.dataset.view = this.#model.get?.("view") ?? "both";
    this.#lines.only = chosenStrip(this.#model);
    for (const picture of this.#pictures) picture.layout();
  }

  /** @param {AbortSignal} signal */
  #followSize(signal) {
    const sizes = new ResizeObserver(() => this.layout());
    follow(this.#model, ["view"], () => this.layout(), signal);
    sizes.observe(this.#root);
    signal.addEventListener("abort", () => sizes.disconnect());
  }

  /**
   * @param {Run} run
   * @param {boolean} begins
   */
  #show(run, begins) {
    this.#kernelClock?.sync(run, begins);
    for (const picture of this.#pictures) picture.show(run);
    this.#scheduleNumbers();
    this.#updateDataAndSpeech();
  }

  /** The time that numbers and words describe.  Of a live run that is the latest. */
  get #time() {
    return this.#kernelClock ? Infinity : this.#clock.time(0);
  }

  /** @returns {import("./sentence.js").Phase} */
  get #phase() {
    if (this.#clock.running) return "running";
    return this.#run.now > 0 ? "frozen" : "ready";
  }

  /** @returns {boolean} Whether the numbers change without a message. */
  #updateNumbers() {
    const counts = countsAt(this.#run, this.#time);
    this.#showNumbers(this.#run, this.#time, counts);
    if (this.#kernelClock) return false;
    this.#updateDataAndSpeech();
    return this.#clock.running;
  }

  /** Give the same numbers as data attributes and, from time to time, in words. */
  #updateDataAndSpeech() {
    const run = this.#run;
    const live = this.#clock.running;
    const counts = countsAt(run, this.#time);
    const { dataset } = this.#root;
    dataset.live = `${live}`;
    dataset.limit = `${levelAt(run.levels.limit, this.#time) ?? ""}`;
    dataset.inFlight = `${counts.inFlight}`;
    dataset.started = `${counts.started}`;
    dataset.waiting = `${counts.waiting}`;
    for (const outcome of OUTCOMES) dataset[outcome] = `${counts[outcome]}`;
    this.#sentence.show(() => sentenceOf(run, this.#time, this.#phase), live);
  }
}
