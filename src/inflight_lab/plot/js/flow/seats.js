// Places at the API: each request takes the lowest that is free, and releases it when it
// leaves.

export class Seats {
  /** @type {boolean[]} */
  #taken = [];

  /** @returns {number} The seat. */
  take() {
    const free = this.#taken.indexOf(false);
    const seat = free < 0 ? this.#taken.length : free;
    this.#taken[seat] = true;
    return seat;
  }

  /** @param {number} seat */
  release(seat) {
    this.#taken[seat] = false;
    while (this.#taken.at(-1) === false) this.#taken.pop();
  }

  /** The number of seats up to the last one taken. */
  get count() {
    return this.#taken.length;
  }
}
