// <inflight-run>: recorded runs on a page without a kernel, side by side.

import { make } from "../../stage/dom.js";
import { Player } from "../../stage/player.js";
import { Stage } from "../../stage/stage.js";
import { runFrom } from "../../stage/wire.js";
import { followTheme } from "./theme.js";

/** @import { Columns } from "../../stage/wire.js" */

/**
 * Have the page play those that it has, when somebody says so.
 *
 * @param {boolean} [fromStart] Whether they stand at their start, where readers first
 *   guess how they end; else at their end.
 */
export function defineRecordedRuns(fromStart = false) {
  class RecordedRuns extends HTMLElement {
    /** @type {AbortController | undefined} */
    #life;

    connectedCallback() {
      const recording = this.querySelector("script")?.textContent;
      if (!recording) return;
      this.#life = new AbortController();
      this.root = make("div", { className: "ifl-plot" });
      this.append(this.root);
      followTheme(this.root, this.#life.signal);
      this.#show(this.root, recording, this.#life.signal);
      this.classList.add("ifl-plays"); // in place of the still picture
    }

    disconnectedCallback() {
      this.#life?.abort();
      this.root?.remove();
    }

    /**
     * @param {HTMLElement} root
     * @param {string} recording As `inflight_lab.runs.recording` writes it.
     * @param {AbortSignal} signal Aborted when the page closes.
     */
    #show(root, recording, signal) {
      /** @type {{ runs: Record<string, Columns> }} */
      const { runs } = JSON.parse(recording);
      const places = make("div", { className: "ifl-stages" });
      root.append(places);
      const stages = Object.keys(runs).map((title) => new Stage(places, { title }));
      const player = new Player(stages, signal);
      const recorded = Object.values(runs).map(runFrom);
      if (fromStart) player.show(recorded);
      else player.showEnd(recorded);
      signal.addEventListener("abort", () => stages.forEach((each) => each.destroy()));
    }
  }

  if (!customElements.get("inflight-run")) {
    customElements.define("inflight-run", RecordedRuns);
  }
}
