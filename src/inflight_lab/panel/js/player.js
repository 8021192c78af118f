// Recorded runs are played by the page, when the kernel says so.

import { PageClock } from "../../plot/js/clock.js";
import { follow } from "../../plot/js/dom.js";

/**
 * @import { Model } from "../../plot/js/dom.js"
 * @import { Player } from "../../plot/js/playback.js"
 */

/**
 * Goes from the beginning of the runs while the model is `running`.  Stopped before their end,
 * it stands where the kernel says how far they were played.
 *
 * @implements {Player}
 */
export class KernelPlayer extends EventTarget {
  on = false;
  clock = new PageClock();
  #model;

  /**
   * @param {Model} model
   * @param {AbortSignal} signal Ends it.
   */
  constructor(model, signal) {
    super();
    this.#model = model;
    this.clock.speed = 1 / model.get("_page").slow;
    follow(model, ["running"], () => this.#turn(), signal);
  }

  #turn() {
    const running = this.#model.get("running");
    const played = this.#model.get("_played");
    const isUnderWay = played > 0 && played < this.#model.get("_page").seconds;
    this.clock.seek(running ? 0 : played);
    if (running) this.clock.play();
    else this.clock.pause();
    this.on = running || isUnderWay;
    this.dispatchEvent(new Event("change"));
  }
}
