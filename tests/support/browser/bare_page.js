// A widget's page without Jupyter: a model that a test plays, and what it has sent.

/** @typedef {(value?: any) => void} Listener */

/**
 * A model with the state that a kernel would send, without a kernel.  It keeps what it
 * has `sent`, and is made to `hear` a message.
 *
 * @param {Record<string, any>} state
 */
export function modelOf(state) {
  /** @type {Record<string, Set<Listener>>} */
  const listeners = {};
  /** @param {string} name @param {any} [value] */
  function fire(name, value) {
    listeners[name]?.forEach((listener) => listener(value));
  }
  return {
    /** @type {any[]} */
    sent: [],
    /** How many listen to it. */
    get listenerCount() {
      return Object.values(listeners).reduce((sum, each) => sum + each.size, 0);
    },
    /** @param {any} [message] */
    hear(message) {
      fire("msg:custom", message);
    },
    /** @param {string} name */
    get(name) {
      return state[name];
    },
    /** @param {string} name @param {any} value */
    set(name, value) {
      state[name] = value;
      fire(`change:${name}`);
    },
    save_changes() {},
    /** @param {string} name @param {Listener} listener */
    on(name, listener) {
      listeners[name] ??= new Set();
      listeners[name].add(listener);
    },
    /** @param {string} name @param {Listener} listener */
    off(name, listener) {
      listeners[name]?.delete(listener);
    },
    /** @param {any} message */
    send(message) {
      this.sent.push(message);
    },
  };
}

/** Put the page's styles in place. @param {string} css */
function addStyles(css) {
  const viewport = document.createElement("meta");
  viewport.name = "viewport";
  viewport.content = "width=device-width";
  const style = document.createElement("style");
  style.textContent = css;
  document.head.append(viewport, style);
}

/**
 * Show a widget.
 *
 * @param {{ esm: string, css: string, state: Record<string, any> }} widget
 */
export async function showWidget({ esm, css, state }) {
  const page = /** @type {any} */ (window);
  addStyles(css);
  page.model = modelOf(state);
  const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const el = document.body.appendChild(document.createElement("div"));
  const widget = await import(url);
  page.end = widget.default.render({ model: page.model, el });
}
