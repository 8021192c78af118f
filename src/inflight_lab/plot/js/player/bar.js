// The buttons of a player, and the time that it shows.

import { add } from "../dom.js";
import { framed, SELDOM_MS } from "../frames.js";

/** The button divides the speed by this. */
const SLOWER = 5;

/**
 * @import { Playback } from "../playback.js"
 * @import { Attention } from "./attention.js"
 */

/**
 * @param {HTMLElement} bar
 * @param {Playback} playback
 * @param {Attention} attention
 * @param {AbortSignal} signal Ends them.
 */
export function addBar(bar, playback, attention, signal) {
  const play = addButton(
    bar,
    "ifl-play",
    "Play or pause (Space)",
    () => attention.toggle(),
  );
  const slow = addButton(bar, "ifl-slow", `${SLOWER} times slower`, toggleSlow);
  slow.textContent = `1/${SLOWER} speed`;
  const time = add("span", bar, { className: "ifl-time" });

  function toggleSlow() {
    playback.slower = playback.slower === 1 ? SLOWER : 1;
    showSpeed();
  }

  function showSpeed() {
    slow.setAttribute("aria-pressed", `${playback.slower !== 1}`);
  }

  function show() {
    play.textContent = playLabel(playback);
    time.textContent = timeInWords(playback);
    return playback.clock.running;
  }

  showSpeed();
  const update = framed(() => SELDOM_MS / 2, show, signal);
  playback.clock.addEventListener("change", update, { signal });
  playback.addEventListener("change", show, { signal });
  show();
}

/**
 * @param {HTMLElement} bar
 * @param {string} className
 * @param {string} title
 * @param {() => void} onclick
 */
function addButton(bar, className, title, onclick) {
  return add("button", bar, {
    type: "button",
    className: `ifl-outlined ${className}`,
    title,
    onclick,
  });
}

/** @param {{ on: boolean, clock: { running: boolean } }} playback */
export function playLabel({ on, clock }) {
  if (clock.running) return "Pause";
  return on ? "Play" : "Play again";
}

/** @param {{ time: number, span: { end: number } }} playback */
export function timeInWords({ time, span }) {
  return `${time.toFixed(1)} of ${span.end.toFixed(1)} s`;
}
