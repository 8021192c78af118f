// The slider of a setting of the kernel's.

import { follow } from "../../plot/page/widget.js";
import { Slider } from "../../stage/controls.js";
import { Mover } from "./kernel.js";

/**
 * @import { Model } from "../../plot/page/widget.js"
 * @import { Setting } from "../../stage/controls.js"
 */

/**
 * @param {Model} model
 * @param {Setting} setting
 * @param {AbortSignal} signal Ends it.
 */
export function kernelSlider(model, setting, signal) {
  const { name } = setting;
  const slider = new Slider(setting, (value) => mover.send({ set: name, value }));
  const { input } = slider;
  const mover = new Mover(model, () => slider.show(model.get(name)), signal);
  /** @type {number | undefined} What it was when the pointer went down. */
  let before;
  input.onpointerdown = () => before = Number(input.value);
  input.onpointercancel = () => {
    // The swipe that began here has turned out to scroll the page.
    if (before === undefined || before === Number(input.value)) return;
    slider.show(before);
    mover.send({ set: name, value: before });
  };
  follow(model, [name], () => {
    if (!mover.isPending) slider.show(model.get(name));
  }, signal);
  return slider;
}
