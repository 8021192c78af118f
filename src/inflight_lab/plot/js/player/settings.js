// What a view asks its model for, where there is no kernel.

/**
 * @import { Model } from "../dom.js"
 *
 * @typedef {object} Options
 * @property {"both" | "requests" | "lines"} view
 * @property {"in flight" | "rate" | "all"} strip What the strip below the requests shows.
 */

/**
 * @param {Options} options
 * @returns {Model}
 */
export function settingsOf({ view, strip }) {
  const page = strip === "all" ? undefined : { strip };
  const settings = new Map(Object.entries({ view, _page: page }));
  return {
    get: (name) => settings.get(name),
    set() {},
    save_changes() {},
    on() {},
    off() {},
    send() {},
  };
}
