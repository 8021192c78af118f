// Plays a recording while somebody can see it.

import { calm } from "../frames.js";

/** @import { Playback } from "../playback.js" */

/** Positions of the player in the window at which the browser says where it is. */
const STEPS = 10;

/**
 * Begins by itself when it comes into view, unless the browser asks for no motion, and rests
 * while nobody sees it.  What a person decides is kept.
 */
export class Attention {
  #playback;
  #isSeen = false;
  /** Whether it goes on, or begins, as soon as it is seen. */
  #waits = !calm.matches;

  /** @param {Playback} playback */
  constructor(playback) {
    this.#playback = playback;
  }

  /** Somebody asks for it. */
  play() {
    this.#waits = false;
    this.#playback.play();
  }

  /** Play from the start what has not been seen yet, unless the browser asks for no motion. */
  playFromStart() {
    if (calm.matches) return;
    this.#playback.seek(this.#playback.span.begin);
    this.play();
  }

  /** Somebody asks for a rest. */
  pause() {
    this.#waits = false;
    this.#playback.pause();
  }

  /**
   * Somebody asks for a moment: it stays there, or goes on from there if it is played.
   *
   * @param {number} time
   */
  seek(time) {
    this.#waits = false;
    this.#playback.seek(time);
  }

  toggle() {
    if (this.#playback.clock.running) this.pause();
    else this.play();
  }

  /** @param {boolean} isSeen */
  see(isSeen) {
    if (isSeen === this.#isSeen) return;
    this.#isSeen = isSeen;
    if (isSeen && this.#waits) this.play();
    if (!isSeen && this.#playback.clock.running) this.#rest();
  }

  #rest() {
    if (this.#playback.isAtEnd) return this.#playback.end();
    this.#playback.pause();
    this.#waits = true;
  }
}

/**
 * @param {HTMLElement} root
 * @param {Playback} playback
 * @param {AbortSignal} signal Ends it.
 */
export function playWhileSeen(root, playback, signal) {
  const attention = new Attention(playback);
  let isInView = false;
  const look = () => attention.see(isInView && !document.hidden);
  const thresholds = Array.from({ length: STEPS + 1 }, (_, step) => step / STEPS);
  const observer = new IntersectionObserver((entries) => {
    isInView = isMuchInView(entries[entries.length - 1], isInView);
    look();
  }, { threshold: thresholds });
  observer.observe(root);
  document.addEventListener("visibilitychange", look, { signal });
  signal.addEventListener("abort", () => observer.disconnect());
  if (!calm.matches) playback.seek(playback.span.begin);
  return attention;
}

/**
 * Whether a person who looks at the window sees it: to begin with, half of it or as much as
 * half a window; from then on until hardly anything is left.
 *
 * @param {Pick<IntersectionObserverEntry,
 *   "intersectionRatio" | "intersectionRect" | "rootBounds">} entry
 * @param {boolean} before
 */
export function isMuchInView(entry, before) {
  const { intersectionRatio: share, intersectionRect, rootBounds } = entry;
  if (before) return share > 1 / STEPS;
  const window = rootBounds?.height ?? innerHeight;
  return share >= 0.5 || intersectionRect.height >= window / 2;
}
