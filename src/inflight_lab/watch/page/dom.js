// Elements that are appended to others.

import { make } from "../../stage/dom.js";

/**
 * An element, appended to `parent`.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {HTMLElement} parent
 * @param {{ [property: string]: unknown }} [properties]
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function add(name, parent, properties) {
  const element = make(name, properties);
  parent.append(element);
  return element;
}

/** @param {string} className @param {HTMLElement} parent @param {string} [textContent] */
export function div(className, parent, textContent = "") {
  return add("div", parent, { className, textContent });
}
