// A widget: its place on the page, in the colours of the front end around it.

import { make } from "../../stage/dom.js";
import { followTheme } from "./theme.js";

/**
 * The part of anywidget's model that a page needs.
 *
 * @template [Traits={}] What the kernel has, by name.
 * @typedef {object} Model
 * @property {<Name extends keyof Traits>(name: Name) => Traits[Name]} get
 * @property {(event: string, listener: (...news: any[]) => void) => void} on
 * @property {(event: string, listener: (...news: any[]) => void) => void} off
 * @property {(message: object) => void} send
 */

/**
 * @template [Traits={}]
 * @typedef {object} Page
 * @property {HTMLElement} root
 * @property {Model<Traits>} model
 * @property {AbortSignal} signal Aborted when the page closes.
 */

/**
 * What anywidget wants to have exported.
 *
 * @template [Traits={}]
 * @param {string} className
 * @param {(page: Page<Traits>) => void} fill
 */
export function widget(className, fill) {
  /** @param {{ model: Model<Traits>, el: HTMLElement }} place */
  function render({ model, el }) {
    const life = new AbortController();
    const { signal } = life;
    const root = make("div", { className });
    el.append(root);
    followTheme(root, signal);
    fill({ root, model, signal });
    return () => life.abort();
  }
  return { render };
}

/**
 * Listen to the model for as long as the page is there.
 *
 * @param {Pick<Model, "on" | "off">} model
 * @param {string} event
 * @param {(...news: any[]) => void} listener
 * @param {AbortSignal} signal
 */
export function listen(model, event, listener, signal) {
  model.on(event, listener);
  signal.addEventListener("abort", () => model.off(event, listener));
}

/**
 * Act now, and whenever one of these traits of the model changes.
 *
 * @param {Pick<Model, "on" | "off">} model
 * @param {string[]} names
 * @param {() => void} act
 * @param {AbortSignal} signal
 */
export function follow(model, names, act, signal) {
  for (const name of names) listen(model, `change:${name}`, act, signal);
  act();
}
