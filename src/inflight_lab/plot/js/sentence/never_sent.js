// How many requests were given up before they were sent.

import { howMany } from "../outcomes.js";

/** @import { RequestEvent } from "../run.js" */

/** @param {RequestEvent[]} events */
export function neverSent(events) {
  return events
    .filter(({ what, request }) => what === "cancelled" && request === null)
    .reduce((sum, event) => sum + howMany(event), 0);
}
