// A slider from one recorded run to the next: the same requests, sent with another limit.

import { add, div } from "../dom.js";

/** @import { Recorded } from "./player.js" */

const HINT = "These are recordings: the same requests were sent once with each limit.";

/**
 * @param {HTMLElement} parent Stays empty if there is nothing to choose.
 * @param {Recorded[]} all
 * @param {(recorded: Recorded) => void} choose
 */
export function addLimits(parent, all, choose) {
  if (all.length < 2) return;
  const label = add("label", parent);
  add("span", label, { textContent: "limit" });
  const slider = add("input", label, {
    type: "range",
    min: "0",
    max: `${all.length - 1}`,
    value: "0",
    oninput: () => {
      show();
      choose(all[Number(slider.value)]);
    },
  });
  const marks = div("ifl-marks", parent);
  marks.setAttribute("aria-hidden", "true"); // the slider says them
  const numbers = all.map(({ limit }) => {
    return add("span", marks, { textContent: `${limit}` });
  });
  div("ifl-hint", parent, HINT);

  function show() {
    const chosen = Number(slider.value);
    slider.setAttribute("aria-valuetext", `${all[chosen].limit}`);
    numbers.forEach((number, i) => number.classList.toggle("ifl-chosen", i === chosen));
  }
  show();
}
