// <inflight-run>: recorded runs on a page without a kernel.

import { make } from "../../stage/dom.js";
import { showRecorded } from "./recorded.js";
import { followTheme } from "./theme.js";

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
    showRecorded(this.root, recording, this.#life.signal);
    this.classList.add("ifl-plays"); // in place of the still picture
  }

  disconnectedCallback() {
    this.#life?.abort();
    this.root?.remove();
  }
}

/** Have the page play those that it has. */
export function defineRecordedRuns() {
  if (!customElements.get("inflight-run")) {
    customElements.define("inflight-run", RecordedRuns);
  }
}
