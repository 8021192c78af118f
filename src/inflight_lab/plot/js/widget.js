// A widget of views: one for each lane.

import { div } from "./dom.js";
import { followTheme } from "./theme.js";

/** A page that has no answer to its hello says it again after this time. */
const HELLO_AGAIN_MS = 1000;

/**
 * @import { Model } from "./dom.js"
 * @import { View } from "./view.js"
 *
 * @typedef {object} Page
 * @property {HTMLElement} root
 * @property {View[]} views `fill` adds one for each lane.
 * @property {Model} model
 * @property {() => void} layout Call it after a change of size.
 * @property {AbortSignal} signal Aborted when the page closes.
 */

/**
 * The `render` function of a widget, for anywidget.
 *
 * @param {string} className
 * @param {(page: Page) => void} fill Builds the page and its views.
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
    followTheme(root, layout, signal); // first, because drawing needs the colours
    fill({ root, views, model, layout, signal });
    connect(model, views, signal);
    return () => life.abort();
  }
  return { render };
}

/**
 * Pass each message to the view of its lane.
 *
 * A new page says hello, and the kernel answers with the run so far of each lane.  The page
 * repeats its hello, because an answer may be lost while it loads.  Until the answer it shows
 * whatever arrives: ipykernel 6 reads the hello only when the running cell has ended.
 *
 * @param {Model} model
 * @param {View[]} views
 * @param {AbortSignal} signal
 */
function connect(model, views, signal) {
  /** @type {Set<number>} */
  const lanesWithRun = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @param {any} message */
  function receive(message) {
    if (message.settled) return; // for the controls
    const lane = message.lane ?? 0;
    if (message.reset) lanesWithRun.add(lane);
    views[lane].receive(message);
  }
  function sayHello() {
    if (lanesWithRun.size === views.length) return;
    model.send({ hello: true });
    timer = setTimeout(sayHello, HELLO_AGAIN_MS);
  }
  model.on("msg:custom", receive);
  sayHello();
  signal.addEventListener("abort", () => {
    model.off("msg:custom", receive);
    clearTimeout(timer);
  });
}
