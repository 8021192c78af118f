// What a view says while something goes wrong: failures, refusals, requests that get stuck.
// A number that grows stands in large letters below the sentence, and not in it.

import { lastIndexUpTo, levelAt } from "../run.js";
import { meanLevel } from "../spans.js";
import { many, underWay, waitInWords } from "../words.js";
import { whyFailed, whyRefused } from "./causes.js";
import { SILENCE, STILL_RECENT } from "./run_so_far.js";

/** A request that has been sent for this many seconds may still be on its way. */
const ON_ITS_WAY = 0.1;

/** A shorter queue for connections is not worth a sentence. */
const QUEUE_OF_CONNECTIONS = 5;

/**
 * @import { Situation } from "./run_so_far.js"
 */

/** @type {Situation} */
export function failing(soFar) {
  const { counts } = soFar;
  const recent = soFar.endings("failed", STILL_RECENT);
  if (!recent.length || !counts.failed) return null;
  const who = counts.started === counts.failed ? "All requests" : "Requests";
  const text = `${who} fail: ${whyFailed(soFar)}.`;
  return { text, tone: "failed" };
}

/** @type {Situation} */
export function waitingAfterRefusals(soFar) {
  const { refused, waiting } = soFar.counts;
  const inFlight = meanLevel(soFar.ownLevel, soFar.last(SILENCE));
  if (!refused || !waiting || inFlight || !soFar.hasLasted(SILENCE)) return null;
  const after = `after ${many(refused, "refusal")}`;
  const text = `Nobody sends: ${after}, all wait before they try again.`;
  return { text, tone: "refused" };
}

/** @type {Situation} */
export function refusing(soFar) {
  if (soFar.lastRefusal(STILL_RECENT) === -Infinity) return null;
  const why = whyRefused(soFar);
  return { text: `Requests are refused${why && `: ${why}`}.`, tone: "refused" };
}

/** @type {Situation} */
export function waitingForConnections(soFar) {
  const { notArrived, time } = soFar;
  const stuck = notArrived.filter((sent) => sent.time <= time - ON_ITS_WAY);
  if (stuck.length < QUEUE_OF_CONNECTIONS) return null;
  const text = "Requests are sent but have not arrived: they wait for a connection.";
  return { text, tone: "full" };
}

/** @type {Situation} */
export function unanswered(soFar) {
  const { run, counts } = soFar;
  const open = levelAt(soFar.ownLevel, soFar.time) ?? 0;
  const since = run.events[lastIndexUpTo(run.events, soFar.time)]?.time ?? 0;
  const seconds = Math.floor(soFar.time - since);
  if (!open || seconds < 1) return null;
  const inFlight = underWay(open, soFar.notArrived.length);
  const waiting = counts.waiting ? `, ${waitInWords(counts.waiting)}` : "";
  const text = `${inFlight}${waiting}: no answer for ${seconds} s.`;
  return { text, tone: "full" };
}
