// The view of one lane: its numbers, and the pictures that are drawn of its run.

import { KernelClock } from "./clock.js";
import { countsAt } from "./counts.js";
import { add, div, follow } from "./dom.js";
import { Flow } from "./flow/flow.js";
import { framed, SELDOM } from "./frames.js";
import { Lines } from "./lines/lines.js";
import { PlainPicture } from "./plain_picture.js";
import { emptyColumns, levelAt, Run } from "./run.js";
import { standingInWords } from "./standing.js";
import { addTiles, OUTCOMES } from "./tiles.js";

/** Milliseconds between two times that a run that goes on is put into words: a person has to
    be able to listen to them. */
const SPOKEN_PAUSE = 5000;

/**
 * @import { PageClock } from "./clock.js"
 * @import { Model } from "./dom.js"
 * @import { Columns } from "./run.js"
 *
 * @typedef {object} Message
 * @property {Columns} run What is new or, after a reset, all that is shown.
 * @property {boolean} [reset] Whether another run begins.
 * @property {string} [picture] The class of the plain picture, which this one replaces.
 *
 * @typedef {object} Neighbours
 * @property {Lines[]} [mates] The plots beside it.
 * @property {PageClock} [clock] The page's own clock, for runs that are complete.
 */

export class View {
  #run = new Run(emptyColumns());
  #spokenAt = -Infinity;

  /**
   * @param {HTMLElement} parent
   * @param {Model} model It says which pictures are shown.
   * @param {AbortSignal} signal Ends it.
   * @param {Neighbours} [neighbours]
   */
  constructor(parent, model, signal, { mates = [], clock } = {}) {
    const kernel = new KernelClock();
    this.model = model;
    this.kernel = clock ? null : kernel;
    this.clock = clock ?? kernel;
    this.root = div("inflight-lab", parent);
    this.showNumbers = addTiles(this.root);
    this.pictures = [
      new Flow(this.root, this.clock, signal),
      new Lines(this.root, this.clock, mates, signal),
    ];
    this.spoken = add("div", this.root, { className: "ifl-spoken", role: "status" });
    this.plain = new PlainPicture(signal);
    this.tell = framed(() => SELDOM, () => this.#tell(), signal);
    this.clock.addEventListener("change", this.tell, { signal });
    this.#show(this.#run, true);
    this.#followSize(signal);
  }

  /** @param {Message} message */
  receive({ run, reset = false, picture }) {
    if (picture) this.plain.hide(picture);
    if (reset) this.#run = new Run(run);
    else this.#run.append(run);
    this.#show(this.#run, reset);
  }

  layout() {
    // A page that is not Jupyter's has no settings.
    this.root.dataset.view = this.model.get?.("view") ?? "both";
    for (const picture of this.pictures) picture.layout();
  }

  /** @param {AbortSignal} signal */
  #followSize(signal) {
    const sizes = new ResizeObserver(() => this.layout());
    follow(this.model, ["view"], () => this.layout(), signal);
    sizes.observe(this.root);
    signal.addEventListener("abort", () => sizes.disconnect());
  }

  /**
   * @param {Run} run
   * @param {boolean} begins
   */
  #show(run, begins) {
    this.kernel?.hear(run, begins);
    for (const picture of this.pictures) picture.show(run);
    this.tell();
    this.#note();
  }

  /** The time of which numbers and words are: what the kernel has said last is true now. */
  get #time() {
    return this.kernel ? Infinity : this.clock.time(0);
  }

  /** @returns {boolean} Whether the numbers change without a message. */
  #tell() {
    const counts = countsAt(this.#run, this.#time);
    const rate = levelAt(this.#run.levels.rate, this.#time) ?? 0;
    this.showNumbers({ ...counts, rate });
    if (this.kernel) return false;
    this.#note();
    return this.clock.running;
  }

  /** The same as data, and now and then in words. */
  #note() {
    const run = this.#run;
    const live = this.clock.running;
    const counts = countsAt(run, this.#time);
    const { dataset } = this.root;
    dataset.live = `${live}`;
    dataset.limit = `${levelAt(run.levels.limit, this.#time) ?? ""}`;
    dataset.inFlight = `${counts.inFlight}`;
    dataset.started = `${counts.started}`;
    dataset.waiting = `${counts.waiting}`;
    for (const outcome of OUTCOMES) dataset[outcome] = `${counts[outcome]}`;
    if (live && performance.now() - this.#spokenAt < SPOKEN_PAUSE) return;
    this.spoken.textContent = standingInWords(run, this.#time, counts, live);
    if (live) this.#spokenAt = performance.now();
  }
}
