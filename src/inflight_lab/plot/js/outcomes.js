// The outcomes of requests, from the events that end them.

/**
 * @import { OutcomeCounts, RequestEvent } from "./run.js"
 * @typedef {"accepted" | "refused" | "failed" | "cancelled"} Outcome
 */

/** Too Many Requests, Service Unavailable, and what APIs say in place of them. */
const REFUSALS = [402, 403, 429, 503, 529];

/** Those with which an API says that it has too much to do. */
const OVERLOADED = [503, 529];

/** @param {unknown} status */
export const isOverload = (status) => OVERLOADED.includes(Number(status));

/** @param {unknown} status */
export const isRefusal = (status) => REFUSALS.includes(Number(status));

/**
 * The outcome of a request that ended with this event, or null if it is not an end.
 *
 * @param {RequestEvent} event
 * @returns {Outcome | null}
 */
export function outcomeOf({ what, detail }) {
  if (what === "failed" || what === "cancelled") return what;
  if (what !== "answered") return null;
  if (isRefusal(detail)) return "refused";
  return Number(detail) < 400 ? "accepted" : "failed";
}

/**
 * How many requests ended with this event: one, or several that waited and are never sent.
 *
 * @param {RequestEvent} event
 */
export function howMany({ request, detail }) {
  return request === null && typeof detail === "number" ? detail : 1;
}

/**
 * Count the requests that end in `events` by their outcomes.
 *
 * @param {RequestEvent[]} events
 * @param {OutcomeCounts} outcomes What they are added to.
 */
export function addOutcomes(events, outcomes) {
  for (const event of events) {
    const outcome = outcomeOf(event);
    if (outcome) outcomes[outcome] += howMany(event);
  }
}
