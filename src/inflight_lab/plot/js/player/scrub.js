// The time of a player as a slider: the line plot itself or, where there is none, a track.

import { div } from "../dom.js";
import { framed, SELDOM_MS } from "../frames.js";
import { timeInWords } from "./bar.js";

/**
 * @import { Lines } from "../lines/lines.js"
 * @import { Playback } from "../playback.js"
 * @import { Attention } from "./attention.js"
 *
 * @typedef {(clientX: number) => number} TimeAt The time at a place on the screen.
 */

/**
 * Make the plots side by side scrub bars.  The first also has the keys, and words for a
 * screen reader: there is only one time.
 *
 * @param {Lines[]} plots
 * @param {Playback} playback
 * @param {Attention} attention
 * @param {AbortSignal} signal Ends it.
 */
export function makeScrubBars(plots, playback, attention, signal) {
  for (const plot of plots) {
    seekWhereDragged(plot.canvas, (clientX) => plot.timeAt(clientX), attention);
  }
  tellTime(plots[0].canvas, playback, signal);
}

/**
 * Add a track, on which as much is filled as has been played.
 *
 * @param {HTMLElement} parent
 * @param {Playback} playback
 * @param {Attention} attention
 * @param {AbortSignal} signal Ends it.
 */
export function addTrack(parent, playback, attention, signal) {
  const track = div("ifl-track", parent);
  const filled = div("ifl-filled", track);

  /** @type {TimeAt} */
  function timeAt(clientX) {
    const { left, width } = track.getBoundingClientRect();
    const { begin, end } = playback.span;
    return begin + ((clientX - left) / width) * (end - begin);
  }

  function fill() {
    filled.style.width = `${100 * shareOf(playback)}%`;
    return playback.clock.running;
  }

  seekWhereDragged(track, timeAt, attention);
  tellTime(track, playback, signal);
  playback.clock.addEventListener("change", framed(() => 0, fill, signal), { signal });
  playback.addEventListener("change", fill, { signal });
  fill();
}

/**
 * How much of the runs has been played, from 0 to 1.
 *
 * @param {{ time: number, span: { begin: number, end: number } }} playback
 */
export function shareOf({ time, span: { begin, end } }) {
  return end > begin ? (time - begin) / (end - begin) : 1;
}

/**
 * Seek where a pointer is pressed and dragged.  A finger that goes up or down scrolls the
 * page: it seeks only where it goes across, or taps.
 *
 * @param {HTMLElement} element
 * @param {TimeAt} timeAt
 * @param {Attention} attention
 */
function seekWhereDragged(element, timeAt, attention) {
  /** @param {MouseEvent} event */
  const seek = ({ clientX }) => attention.seek(timeAt(clientX));
  element.classList.add("ifl-scrub");
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse") return;
    element.setPointerCapture(event.pointerId);
    seek(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.buttons) seek(event);
  });
  element.addEventListener("click", seek);
}

/**
 * Say the time as that of a slider.
 *
 * @param {HTMLElement} element
 * @param {Playback} playback
 * @param {AbortSignal} signal Ends it.
 */
function tellTime(element, playback, signal) {
  element.tabIndex = 0;
  element.setAttribute("role", "slider");
  element.setAttribute("aria-label", "Time in the run");

  function tell() {
    const { time, span } = playback;
    element.setAttribute("aria-valuemin", `${span.begin}`);
    element.setAttribute("aria-valuemax", `${span.end}`);
    element.setAttribute("aria-valuenow", `${time}`);
    element.setAttribute("aria-valuetext", timeInWords(playback));
    return playback.clock.running;
  }

  const update = framed(() => SELDOM_MS, tell, signal);
  playback.clock.addEventListener("change", update, { signal });
  playback.addEventListener("change", tell, { signal });
  tell();
}
