// The keys of a player, in whatever front end it stands.

/**
 * @import { Playback } from "../playback.js"
 * @import { Attention } from "./attention.js"
 */

/**
 * How far each key moves, as a share of the run.
 *
 * @type {Map<string, number>}
 */
const STEPS = new Map([
  ["ArrowLeft", -0.02],
  ["ArrowRight", 0.02],
  ["ArrowDown", -0.02],
  ["ArrowUp", 0.02],
  ["PageDown", -0.1],
  ["PageUp", 0.1],
]);

/** Up and down scroll the page, unless the slider has the focus. */
const ACROSS = ["ArrowLeft", "ArrowRight"];

/**
 * The time to which a key goes, or null if it goes nowhere.
 *
 * @param {string} key
 * @param {{ time: number, span: { begin: number, end: number } }} playback
 * @param {boolean} onSlider Whether the slider of time has the focus.
 * @returns {number | null}
 */
export function timeAfter(key, { time, span: { begin, end } }, onSlider) {
  if (!onSlider && !ACROSS.includes(key)) return null;
  if (key === "Home") return begin;
  if (key === "End") return end;
  const step = STEPS.get(key);
  return step === undefined ? null : time + step * (end - begin);
}

/**
 * Obey the keys while the focus is in the player.
 *
 * @param {HTMLElement} root
 * @param {Playback} playback
 * @param {Attention} attention
 * @param {AbortSignal} signal Ends it.
 */
export function listenToKeys(root, playback, attention, signal) {
  /** @param {KeyboardEvent} event */
  function press(event) {
    const [target] = event.composedPath();
    if (!(target instanceof Element) || !root.contains(target)) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    event.stopPropagation(); // R, or D twice, would change cells of a notebook
    if (obey(event.key, target)) event.preventDefault();
  }

  /**
   * @param {string} key
   * @param {Element} target
   */
  function obey(key, target) {
    if (target.closest("input")) return false; // it takes keys for itself
    if (key === " ") return !target.closest("button") && toggle();
    const onSlider = target.closest("[role=slider]") !== null;
    const time = timeAfter(key, playback, onSlider);
    if (time === null) return false;
    attention.seek(time);
    return true;
  }

  function toggle() {
    attention.toggle();
    return true;
  }

  // Before the front end's own listeners, which are the document's.
  globalThis.addEventListener("keydown", press, { capture: true, signal });
  root.tabIndex = -1;
  root.addEventListener("pointerup", takeFocus, { signal });

  /**
   * A click anywhere gives the player the focus; JupyterLab would give it to the cell.
   *
   * @param {PointerEvent} event
   */
  function takeFocus({ target }) {
    const takesItself = "button, input, label, [role=slider]";
    if (target instanceof Element && target.closest(takesItself)) return;
    root.focus({ preventScroll: true });
  }
}
