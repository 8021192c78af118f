// The runs that a kernel sends: one for each lane, as they grow.

import { countsAt, Run } from "../../stage/run.js";
import { append, runFrom } from "../../stage/wire.js";
import { make } from "../../stage/dom.js";
import { listen } from "./widget.js";

/**
 * @import { Player } from "../../stage/player.js"
 * @import { Columns } from "../../stage/wire.js"
 * @import { Model } from "./widget.js"
 *
 * @typedef {object} Message
 * @property {number} lane
 * @property {Columns} run What is new or, after a reset, the whole run.
 * @property {boolean} [reset] Whether this is a whole run.
 * @property {number} [number] Which one.
 * @property {string} [picture] The class of the plain picture that the page replaces.
 */

/** A page that has no answer to its hello says it again after this time. */
const HELLO_AGAIN_MS = 1000;

export class KernelRuns {
  /** @type {Run[]} What the kernel has sent, by lane; empty before there is a run. */
  #runs;
  /** @type {(number | undefined)[]} Which run each is. */
  #numbers;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #picture;
  #model;
  #player;
  #planFor;

  /**
   * @param {Pick<Model, "on" | "off" | "send">} model
   * @param {Player} player Shows them; it has a stage for each lane.
   * @param {(lane: number) => Run} planFor What is shown until there is a run.
   * @param {AbortSignal} signal Aborted when the page closes.
   */
  constructor(model, player, planFor, signal) {
    this.#model = model;
    this.#player = player;
    this.#planFor = planFor;
    this.#runs = player.stages.map(() => new Run());
    this.#numbers = player.stages.map(() => undefined);
    this.#picture = make("style");
    document.head.append(this.#picture);
    listen(
      model,
      "msg:custom",
      (/** @type {Message} */ message) => this.#receive(message),
      signal,
    );
    signal.addEventListener("abort", () => {
      clearTimeout(this.#timer);
      this.#picture.remove(); // so that the plain picture is there again
    });
    this.replan();
    this.#sayHello();
  }

  /** Show another plan, if there is no run. */
  replan() {
    if (this.#runs.every(isEmpty)) this.#show();
  }

  /**
   * A new page says hello, and the kernel answers with the run so far of each lane.
   * The page repeats its hello, because an answer may be lost while it loads.  Until
   * then it shows whatever comes: ipykernel 6 reads the hello only when the running
   * cell ends.
   */
  #sayHello() {
    if (this.#numbers.every((each) => each !== undefined)) return;
    this.#model.send({ hello: true });
    this.#timer = setTimeout(() => this.#sayHello(), HELLO_AGAIN_MS);
  }

  /** @param {Message} message */
  #receive({ lane, run, reset = false, number, picture }) {
    if (picture) this.#hide(picture);
    const isKnown = number !== undefined && number === this.#numbers[lane];
    if (reset && isKnown) return; // another view has just opened; this one has it all
    const before = this.#runs[lane];
    const wasLive = before.isLive;
    const isNew = reset || isEmpty(before);
    if (reset) {
      this.#numbers[lane] = number;
      this.#runs[lane] = runFrom(run);
    } else append(before, run);
    const goesOn = !wasLive && before.isLive; // it was at rest
    if (isNew || goesOn) this.#show();
    this.#note(lane);
  }

  #show() {
    const runs = this.#runs.map((run, lane) =>
      isEmpty(run) ? this.#planFor(lane) : run
    );
    if (this.#runs.every(isEmpty)) this.#player.show(runs);
    else if (runs.some((run) => run.isLive)) {
      this.#player.show(runs);
      this.#player.follow();
    } else this.#player.showEnd(runs);
  }

  /** Give the newest numbers as data attributes. @param {number} lane */
  #note(lane) {
    const run = this.#runs[lane];
    const { notArrived, inFlight, sent: _, ...counts } = countsAt(run, Infinity);
    const place = this.#player.stages[lane].root?.parentElement;
    Object.assign(place?.dataset ?? {}, {
      ...counts,
      live: run.isLive,
      limit: run.settingAt(Infinity).limit ?? "",
      started: run.size,
      inFlight: inFlight - notArrived,
    });
  }

  /**
   * Front ends show the plain picture in their own ways: as SVG, or as an image.
   *
   * @param {string} name Its class.
   */
  #hide(name) {
    const image = `img[src*="${name}"]`;
    const output = `.jp-OutputArea-child:has(${image})`;
    const hidden = [`svg.${name}`, image, output];
    this.#picture.textContent = `${hidden.join()} { display: none !important; }`;
  }
}

/** @param {Run} run */
function isEmpty(run) {
  return !run.isLive && run.now === 0;
}
