// What the page asks of the kernel, whether that has heard it, and whether it is still
// there.  A front end says nothing when it has gone.

import { follow, listen } from "../../plot/page/widget.js";
import { Slider } from "../../stage/controls.js";

/**
 * @import { Page } from "../../plot/page/widget.js"
 * @import { Setting, SettingName } from "../../stage/controls.js"
 * @import { What } from "../../stage/strip.js"
 * @import { Terms } from "../../stage/wire.js"
 * @import { Lane } from "./lane.js"
 *
 * @typedef {object} State What the kernel tells each page of a panel.
 * @property {boolean} running
 * @property {string} notice A line for what no picture shows; empty if there is none.
 * @property {Lane[]} _lanes
 * @property {Record<string, number>} _heard Up to which message, by who sent it.
 * @property {Fixed} _fixed
 *
 * @typedef {object} Fixed What never changes.
 * @property {SettingName[]} knobs The settings that always stand there.
 * @property {Terms} terms Those of the API.
 * @property {What} strip What the strips show first.
 * @property {number} silence Seconds without a message after which a kernel is gone.
 *
 * @typedef {Page<State & Record<SettingName, number>>} PanelPage
 *
 * @typedef {PanelPage["model"]} PanelModel
 */

/**
 * Numbers what it sends.
 *
 * It is sent as messages, which also arrive where a kernel lets changes of the model
 * wait. They are numbered, because in marimo one may overtake another.  The kernel says
 * in `_heard` which it has dealt with.  Until then the model's value is that of an
 * older move: shown, it would pull a handle back from under a person's finger.
 */
export class Mover {
  /** Tells the kernel this input from all others. */
  #id = `${Math.random()}`;
  #moves = 0;
  #model;

  /**
   * @param {PanelModel} model
   * @param {() => void} settled Called when the kernel has dealt with all of it.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, settled, signal) {
    this.#model = model;
    listen(model, "change:_heard", () => this.isPending || settled(), signal);
  }

  get isPending() {
    return this.#moves > (this.#model.get("_heard")[this.#id] ?? 0);
  }

  /** @param {object} message */
  send(message) {
    this.#moves += 1;
    this.#model.send({ ...message, input: this.#id, move: this.#moves });
  }
}

/**
 * The slider of a setting of the kernel's.
 *
 * @param {PanelModel} model
 * @param {Setting} setting
 * @param {AbortSignal} signal Ends it.
 */
export function kernelSlider(model, setting, signal) {
  const { name } = setting;
  const slider = new Slider(setting, (value) => mover.send({ set: name, value }));
  const { input } = slider;
  const mover = new Mover(model, () => slider.show(model.get(name)), signal);
  /** @type {number | undefined} What it was when the pointer went down. */
  let before;
  input.onpointerdown = () => before = Number(input.value);
  input.onpointercancel = () => {
    // The swipe that began here has turned out to scroll the page.
    if (before === undefined || before === Number(input.value)) return;
    slider.show(before);
    mover.send({ set: name, value: before });
  };
  follow(model, [name], () => {
    if (!mover.isPending) slider.show(model.get(name));
  }, signal);
  return slider;
}

const GONE = "the kernel is gone: run the cell again";
const SILENT = "no answer: the kernel is busy, or it is gone (then run the cell again)";

export class KernelWatch {
  /** What is wrong with the kernel; empty if nothing is. */
  problem = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #model;
  #changed;

  /**
   * @param {PanelModel} model
   * @param {() => void} changed Called when there is another problem, or none.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, changed, signal) {
    this.#model = model;
    this.#changed = changed;
    for (const event of ["msg:custom", "change:running", "change:_heard"]) {
      listen(model, event, () => this.#hear(), signal);
    }
    signal.addEventListener("abort", () => clearTimeout(this.#timer));
    this.#hear();
  }

  /** A button has been pressed: the kernel is to say that it has dealt with it. */
  expectAnswer() {
    if (this.#model.get("running")) return; // its messages are expected anyway
    this.#expect(SILENT);
  }

  #hear() {
    clearTimeout(this.#timer);
    this.#turn("");
    // A run sends many times a second, even while a cell blocks the kernel.
    if (this.#model.get("running")) this.#expect(GONE);
  }

  /** @param {string} problem What is wrong if nothing comes. */
  #expect(problem) {
    const { silence } = this.#model.get("_fixed");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#turn(problem), 1000 * silence);
  }

  /** @param {string} problem */
  #turn(problem) {
    if (problem === this.problem) return;
    this.problem = problem;
    this.#changed();
  }
}
