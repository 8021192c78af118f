// What a setting's page is made of, without a browser.

/**
 * @import { Input } from "../../../src/inflight_lab/panel/js/setting.js"
 * @import { Model } from "../../../src/inflight_lab/plot/js/dom.js"
 */

/** A model that a test plays. */
export class PlayedModel {
  /** @type {any[]} The messages that the page has sent. */
  sent = [];
  /** @type {Map<string, Set<(...news: any[]) => void>>} */
  #listeners = new Map();

  /** @param {Record<string, any>} values */
  constructor(values) {
    this.values = values;
  }

  /** @param {string} name */
  get(name) {
    return this.values[name];
  }

  /**
   * @param {string} name
   * @param {any} value
   */
  set(name, value) {
    this.values[name] = value;
    this.#call(`change:${name}`);
  }

  /**
   * @param {string} event
   * @param {(...news: any[]) => void} listener
   */
  on(event, listener) {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  /**
   * @param {string} event
   * @param {(...news: any[]) => void} listener
   */
  off(event, listener) {
    this.#listeners.get(event)?.delete(listener);
  }

  save_changes() {}

  /** @param {object} message */
  send(message) {
    this.sent.push(message);
  }

  /** @param {string} name The kernel has dealt with a move of that setting. */
  settle(name) {
    this.#call("msg:custom", { settled: name });
  }

  /** How many listeners there are. */
  get followed() {
    let count = 0;
    for (const listeners of this.#listeners.values()) count += listeners.size;
    return count;
  }

  /**
   * @param {string} event
   * @param {...any} news
   */
  #call(event, ...news) {
    for (const listener of this.#listeners.get(event) ?? []) listener(...news);
  }
}

/** An input of which only its value counts. */
export class PlayedInput extends EventTarget {
  value = "";

  /** @param {string} value What a person moves it to. */
  move(value) {
    this.value = value;
    this.dispatchEvent(new Event("input"));
  }

  /** @returns {any} */
  get element() {
    return this;
  }
}

/**
 * Have time pass only when a test says so, in milliseconds.
 *
 * @param {(pass: (milliseconds: number) => void) => void} test
 */
export function withPlayedTime(test) {
  const { setTimeout, clearTimeout } = globalThis;
  /** @type {Map<number, { due: number, call: () => void }>} */
  const timers = new Map();
  let now = 0;
  let last = 0;
  /** @param {number} milliseconds */
  function pass(milliseconds) {
    now += milliseconds;
    for (const [number, { due, call }] of timers) {
      if (due > now) continue;
      timers.delete(number);
      call();
    }
  }
  Object.assign(globalThis, {
    /** @type {(call: () => void, delay: number) => number} */
    setTimeout: (call, delay) => {
      last += 1;
      timers.set(last, { due: now + delay, call });
      return last;
    },
    /** @type {(number: number) => void} */
    clearTimeout: (number) => void timers.delete(number),
  });
  try {
    test(pass);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}
