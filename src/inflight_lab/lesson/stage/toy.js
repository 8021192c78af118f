// A simulated run on a page that has no Python: `<inflight-toy data-settings='{...}'>`.
// It says that it is computed.

import { bringIntoView, button, settingsFor, Slider } from "./controls.js";
import { make, write } from "./dom.js";
import { Player, watchablePace } from "./player.js";
import { inWords } from "./quota.js";
import { quotaOf, Simulation } from "./simulate.js";
import { Stage } from "./stage.js";

/**
 * @import { Setting, SettingName } from "./controls.js"
 * @import { Settings, Runner } from "./simulate.js"
 * @import { Quota } from "./run.js"
 * @import { What } from "./strip.js"
 *
 * @typedef {object} Options
 * @property {Runner[]} runners Which are shown, side by side.
 * @property {string[]} names What they are called there, if there are several.
 * @property {Runner[]} choices Between which one can choose, if there is one on show.
 * @property {Partial<Quota> & { rate: number } | null} quota
 * @property {SettingName[]} sliders
 * @property {What} strip What the strips show first.
 * @property {boolean} opens Whether it opens with all at once and one button, which
 *   then leads on to a limit and to a pace.
 *
 * @typedef {Omit<Record<SettingName, number>, "rate"> & Options} ToySettings
 */

