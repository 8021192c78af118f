// A simulated run on a page that has no Python: `<inflight-toy data-settings='{...}'>`.
// It says that it is computed.

import { make, write } from "./dom.js";
import { Player, playerBar, watchablePace } from "./player.js";
import { inWords } from "./quota.js";
import { quotaOf, Simulation } from "./simulate.js";
import { createStage } from "./stage.js";

/**
 * @import { Settings, Runner } from "./simulate.js"
 * @import { Quota } from "./run.js"
 * @import { What } from "./strip.js"
 *
 * @typedef {object} ToySettings
 * @property {number} count
 * @property {Runner[]} runners Which are shown, side by side.
 * @property {string[]} names What they are called there, if there are several.
 * @property {Runner[]} choices Between which one can choose, if there is one on show.
 * @property {number} limit
 * @property {number} latency
 * @property {Partial<Quota> & { rate: number } | null} quota
 * @property {SliderName[]} sliders
 * @property {What} strip What the strips show first.
 * @property {boolean} opens Whether it opens with all at once, and one button.
 *
 * @typedef {"limit" | "count" | "latency" | "rate"} SliderName
 */

/** @type {ToySettings} */
const USUAL = {
  count: 100,
  runners: ["semaphore"],
  names: [],
  choices: [],
  limit: 5,
  latency: 1.2,
  quota: { rate: 20 },
  sliders: ["limit", "latency"],
  strip: "in flight",
  opens: false,
};

const SLIDERS = {
  limit: { label: "limit", min: 1, max: 60, step: 1, unit: "" },
  count: { label: "requests", min: 1, max: 400, step: 1, unit: "" },
  latency: { label: "latency", min: 0.05, max: 3, step: 0.05, unit: " s" },
  rate: { label: "rate", min: 5, max: 100, step: 5, unit: "/s" },
};

/** @type {Record<Runner, string>} */
const NAMES = {
  naive: "All at once",
  semaphore: "Semaphore",
  pause: "With a pause",
  paced: "Paced",
};

/** The same run each time. */
const SEED = 58;

class Toy {
  /** @type {Simulation[]} */
  simulations = [];

  /** @param {HTMLElement} root @param {Partial<ToySettings>} settings */
  constructor(root, settings) {
    this.root = root;
    this.settings = { ...USUAL, ...settings };
    this.isOpening = this.settings.opens;
    const { runners, names, strip } = this.settings;
    const isSeveral = runners.length > 1;
    const places = make("div", { className: "ifl-stages" });
    const stages = runners.map((each, index) => {
      const title = isSeveral ? names[index] ?? NAMES[each] : "";
      return createStage(places, { title, strip });
    });
    this.player = new Player(stages);
    this.parts = this.#build();
    root.append(places, this.parts.controls, this.parts.computed);
    this.player.addEventListener("change", () => this.#show());
    this.#prepare();
  }

  get isRunning() {
    return this.player.hasBegun && this.simulations.some(({ run }) => run.isLive);
  }

  /** Send, stop, or go on to a limit: the one button. */
  press() {
    if (this.isRunning) return this.stop();
    if (this.player.hasBegun && this.isOpening) this.#open();
    this.start();
  }

  start() {
    if (this.player.hasBegun) this.#prepare();
    const advance = (/** @type {number} */ time) =>
      this.simulations.forEach((each) => each.advance(time));
    for (const { run } of this.simulations) run.isLive = true;
    this.player.simulate(advance, watchablePace(this.settings.latency));
  }

  stop() {
    for (const each of this.simulations) each.stop();
    this.player.seek(Infinity);
  }

  /** @param {Partial<ToySettings>} changes */
  set(changes) {
    this.settings = { ...this.settings, ...changes };
    if (this.isRunning) {
      for (const each of this.simulations) each.set(this.#terms(each.settings.runner));
      this.player.setPace(watchablePace(this.settings.latency));
    } else this.#prepare();
    this.#show();
  }

  /** The opening is over: there are a limit and all the controls. */
  #open() {
    this.isOpening = false;
    this.settings.runners = ["semaphore"];
    this.#prepare();
  }

  /** A new run, before its start. */
  #prepare() {
    const { runners } = this.settings;
    this.simulations = runners.map((runner) => {
      const simulation = new Simulation(this.#terms(runner), { seed: SEED });
      simulation.ask(this.settings.count);
      return simulation;
    });
    this.player.show(this.simulations.map((each) => each.run));
  }

  /** @param {Runner} runner */
  #terms(runner) {
    const { latency, quota } = this.settings;
    const limit = this.#isLimited(runner) ? this.settings.limit : null;
    return { runner, limit, latency, quota: quota && quotaOf(quota) };
  }

