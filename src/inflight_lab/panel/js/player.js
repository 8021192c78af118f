// Recorded runs are played by the page, when the kernel says so.

import { PageClock } from "../../plot/js/clock.js";
import { follow } from "../../plot/js/dom.js";

/**
 * A clock that goes from the beginning of the runs while the model is `running`.  Otherwise
 * it stands where the kernel says how far they were played.
 *
 * @param {import("../../plot/js/dom.js").Model} model
 * @param {AbortSignal} signal Ends it.
 */
export function playerClock(model, signal) {
  const clock = new PageClock();
  clock.speed = 1 / model.get("_page").slow;
  function turn() {
    const running = model.get("running");
    clock.seek(running ? 0 : model.get("_played"));
    if (running) clock.play();
    else clock.pause();
  }
  follow(model, ["running"], turn, signal);
  return clock;
}