/** @type {ToySettings} */
export const USUAL = {
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

/** @type {Record<Runner, string>} */
const NAMES = {
  naive: "All at once",
  semaphore: "Semaphore",
  pause: "With a pause",
  paced: "Paced",
};

/** The same run each time. */
const SEED = 58;

/**
 * What a simulation takes of the settings.
 *
 * @param {ToySettings} settings
 * @param {Runner} runner
 */
export function termsOf(settings, runner) {
  const { latency, quota } = settings;
  const limit = hasEffect(settings, "limit", runner) ? settings.limit : null;
  return { runner, limit, latency, quota: quota && quotaOf(quota) };
}

/**
 * Whether a slider changes something.  A panel gives its limit to the paced runner, too.
 *
 * @param {ToySettings} settings
 * @param {string} name
 * @param {Runner} runner
 */
function hasEffect({ opens }, name, runner) {
  if (name === "limit" && runner === "paced" && opens) return false;
  const setting = settingsFor().find((each) => each.name === name);
  return setting?.runners?.includes(runner) ?? true;
}

/**
 * What a slider changes in the settings.
 *
 * @param {ToySettings} settings
 * @param {SettingName} name
 * @param {number} value
 */
export function changeTo({ quota }, name, value) {
  return name === "rate" ? { quota: { ...quota, rate: value } } : { [name]: value };
}

class Toy {
  /** @type {Simulation[]} */
  simulations = [];

  /** @param {HTMLElement} root @param {Partial<ToySettings>} settings */
  constructor(root, settings) {
    this.root = root;
    this.settings = { ...USUAL, ...settings };
    this.isOpening = this.settings.opens;
    /** @type {Runner[]} What the button leads on to, until somebody chooses. */
    this.steps = this.isOpening ? ["semaphore", "paced"] : [];
    const { runners, names, strip } = this.settings;
    const isSeveral = runners.length > 1;
    this.places = make("div", { className: "ifl-stages" });
    const stages = runners.map((each, index) => {
      const title = isSeveral ? names[index] ?? NAMES[each] : "";
      return new Stage(this.places, { title, strip });
    });
    this.player = new Player(stages);
    this.parts = this.#build();
    root.append(this.parts.controls, this.places, this.parts.computed);
    this.player.addEventListener("change", () => this.#show());
    this.#prepare();
  }

  get isRunning() {
    return this.player.hasBegun && this.simulations.some(({ run }) => run.isLive);
  }

  /** A picture ends a little after its run. */
  get isUnderWay() {
    return this.isRunning || this.player.isCatchingUp;
  }

  /** Send, stop, or go on to the next step: the one button. */
  press() {
    if (this.isUnderWay) return this.stop();
    const next = this.player.hasBegun ? this.steps.shift() : undefined;
    if (next) this.#open(next);
    this.start();
    bringIntoView(this.places, this.places.firstElementChild);
  }

  start() {
    if (this.player.hasBegun) this.#prepare();
    const advance = (/** @type {number} */ time) =>
      this.simulations.forEach((each) => each.advance(time));
    for (const { run } of this.simulations) run.goOn({ isLive: true });
    this.player.simulate(advance, this.#pace);
  }

  /** What all send at once is over soon, and is slowed down. */
  get #pace() {
    const { latency, runners } = this.settings;
    return watchablePace(runners.includes("naive") ? latency / 2 : latency);
  }

  stop() {
    for (const each of this.simulations) if (each.run.isLive) each.stop();
    this.player.seek(Infinity);
  }

  /** What came of a run stays until the next. @param {Partial<ToySettings>} changes */
  set(changes) {
    this.settings = { ...this.settings, ...changes };
    if (this.isRunning) {
      for (const each of this.simulations) {
        each.set(termsOf(this.settings, each.settings.runner));
      }
      this.player.setPace(this.#pace);
    } else {
      this.steps = [];
      if (!this.player.hasBegun) this.#prepare();
    }
    this.#show();
  }

  /** The opening is over: there are all the controls. @param {Runner} runner */
  #open(runner) {
    this.isOpening = false;
    this.settings.runners = [runner];
  }

  /** A new run, before its start. */
  #prepare() {
    const { runners } = this.settings;
    this.simulations = runners.map((runner) => {
      const simulation = new Simulation({
        ...termsOf(this.settings, runner),
        seed: SEED,
      });
      simulation.ask(this.settings.count);
      return simulation;
    });
    this.player.show(this.simulations.map((each) => each.run));
  }

  /** @param {Runner} runner */
  #choose(runner) {
    this.steps = [];
    this.#open(runner);
    if (this.isRunning) this.start();
    else this.set({});
  }

  #build() {
    const { choices, sliders } = this.settings;
    const send = button("go", "", "");
    send.onclick = () => this.press();
    const skip = button("skip", "All controls", "");
    skip.onclick = () => {
      const { hasBegun } = this.player;
      this.#open(hasBegun ? this.settings.runners[0] : "semaphore");
      this.set({});
    };
    const settings = settingsFor(this.settings.quota?.period);
    const rows = settings.filter(({ name }) => sliders.includes(name))
      .map((each) => this.#slider(each));
    const radios = choices.map((each) => this.#radio(each));
    const hint = make("span", { className: "ifl-hint" });
    write(hint, "Drag the limit while they fly.");
    const group = {
      className: "ifl-runners",
      role: "radiogroup",
      ariaLabel: "How to send",
    };
    const controls = make(
      "div",
      { className: "ifl-controls" },
      send,
      make("div", { className: "ifl-settings" }, ...rows.map(({ root }) => root)),
      skip,
      ...(radios.length
        ? [make("div", group, ...radios.map(({ label }) => label), hint)]
        : []),
    );
    const computed = make("p", { className: "ifl-computed" });
    write(computed, "Computed in your browser: nothing is sent to anybody.");
    return { send, skip, rows, radios, controls, computed };
  }

  /** @param {Setting} setting */
  #slider(setting) {
    const { name } = setting;
    const slider = new Slider(setting, (value) => {
      this.set(changeTo(this.settings, name, value));
    });
    const { quota } = this.settings;
    slider.show(name === "rate" ? quota?.rate ?? setting.min : this.settings[name]);
    return slider;
  }

  /** @param {Runner} value */
  #radio(value) {
    const input = make("input", { type: "radio", name: "ifl-runner", value });
    input.oninput = () => this.#choose(value);
    return { input, label: make("label", {}, input, make("span", {}, NAMES[value])) };
  }

  #show() {
    const { send, skip, rows, radios } = this.parts;
    const { runners } = this.settings;
    this.root.classList.toggle("ifl-running", this.isUnderWay);
    this.root.toggleAttribute("data-opening", this.isOpening);
    write(send, this.#label());
    skip.hidden = !this.isOpening;
    for (const { input } of radios) input.checked = input.value === runners[0];
    for (const each of rows) each.compareWith(this.player.runs);
    for (const { input } of rows) {
      input.disabled = !runners.some((each) =>
        hasEffect(this.settings, input.name, each)
      );
    }
  }

  #label() {
    if (this.isUnderWay) return "Stop";
    if (!this.settings.opens) return "Run"; // as in the panel, and in the text below it
    const many = `Send ${inWords(this.settings.count)}`;
    if (!this.player.hasBegun) return this.isOpening ? `${many} at once` : many;
    const [next] = this.steps;
    if (next === "semaphore") return `Now ${this.settings.limit} at a time`;
    return next ? "Now paced" : many;
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
