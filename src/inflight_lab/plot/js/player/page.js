// The entry of a page that no kernel stands behind: it makes every <inflight-run> a player.

import { openPlayer } from "./open.js";

/**
 * @import { Attention } from "./attention.js"
 * @import { Source } from "./open.js"
 * @import { ViewSettings } from "../view_settings.js"
 */

/**
 * Holds a still picture and recordings, as `inflight_lab/plot/player.py` writes them.  The
 * picture stays where there is no JavaScript, on paper, and if a recording is damaged.
 */
class InflightRun extends HTMLElement {
  #life = new AbortController();
  /** @type {Attention | null} */
  #attention = null;

  connectedCallback() {
    this.#life = new AbortController();
    const { signal } = this.#life;
    this.#attention = openPlayer(this, sourcesIn(this), settingsOf(this), signal);
    this.classList.toggle("ifl-plays", this.#attention !== null);
  }

  disconnectedCallback() {
    this.#life.abort();
    this.#attention = null;
    this.classList.remove("ifl-plays");
  }

  /** Play from the start, unless the browser asks for no motion. */
  playFromStart() {
    this.#attention?.playFromStart();
  }
}

/**
 * @param {HTMLElement} element
 * @returns {Source[]}
 */
function sourcesIn(element) {
  const scripts = [...element.querySelectorAll("script")];
  return scripts.map(({ textContent, dataset: { limit } }) => ({
    text: textContent,
    limit: limit === undefined ? null : Number(limit),
  }));
}

/**
 * @param {HTMLElement} element
 * @returns {ViewSettings}
 */
function settingsOf({ dataset: { view = "both", strip = "in flight", moment } }) {
  const chosen = /** @type {ViewSettings["view"]} */ (view);
  return { view: chosen, strip: strip === "all" ? null : strip, moment };
}

// A notebook may hold this several times.
if (!customElements.get("inflight-run")) {
  customElements.define("inflight-run", InflightRun);
}
