// Which pictures of a run a view shows.

/**
 * @import { Model } from "./dom.js"
 *
 * @typedef {object} ViewSettings
 * @property {"both" | "requests" | "lines"} view
 * @property {string | null} strip The name of the only strip below the requests; null: all
 *   of them are there.
 * @property {string} [moment] What is shown while nothing moves: see `decisiveMoment`.
 */

/**
 * What a widget shows.  A panel has one strip below the requests, a plot of its own all.
 *
 * @param {Model} model
 * @returns {ViewSettings}
 */
export function settingsOf(model) {
  const view = model.get("view") ?? "both"; // the page of `watch` has no traits
  const page = model.get("_page");
  return { view, strip: page ? page.strip : null };
}

/**
 * The only strip that is drawn, or null for all: without requests above, there is room.
 *
 * @param {ViewSettings} settings
 */
export function onlyStripOf({ view, strip }) {
  return view === "lines" ? null : strip;
}
