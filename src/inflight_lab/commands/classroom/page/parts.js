// The parts of a page, and what speaks with its server.

import { write } from "../../../lesson/stage/dom.js";

/** In milliseconds. */
const TRY_AGAIN = 1500;

/** Hues of OKLCH, far from the green of answers and the red of refusals. */
const HUES = [255, 310, 75, 215, 340, 285, 100, 235];

/** Of a phone, on its own page and on the wall. @param {number} number From 1. */
export function colourOf(number) {
  return `oklch(0.52 0.15 ${HUES[(number - 1) % HUES.length]})`;
}

/** What a phone is called. @param {number} number @param {string} [name] */
export function nameOf(number, name) {
  return name || `Phone ${number}`;
}

/**
 * The element that has this id.
 *
 * @template {HTMLElement} Kind
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function byId(id, kind) {
  const found = document.getElementById(id);
  if (found instanceof kind) return found;
  throw new TypeError(`this page has no ${kind.name} called ${id}`);
}

/**
 * A slider that shows its value.
 *
 * @param {string} id
 * @param {(value: number) => void} [choose]
 */
export function slider(id, choose = () => {}) {
  const input = byId(id, HTMLInputElement);
  const output = /** @type {HTMLElement} */ (input.previousElementSibling);
  /** @param {number} value */
  function show(value) {
    input.valueAsNumber = value;
    const words = `${value}${input.dataset.unit ?? ""}`;
    write(output, words);
    input.ariaValueText = words;
  }
  input.oninput = () => {
    show(input.valueAsNumber);
    choose(input.valueAsNumber);
  };
  show(input.valueAsNumber);
  return { input, show };
}

/**
 * Speak with the server, and connect again whenever the connection is gone.
 *
 * @template Message
 * @template News
 * @param {object} reactions
 * @param {() => void} [reactions.open]
 * @param {(news: News) => void} reactions.hear
 * @param {(reason: string) => void} reactions.close
 * @param {() => string} [reactions.query] What the address says, from its "?" on.
 * @returns {(message: Message) => void} Sends a message, if there is a connection.
 */
export function talk({ open = () => {}, hear, close, query = () => "" }) {
  /** @type {WebSocket} */
  let socket;
  function connect() {
    const page = location.href.replace(/^http/, "ws");
    socket = new WebSocket(new URL(`talk${query()}`, page));
    socket.onopen = open;
    socket.onmessage = ({ data }) => hear(JSON.parse(data));
    socket.onclose = ({ reason }) => {
      close(reason);
      setTimeout(connect, TRY_AGAIN);
    };
  }
  connect();
  return (message) => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
  };
}
