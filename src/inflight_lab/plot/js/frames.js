// Frames in which something is drawn.  All of a page is drawn in the same ones: what costs time is
// how many there are, not what is drawn in them.

/** Milliseconds between two frames of what need not be smoother. */
export const FRAME = 1000 / 30;

/** The same of numbers, of what is hidden, and where motion disturbs. */
export const SELDOM = 200;

/** Whether the person asks for no motion. */
export const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)") ??
  { matches: false };

/** @typedef {() => void} Paint */

/** @type {Map<number, Set<Paint>>} What is drawn next, by the time between its frames. */
const together = new Map();

/**
 * Returns a function that has `draw` called in a frame, and again while it returns true.
 *
 * @param {() => number} pause Milliseconds from one frame to the next, at the least.
 * @param {() => boolean} draw
 * @param {AbortSignal} signal Ends it.
 * @returns {() => void}
 */
export function framed(pause, draw, signal) {
  function paint() {
    if (signal.aborted) return;
    const again = draw();
    if (again) ask();
  }
  function ask() {
    const every = pause();
    const others = together.get(every);
    if (others) others.add(paint);
    else begin(every, paint);
  }
  return ask;
}

/**
 * Ask for a frame, which others may join until then.
 *
 * @param {number} every
 * @param {Paint} paint
 */
function begin(every, paint) {
  const paints = new Set([paint]);
  together.set(every, paints);
  const ask = () =>
    requestAnimationFrame(() => {
      together.delete(every);
      for (const each of paints) each();
    });
  if (every) setTimeout(ask, Math.ceil(every - (performance.now() % every)));
  else ask();
}
