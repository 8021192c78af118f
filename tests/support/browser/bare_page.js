// A widget's page without Jupyter: a model that a test plays, and what it has sent.

/** @typedef {(value?: any) => void} Listener */

/**
 * A model with the state that a kernel would send, without a kernel.  It keeps what it
 * has `sent`, and is made to `hear` a message.
 *
 * @param {Record<string, any>} state
 */
export function modelOf(state) {
  /** @type {{ name: string, listener: Listener }[]} */
  let listening = [];
  /** @param {string} name @param {any} [value] */
  function fire(name, value) {
    for (const each of listening) if (each.name === name) each.listener(value);
  }
  return {
    /** @type {any[]} */
    sent: [],
    /** How many listen to it. */
    get listenerCount() {
      return listening.length;
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
    /** @param {string} name @param {Listener} listener */
    on(name, listener) {
      listening.push({ name, listener });
    },
    /** @param {string} name @param {Listener} listener */
    off(name, listener) {
      listening = listening.filter((each) =>
        each.name !== name || each.listener !== listener
      );
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
