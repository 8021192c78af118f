// Who sent what: a line for each library and line of the script that sent requests.

import { add, div } from "./dom.js";

/**
 * @typedef {object} Client
 * @property {string} library
 * @property {string} line The script's line, `file:number`, or "".
 * @property {number} sent
 * @property {number} running How many have no answer yet.
 * @property {number} accepted
 * @property {number} refused
 * @property {number} failed
 * @property {number} cancelled
 *
 * @typedef {"accepted" | "refused" | "failed" | "cancelled" | "running"} Outcome
 */

/** @type {Outcome[]} */
const OUTCOMES = ["accepted", "refused", "failed", "cancelled", "running"];

/**
 * Show the clients in `list`, instead of those that were there.  One alone needs no line:
 * all that the page shows is its.
 *
 * @param {HTMLElement} list
 * @param {Client[]} clients
 */
export function showClients(list, clients) {
  list.replaceChildren();
  if (clients.length < 2) return;
  const most = Math.max(...clients.map(({ sent }) => sent));
  for (const client of clients) addClient(list, client, most);
}

/**
 * What became of a client's requests, as far as anything did.
 *
 * @param {Client} client
 */
export function inWords(client) {
  const outcomes = OUTCOMES.filter((outcome) => client[outcome] > 0);
  const counts = outcomes.map((outcome) => `${client[outcome]} ${outcome}`);
  const requests = client.sent === 1 ? "1 request" : `${client.sent} requests`;
  return `${requests}: ${counts.join(", ")}`;
}

/**
 * @param {HTMLElement} list
 * @param {Client} client
 * @param {number} most How many the client sent that sent most.
 */
function addClient(list, client, most) {
  const item = add("li", list);
  const name = add("span", item, { className: "client" });
  add("strong", name, { textContent: client.library });
  if (client.line) add("code", name, { textContent: client.line });
  add("span", item, { className: "counts", textContent: inWords(client) });
  const bar = div("bar", item);
  bar.ariaHidden = "true"; // the words beside it say the same
  bar.style.width = `${(100 * client.sent) / most}%`;
  for (const outcome of OUTCOMES) {
    if (client[outcome]) div(outcome, bar).style.flexGrow = String(client[outcome]);
  }
}
