// How a phone sends: so many, at most so many in flight, and each in its turn; and the
// words on it.

import { inWords, spanInWords } from "../../../lesson/stage/quota.js";

/**
 * @typedef {object} Answer
 * @property {number} status 0 if there was none.
 * @property {number} seconds How long it took.
 * @property {string} retryAfter How many seconds it says to wait; or nothing.
 *
 * @typedef {object} All What all phones do together.
 * @property {number | null} rate How many they may send in a period.
 * @property {number} period In seconds.
 * @property {number} sent How many they have sent in the last period.
 *
 * @typedef {object} Manner
 * @property {() => number} limit How many may be in flight.
 * @property {() => Promise<void>} turn Waits until one more may be sent.
 * @property {() => Promise<void>} send Sends one, and waits for its answer.
 */

export class Sender {
  /** How many have neither been sent nor asked for a turn. */
  #left = 0;
  #working = 0;

  /** @param {Manner} manner */
  constructor(manner) {
    this.manner = manner;
  }

  /** @param {number} count */
  send(count) {
    this.#left += count;
    this.goOn();
  }

  /** The limit may have changed. */
  goOn() {
    while (this.#left > 0 && this.#working < this.manner.limit()) {
      this.#left -= 1;
      this.#working += 1;
      this.#sendOne();
    }
  }

  /** Those that have not begun never will. */
  forget() {
    this.#left = 0;
  }

  async #sendOne() {
    await this.manner.turn();
    await this.manner.send();
    this.#working -= 1;
    this.goOn();
  }
}

/** @param {string} url @returns {Promise<Answer>} */
export async function ask(url) {
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  try {
    const answer = await fetch(url, { cache: "no-store" });
    await answer.text();
    const retryAfter = answer.headers.get("Retry-After") ?? "";
    return { status: answer.status, retryAfter, seconds: passed() };
  } catch {
    return { status: 0, retryAfter: "", seconds: passed() };
  }
}

/** @param {All} all */
export function rateInWords({ rate, period }) {
  if (rate === null) return "There is no quota.";
  const span = period === 1 ? "a second" : `in ${spanInWords(period)}`;
  return `Everybody here shares ${inWords(rate)} requests ${span}.`;
}

/** @param {All} all */
export function allInWords({ rate, period, sent }) {
  const allowed = rate === null ? "" : `, ${inWords(rate)} allowed`;
  return `The class: ${inWords(sent)} sent in ${spanInWords(period)}${allowed}`;
}

/** One line about an answer. @param {Answer} answer */
export function answerInWords({ status, seconds, retryAfter }) {
  const time = `${seconds.toFixed(2)}\u00a0s`;
  if (status === 0) return `No answer after ${time}.`;
  if (status === 200) return `200 OK after ${time}.`;
  if (status === 503) return "503: that is more than this room allows.";
  if (status !== 429) return `${status} after ${time}.`;
  const wait = retryAfter && ` It says: wait ${retryAfter}\u00a0s.`;
  return `429 Too Many Requests after ${time}.${wait}`;
}
