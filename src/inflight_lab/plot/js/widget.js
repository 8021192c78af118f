// A widget of views: one for each lane.

import { div } from "./dom.js";
import { followTheme } from "./theme.js";

/** Milliseconds after which a page asks again for what it missed. */
const AGAIN = 1000;

/**
 * @import { Model } from "./dom.js"
 * @import { View } from "./view.js"
 *
 * @typedef {object} Page
 * @property {HTMLElement} root
 * @property {View[]} views To be filled: one for each lane.
 * @property {Model} model
 * @property {() => void} layout For a new size.
 * @property {AbortSignal} signal Ends it.
 */

/**
 * What anywidget asks for.
 *
 * @param {string} className
 * @param {(page: Page) => void} fill Puts something on the page, the views included.
 */
export function widget(className, fill) {
  /** @param {{ model: Model, el: HTMLElement }} place */
  function render({ model, el }) {
    const life = new AbortController();
    const { signal } = life;
    const root = div(className, el);
    /** @type {View[]} */
    const views = [];
    const layout = () => views.forEach((view) => view.layout());
    followTheme(root, layout, signal); // first: what is drawn takes its colours
    fill({ root, views, model, layout, signal });
    connect(model, views, signal);
    return () => life.abort();
  }
  return { render };
}

/**
 * Pass each message to the view of its lane.
 *
 * A page that comes late asks for what it missed; again, if the answer is lost while it loads.
 * Until the answer it shows what comes: ipykernel 6 hears the question only when the running
 * cell has ended.
 *
 * @param {Model} model
 * @param {View[]} views
 * @param {AbortSignal} signal
 */
function connect(model, views, signal) {
  /** @type {Set<number>} */
  const greeted = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let greeting;
  /** @param {any} message */
  function receive(message) {
    if (message.settled) return; // that is for the controls
    const lane = message.lane ?? 0;
    if (message.reset) greeted.add(lane);
    views[lane].receive(message);
  }
  function greet() {
    if (greeted.size === views.length) return;
    model.send({ hello: true });
    greeting = setTimeout(greet, AGAIN);
  }
  model.on("msg:custom", receive);
  greet();
  signal.addEventListener("abort", () => {
    model.off("msg:custom", receive);
    clearTimeout(greeting);
  });
}
