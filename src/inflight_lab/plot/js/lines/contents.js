// The contents of the strips at a time, computed again only when they have changed.

import { axisMaximumOf, contentOf } from "./content.js";

/** The contents are computed again after each of these steps, in real seconds. */
const STEP_SECONDS = 0.05;

/**
 * @import { Run } from "../run.js"
 * @import { Content } from "./content.js"
 * @import { StripName, StripSpec } from "./strips.js"
 * @import { TimeRange } from "./time_axis.js"
 */

/**
 * Lines that are drawn up to `end` are computed a little further, up to the next step.
 *
 * @param {number} end
 * @param {{ now: number, slow: number }} run
 */
export function computedUntil(end, { now, slow }) {
  const step = STEP_SECONDS / slow;
  return Math.min(now, Math.ceil(end / step) * step);
}

export class Contents {
  /** @type {Map<StripName, Content>} */
  #contents = new Map();
  /**
   * What each height axis has to reach.  While a run goes on it never shrinks.
   *
   * @type {Map<StripName, number>}
   */
  #maxima = new Map();
  #until = -Infinity;
  #stale = true;
  /** @type {number | undefined} For how many columns there is room. */
  #mostColumns;

  /** Another run begins. */
  begin() {
    this.#maxima.clear();
    this.#until = -Infinity;
  }

  /** @param {number} mostColumns For how many there is room from now on. */
  fit(mostColumns) {
    this.#mostColumns = mostColumns;
    this.expire();
  }

  /** The run has grown, or other strips are shown. */
  expire() {
    this.#stale = true;
  }

  /**
   * @param {Run} run
   * @param {StripSpec[]} specs
   * @param {TimeRange} range
   * @param {number} until
   */
  update(run, specs, range, until) {
    if (!this.#stale && until === this.#until) return;
    const wentBack = until < this.#until;
    if (wentBack) this.#maxima.clear();
    for (const spec of specs) {
      const content = contentOf(run, spec, range, until, this.#mostColumns);
      this.#contents.set(spec.name, content);
      const maximum = axisMaximumOf(run, spec, until);
      this.#maxima.set(spec.name, Math.max(maximum, this.maximumOf(spec)));
    }
    this.#until = until;
    this.#stale = false;
  }

  /** @param {StripSpec} spec */
  of(spec) {
    return this.#contents.get(spec.name);
  }

  /** @param {StripSpec} spec */
  maximumOf(spec) {
    return this.#maxima.get(spec.name) ?? 0;
  }
}
