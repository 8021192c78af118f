// The view of one lane: the numbers of a run, and the pictures drawn from it.

import { LAG_SECONDS } from "./clock.js";
import { countsAt } from "./counts.js";
import { div } from "./dom.js";
import { Flow } from "./flow/flow.js";
import { framed, SELDOM_MS } from "./frames.js";
import { Lines } from "./lines/lines.js";
import { PlainPicture } from "./plain_picture.js";
import { Playback } from "./playback.js";
import { levelAt } from "./run.js";
import { sentenceOf } from "./sentence.js";
import { SentenceLine } from "./sentence_line.js";
import { ShownLine } from "./shown_line.js";
import { Stage } from "./stage.js";
import { addTiles, OUTCOMES } from "./tiles.js";
import { onlyStripOf } from "./view_settings.js";

/**
 * @import { Columns } from "./columns.js"
 * @import { Plan } from "./planned_run.js"
 * @import { Run } from "./run.js"
 * @import { ViewSettings } from "./view_settings.js"
 *
 * @typedef {object} Message
 * @property {Columns} run What is new or, after a reset, the whole run.
 * @property {boolean} [reset] Whether this is a whole run.
 * @property {number} [number] Which one.
 * @property {string} [picture] The class of the plain picture that this view replaces.
 *
 * @typedef {object} Neighbours
 * @property {Lines[]} [siblings] The plots side by side; the view adds its own.
 * @property {Playback} [playback] Plays the runs of all views.
 * @property {boolean} [isControlled] Whether the page around them has its own controls for it.
 */

export class View {
  /** @type {number | undefined} Which run it has. */
  #number;

  #settings;
  /** @type {Stage} */
  #stage;
  #root;
  #sentence;
  #playback;
  #shownLine;
  #showNumbers;
  #flow;
  #lines;
  #plainPicture;
  #scheduleNumbers;

  /**
   * @param {HTMLElement} parent
   * @param {ViewSettings} settings
   * @param {AbortSignal} signal Aborted when the page closes.
   * @param {Neighbours} [neighbours]
   */
  constructor(parent, settings, signal, neighbours = {}) {
    const {
      siblings = [],
      playback = new Playback(() => [this.run], signal),
      isControlled = false,
    } = neighbours;
    this.#settings = settings;
    this.#stage = new Stage(playback, signal);
    this.#stage.wantedMoment = settings.moment ?? "";
    this.#playback = playback;
    const { clock } = this.#stage;
    this.#root = div("inflight-lab", parent);
    const head = div("ifl-head", this.#root);
    this.#sentence = new SentenceLine(head, signal);
    const offered = isControlled ? null : playback;
    this.#shownLine = new ShownLine(head, offered, signal);
    this.#showNumbers = addTiles(this.#root);
    this.#flow = new Flow(this.#root, clock, signal);
    this.#lines = new Lines(this.#root, clock, siblings, signal);
    this.#lines.showsFuture = isControlled;
    this.#plainPicture = new PlainPicture(signal);
    this.#scheduleNumbers = framed(
      () => SELDOM_MS,
      () => this.#updateNumbers(),
      signal,
    );
    clock.addEventListener("change", this.#scheduleNumbers, { signal });
    playback.addEventListener("seek", () => this.#enterPhase(), { signal });
    siblings.push(this.#lines);
    signal.addEventListener("abort", () => {
      siblings.splice(siblings.indexOf(this.#lines), 1);
    });
    this.#followStage();
    this.#followSize(signal);
  }

  /** The run that the kernel has sent. */
  get run() {
    return this.#stage.run;
  }

  /** @param {Message} message */
  receive({ run, reset = false, number, picture }) {
    if (picture) this.#plainPicture.hide(picture);
    const isKnown = number !== undefined && number === this.#number;
    if (reset && isKnown) return; // another view has just opened; this one has it all
    if (reset) this.#begin(run, number);
    else this.#stage.grow(run);
  }

  /**
   * @param {Columns} run
   * @param {number | undefined} number
   */
  #begin(run, number) {
    this.#number = number;
    this.#stage.begin(run);
    this.#playback.end();
  }

  /** @param {Plan} plan What is shown until there is a run. */
  plan(plan) {
    this.#stage.plan(plan);
  }

  /** @param {ViewSettings} settings Which pictures it shows from now on. */
  choose(settings) {
    this.#settings = settings;
    this.layout();
  }

  layout() {
    this.#root.dataset.view = this.#settings.view;
    this.#flow.layout();
    this.#lines.only = onlyStripOf(this.#settings);
    this.#lines.layout();
  }

  /** @param {AbortSignal} signal */
  #followSize(signal) {
    this.layout();
    const sizes = new ResizeObserver(() => this.layout());
    // Presented, a picture is lower where the sentence takes another line.
    for (const part of [this.#root, this.#flow.root, this.#lines.root]) {
      sizes.observe(part);
    }
    signal.addEventListener("abort", () => sizes.disconnect());
  }

  #followStage() {
    this.#stage.addEventListener("phase", () => this.#enterPhase());
    this.#stage.addEventListener("growth", () => this.#grow());
    this.#enterPhase();
  }

  #enterPhase() {
    const { phase, moment, shown } = this.#stage;
    const frozen = phase === "frozen";
    this.#root.dataset.phase = phase;
    this.#sentence.turn();
    this.#shownLine.show(phase, moment.words);
    this.#playback.onRuns();
    this.#flow.begin(shown, { still: frozen });
    this.#lines.freezeAt(frozen ? moment.time : null);
    this.#showLines(shown);
  }

  #grow() {
    const { shown } = this.#stage;
    this.#flow.grow();
    this.#showLines(shown);
  }

  /** @param {Run} run */
  #showLines(run) {
    this.#lines.show(run);
    this.#scheduleNumbers();
    this.#updateData();
    this.#updateSentence();
  }

  /** @returns {boolean} Whether the numbers change without a message. */
  #updateNumbers() {
    const { shown, time, clock } = this.#stage;
    this.#showNumbers(shown, time, countsAt(shown, time));
    this.#updateData();
    this.#updateSentence();
    return clock.moves(LAG_SECONDS);
  }

  /** Give the latest numbers as data attributes. */
  #updateData() {
    const { run, latest, clock } = this.#stage;
    const counts = countsAt(run, latest);
    const { dataset } = this.#root;
    dataset.live = `${clock.running}`;
    dataset.limit = `${levelAt(run.levels.limit, latest) ?? ""}`;
    dataset.inFlight = `${counts.inFlight}`;
    dataset.started = `${counts.started}`;
    dataset.waiting = `${counts.waiting}`;
    for (const outcome of OUTCOMES) dataset[outcome] = `${counts[outcome]}`;
  }

  #updateSentence() {
    const stage = this.#stage;
    const say = () => sentenceOf(stage.shown, stage.time, stage.phase);
    this.#sentence.show(say, stage.clock.running);
  }
}
