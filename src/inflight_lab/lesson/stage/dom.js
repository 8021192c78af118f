// Makes elements.

/** @import { Words } from "./sentence.js" */

/**
 * An element with its properties and what is in it.  Texts go in as text, never as
 * HTML: they may come from a server.
 *
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {{ [property: string]: unknown }} [properties] `data` has data attributes, and
 *   `style` custom properties.
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function make(name, { data = {}, ...properties } = {}, ...children) {
  const element = document.createElement(name);
  Object.assign(element, properties);
  Object.assign(element.dataset, data);
  element.append(...children);
  return element;
}

/**
 * Write a text where it is another one.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Say a sentence where it is another one.
 *
 * @param {HTMLElement} element
 * @param {Words[]} words
 */
export function say(element, words) {
  const said = JSON.stringify(words);
  if (element.dataset.said === said) return;
  element.dataset.said = said;
  element.replaceChildren(...words.map(asNode));
}

/** @param {Words} words */
function asNode(words) {
  if (typeof words === "string") return unbroken(words);
  const [text, look] = words;
  return make("b", { style: `color: var(--ifl-${look})` }, text);
}

/** A number stays with its unit. @param {string} words */
function unbroken(words) {
  return words.replaceAll(/(?<=\d) (?=s\b|%|allowed\b)/g, "\u00a0");
}
