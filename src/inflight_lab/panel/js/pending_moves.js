// The moves of a setting that are on their way to the kernel.

/** Milliseconds that the kernel may take for a move: blocking code delays every answer. */
export const PATIENCE = 20000;

/**
 * Counts moves that the kernel has not settled.
 *
 * While there are any, the model's value is that of an older move: shown, it would pull the
 * handle back from under a person's finger.
 */
export class PendingMoves {
  #count = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {() => void} done Called when no move is pending any more. */
  constructor(done) {
    this.done = done;
  }

  get any() {
    return this.#count > 0;
  }

  add() {
    this.#count += 1;
    this.#wait();
  }

  /** The kernel has dealt with a move, or refused it. */
  settle() {
    if (!this.any) return;
    this.#count -= 1;
    if (this.any) this.#wait();
    else this.#end();
  }

  /** Wait for none of them any more, and do not call `done`. */
  forget() {
    this.#count = 0;
    clearTimeout(this.#timer);
  }

  #wait() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), PATIENCE);
  }

  #end() {
    this.forget();
    this.done();
  }
}