  /** A panel gives its limit to the paced runner, too. @param {Runner} runner */
  #isLimited(runner) {
    return runner !== "naive" && !(runner === "paced" && this.settings.opens);
  }

  /** @param {Runner} runner */
  #choose(runner) {
    const wasRunning = this.isRunning;
    this.settings.runners = [runner];
    this.#prepare();
    if (wasRunning) this.start();
  }

  #build() {
    const { choices, sliders } = this.settings;
    const button = (
      /** @type {string} */ className,
      /** @type {() => void} */ onclick,
    ) => make("button", { type: "button", className, onclick });
    const send = button("ifl-send", () => this.press());
    const skip = button("ifl-skip", () => this.#open());
    const hint = make("span", { className: "ifl-hint" });
    write(skip, "All controls");
    const bar = playerBar(this.player);
    const go = make("div", { className: "ifl-go" }, send, hint, skip, bar);
    const rows = sliders.map((name) => this.#slider(name));
    const radios = choices.map((each) => this.#choice(each));
    const group = {
      className: "ifl-runners",
      role: "radiogroup",
      ariaLabel: "How to send",
    };
    const controls = make("div", { className: "ifl-controls" }, go, ...rows);
    if (radios.length) controls.append(make("div", group, ...radios));
    const computed = make("p", { className: "ifl-computed" });
    write(computed, "Computed in your browser: nothing is sent to anybody.");
    return { send, hint, controls, computed };
  }

  /** @param {SliderName} name */
  #slider(name) {
    const { label, unit, ...range } = SLIDERS[name];
    const value = name === "rate" ? this.settings.quota?.rate : this.settings[name];
    const input = make("input", { type: "range", ariaLabel: label, ...range, value });
    const output = make("output");
    const show = () => write(output, `${Number(input.value)}${unit}`);
    input.oninput = () => {
      show();
      const number = Number(input.value);
      const { quota } = this.settings;
      this.set(
        name === "rate" ? { quota: { ...quota, rate: number } } : { [name]: number },
      );
    };
    show();
    return make(
      "label",
      { className: "ifl-slider", data: { name } },
      label,
      output,
      input,
    );
  }

  /** @param {Runner} runner */
  #choice(runner) {
    const input = make("input", { type: "radio", name: "ifl-runner", value: runner });
    input.oninput = () => this.#choose(runner);
    return make("label", {}, input, make("span", {}, NAMES[runner]));
  }

  #show() {
    const { send, hint, controls } = this.parts;
    const { runners } = this.settings;
    this.root.toggleAttribute("data-running", this.isRunning);
    this.root.toggleAttribute("data-opening", this.isOpening);
    write(send, this.#label());
    write(hint, this.#hint());
    for (const input of controls.querySelectorAll("input")) {
      if (input.type === "radio") input.checked = input.value === runners[0];
      const isLimit = input.parentElement?.dataset.name === "limit";
      if (isLimit) input.disabled = !runners.some((each) => this.#isLimited(each));
    }
  }

  #label() {
    if (this.isRunning) return "Stop";
    if (!this.settings.opens) return "Run"; // as in the panel, and in the text below it
    const many = `Send ${inWords(this.settings.count)}`;
    if (!this.isOpening) return many;
    if (!this.player.hasBegun) return `${many} at once`;
    return `Now ${this.settings.limit} at a time`;
  }

  #hint() {
    const { opens, runners } = this.settings;
    const isOver = this.player.hasBegun && !this.isRunning;
    if (isOver) return "Drag on the strip to look back.";
    if (!opens) return ""; // the text of the page says what to do
    const canDrag = runners.some((each) => this.#isLimited(each));
    return canDrag ? "Drag the limit while they fly." : "";
  }
}

/** Make every `<inflight-toy>` one. */
export function defineToy() {
  class InflightToy extends HTMLElement {
    /** @type {Toy | undefined} */
    toy;

    connectedCallback() {
      this.toy ??= new Toy(this, JSON.parse(this.dataset.settings ?? "{}"));
    }
  }
  customElements.define("inflight-toy", InflightToy);
}
