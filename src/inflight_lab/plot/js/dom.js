// Helpers that make elements and follow the model's traits.

/**
 * The part of anywidget's model that a page needs.
 *
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, value: any) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, listener: (...news: any[]) => void) => void} on
 * @property {(event: string, listener: (...news: any[]) => void) => void} off
 * @property {(message: object) => void} send
 */

/**
 * An HTML element.  Texts go in as text, never as HTML: they may come from a server.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {object} [properties]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

/**
 * An HTML element, appended to `parent`.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {HTMLElement} parent
 * @param {object} [properties]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function add(name, parent, properties) {
  return parent.appendChild(make(name, properties));
}

/**
 * @param {string} className
 * @param {HTMLElement} parent
 * @param {string} [textContent]
 */
export function div(className, parent, textContent = "") {
  return add("div", parent, { className, textContent });
}

/**
 * Act now, and whenever one of these traits of the model changes.
 *
 * @param {Model} model
 * @param {string[]} names
 * @param {() => void} act
 * @param {AbortSignal} signal Aborted when the page closes.
 */
export function follow(model, names, act, signal) {
  for (const name of names) {
    model.on(`change:${name}`, act);
    signal.addEventListener("abort", () => model.off(`change:${name}`, act));
  }
  act();
}
