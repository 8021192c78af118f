// Which old events of a run are still needed to draw it: those of what has not ended.

import { outcomeOf } from "./outcomes.js";

/** @import { RequestEvent } from "./run.js" */

/**
 * The events of unfinished requests and taken slots, and the last that says how the quota
 * stood; in their order.
 *
 * @param {RequestEvent[]} events
 */
export function eventsStillRelevant(events) {
  /** @type {Map<unknown, RequestEvent[]>} The events of each request and slot. */
  const underWay = new Map();
  for (const event of events) {
    const owner = ownerOf(event);
    if (begins(event)) underWay.set(owner, [event]);
    else if (ends(event)) underWay.delete(owner);
    else underWay.get(owner)?.push(event);
  }
  const relevant = new Set([...underWay.values()].flat());
  const lastCounted = events.findLast(({ quota }) => quota !== null);
  return events.filter((event) => relevant.has(event) || event === lastCounted);
}

/** @param {RequestEvent} event */
const begins = ({ what }) => what === "taken" || what === "sent";

/** @param {RequestEvent} event */
const ends = (event) => event.what === "freed" || outcomeOf(event) !== null;

/**
 * What the event is about: a slot or a request.
 *
 * @param {RequestEvent} event
 */
function ownerOf({ what, request, detail }) {
  const isAboutSlot = what === "taken" || what === "freed";
  return isAboutSlot ? `slot ${detail}` : request;
}
