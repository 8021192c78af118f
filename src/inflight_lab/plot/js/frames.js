// Animation frames.  Everything on a page is drawn in the same frames, because the number of frames
// costs time, more than what is drawn in each.

/** The pause between frames of a picture that need not be perfectly smooth. */
export const FRAME_MS = 1000 / 30;

/** The pause for numbers, hidden pictures, and people who ask for no motion. */
export const SELDOM_MS = 200;

/** Whether the browser asks for reduced motion. */
export const calm = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)") ??
  { matches: false };

/** @typedef {() => void} Paint */

/** @type {Map<number, Set<Paint>>} What the next frame draws, by the pause before it. */
const waiting = new Map();

/**
 * Returns a function that schedules `draw` for a frame, and again for as long as it returns true.
 *
 * @param {() => number} pause The least number of milliseconds between two frames.
 * @param {() => boolean} draw
 * @param {AbortSignal} signal Aborted when the page closes.
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
    const others = waiting.get(every);
    if (others) others.add(paint);
    else begin(every, paint);
  }
  return ask;
}

/**
 * Ask for a frame, which other paints may join until it comes.
 *
 * @param {number} every
 * @param {Paint} paint
 */
function begin(every, paint) {
  const paints = new Set([paint]);
  waiting.set(every, paints);
  const ask = () =>
    requestAnimationFrame(() => {
      waiting.delete(every);
      for (const each of paints) each();
    });
  if (every) setTimeout(ask, Math.ceil(every - (performance.now() % every)));
  else ask();
}
