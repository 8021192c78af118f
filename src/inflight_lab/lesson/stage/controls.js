// What stands in the bar above the stages, in a panel and where a page computes a run:
// buttons, and a slider for all that one can set.

import { make, write } from "./dom.js";

/** @import { Run } from "./run.js" */
/** @import { Runner } from "./simulate.js" */

/**
 * @typedef {"limit" | "count" | "latency" | "rate"} SettingName
 *
 * @typedef {object} Setting A number that a slider sets, from `min` to `max` in steps.
 * @property {SettingName} name
 * @property {string} label
 * @property {number} min
 * @property {number} max
 * @property {number} step
 * @property {string} unit What stands after the number.
 * @property {Runner[]} [runners] Which of a page's runners it changes, if not all.
 */

/**
 * In the order in which a page shows them.
 *
 * @param {number} [period] In how many seconds the API counts.
 * @returns {Setting[]}
 */
export function settingsFor(period = 1) {
  const perPeriod = period === 1 ? "/ s" : `/ ${period} s`;
  const runners = /** @type {Runner[]} */ (["semaphore", "pause", "paced"]);
  return [
    { name: "limit", label: "limit", min: 1, max: 50, step: 1, unit: "", runners },
    { name: "count", label: "requests", min: 1, max: 1000, step: 1, unit: "" },
    { name: "latency", label: "latency", min: 0, max: 2, step: 0.05, unit: "s" },
    { name: "rate", label: "rate", min: 1, max: 300, step: 1, unit: perPeriod },
  ];
}

/** @param {number} value @param {Setting} setting */
export function valueInWords(value, { unit }) {
  return `${Math.round(value * 1000) / 1000} ${unit}`.trim();
}

/** @param {string} name @param {string} textContent @param {string} title */
export function button(name, textContent, title) {
  const className = `ifl-button ifl-${name}`;
  return make("button", { type: "button", className, textContent, title });
}

/**
 * Scroll no further than it takes to see each of these; of what is higher than the
 * screen, the last.
 *
 * @param {(Element | null)[]} elements
 */
export function bringIntoView(...elements) {
  for (const each of elements) each?.scrollIntoView({ block: "nearest" });
}

/**
 * Whether a setting has to wait, because none of the runs on show has it.  Those that
 * go on are about to have it; only the number of requests waits.
 *
 * @param {SettingName} name
 * @param {number} value
 * @param {Run[]} runs
 */
export function hasToWait(name, value, runs) {
  if (name !== "count" && runs.some(({ isLive }) => isLive)) return false;
  const had = runs.filter(({ now }) => now > 0).flatMap((run) => {
    const { limit, latency, quota } = run.settingAt(Infinity);
    const settings = { limit, latency, rate: quota?.rate, count: run.asked || null };
    return settings[name] ?? []; // nobody knows, or it has none
  });
  return had.length > 0 && !had.includes(value);
}

/** A slider below its number. */
export class Slider {
  #setting;
  #value = 0;
  #output = make("output");
  #note = make("small");

  /**
   * @param {Setting} setting
   * @param {(value: number) => void} choose Called when somebody moves it.
   */
  constructor(setting, choose) {
    const { name, label, min, max, step } = setting;
    const range = { type: "range", min, max, step };
    this.#setting = setting;
    this.input = make("input", { ...range, name, ariaLabel: label });
    this.root = make(
      "label",
      { className: "ifl-slider", data: { name } },
      make("span", {}, label),
      this.#output,
      this.#note,
      this.input,
    );
    this.input.oninput = () => {
      const value = Number(this.input.value);
      this.show(value);
      choose(value);
    };
  }

  /** Its ends make room for the value, and stay there. @param {number} value */
  show(value) {
    this.#value = value;
    const { input } = this;
    const min = Math.min(Number(input.min), value);
    const max = Math.max(Number(input.max), value);
    Object.assign(input, { min, max, value });
    const words = valueInWords(value, this.#setting);
    write(this.#output, words);
    input.ariaValueText = words;
  }

  /** Say whether it has to wait. @param {Run[]} runs Those on show. */
  compareWith(runs) {
    const waits = hasToWait(this.#setting.name, this.#value, runs);
    if (!this.input.disabled) this.#say(waits ? "from the next Run" : "");
  }

  /** Say why it cannot be moved. @param {string} why */
  disable(why) {
    this.input.disabled = true;
    this.#say(why);
  }

  /** @param {string} words */
  #say(words) {
    write(this.#note, words);
    this.input.ariaDescription = words;
  }
}
