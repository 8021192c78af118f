// Sorted times of things that happened, and levels that change in steps.

/** How often something happened up to any time.  Old times may be forgotten. */
export class Times {
  /** @type {number[]} Sorted. */
  list = [];
  /** How many were forgotten: they still count. */
  forgotten = 0;

  /** @param {number} time */
  add(time) {
    let place = this.list.length;
    while (place > 0 && this.list[place - 1] > time) place -= 1;
    this.list.splice(place, 0, time);
  }

  /**
   * @param {number} time
   * @returns {number} How many there were by then, itself included.
   */
  upTo(time) {
    return this.forgotten + indexAfter(this.list, time);
  }

  /**
   * How many there were after `from`, up to `to`.
   *
   * @param {number} from
   * @param {number} to
   */
  within(from, to) {
    return this.upTo(to) - this.upTo(from);
  }

  /** Those after `from`, up to `to`. @param {number} from @param {number} to */
  between(from, to) {
    return this.list.slice(indexAfter(this.list, from), indexAfter(this.list, to));
  }

  /** The last one up to a time, or -Infinity. @param {number} time */
  lastUpTo(time) {
    return this.list[indexAfter(this.list, time) - 1] ?? -Infinity;
  }

  /** The first one after a time, or Infinity. @param {number} time */
  firstAfter(time) {
    return this.list[indexAfter(this.list, time)] ?? Infinity;
  }

  /** Keep only how many there were up to a time. @param {number} time */
  forget(time) {
    this.forgotten += this.list.splice(0, indexAfter(this.list, time)).length;
  }
}

/**
 * Things that are true from their `time` on, until the next.
 *
 * @template {{ time: number }} Item
 */
export class Changes {
  /** @type {Item[]} In the order of time. */
  list = [];

  /** @param {Item} item */
  add(item) {
    this.list.push(item);
  }

  /** The one that is true at a time, or undefined. @param {number} time */
  at(time) {
    const count = countWhile(this.list, (each) => each.time <= time);
    return this.list[count - 1];
  }

  /** Keep what is true from a time on. @param {number} time */
  forget(time) {
    const kept = this.at(time);
    if (kept) this.list.splice(0, this.list.indexOf(kept));
  }
}

/** @param {number[]} sorted @param {number} time */
function indexAfter(sorted, time) {
  return countWhile(sorted, (each) => each <= time);
}

/**
 * How many come first in a list, of which something is true: it is of none that comes
 * after these.
 *
 * @template Item
 * @param {Item[]} list
 * @param {(item: Item) => boolean} isTrue
 */
export function countWhile(list, isTrue) {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (isTrue(list[middle])) from = middle + 1;
    else to = middle;
  }
  return from;
}
