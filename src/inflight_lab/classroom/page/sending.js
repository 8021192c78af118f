// How a phone sends: so many, at most so many in flight, and each in its turn.

/**
 * @typedef {object} Answer
 * @property {number} status 0 if there was none.
 * @property {number} seconds How long it took.
 * @property {string} retryAfter How many seconds it says to wait; or nothing.
 * @property {string} text
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
  /** How many wait for a slot or a turn. */
  waiting = 0;

  /** @param {Manner} manner */
  constructor(manner) {
    this.manner = manner;
  }

  /** @param {number} count */
  send(count) {
    this.#left += count;
    this.waiting += count;
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
    this.waiting -= this.#left;
    this.#left = 0;
  }

  async #sendOne() {
    await this.manner.turn();
    this.waiting -= 1;
    await this.manner.send();
    this.#working -= 1;
    this.goOn();
  }
}

/** Evenly spaced turns. */
export class Pace {
  /** When the next is due, in milliseconds. */
  #due = 0;

  /** @param {number} rate How many in a second. */
  async turn(rate) {
    const now = performance.now();
    const mine = Math.max(now, this.#due);
    this.#due = mine + 1000 / rate;
    if (mine > now) await new Promise((resolve) => setTimeout(resolve, mine - now));
  }
}

/** @param {string} url @returns {Promise<Answer>} */
export async function ask(url) {
  const began = performance.now();
  const sinceThen = () => (performance.now() - began) / 1000;
  try {
    const answer = await fetch(url, { cache: "no-store" });
    const text = await answer.text();
    return {
      status: answer.status,
      seconds: sinceThen(),
      retryAfter: answer.headers.get("Retry-After") ?? "",
      text,
    };
  } catch (error) {
    return { status: 0, seconds: sinceThen(), retryAfter: "", text: String(error) };
  }
}

/** One line about an answer. @param {Answer} answer */
export function answerInWords({ status, seconds, retryAfter }) {
  const time = `${seconds.toFixed(2)} s`;
  if (status === 0) return `No answer after ${time}.`;
  if (status === 200) return `200 OK after ${time}.`;
  if (status === 503) return "503: that is more than this room allows.";
  const wait = retryAfter ? ` Wait ${retryAfter} s, it says.` : "";
  return status === 429
    ? `429 Too Many Requests after ${time}.${wait}`
    : `${status} after ${time}.${wait}`;
}
