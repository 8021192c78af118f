// What a view says while something goes wrong: failures, refusals, requests that get stuck.

import { lastIndexUpTo, levelAt } from "../run.js";
import { meanLevel, notArrived } from "../spans.js";
import { grouped, many, wait } from "../words.js";
import { whyFailed, whyRefused } from "./causes.js";
import { SILENCE, STILL_RECENT } from "./moment.js";

/** A request that has been sent for this many seconds may still be on its way. */
const ON_ITS_WAY = 0.1;

/** A shorter queue for connections is not worth a sentence. */
const QUEUE_OF_CONNECTIONS = 5;

/**
 * @import { Situation } from "./moment.js"
 */

/** @type {Situation} */
export function failing(moment) {
  const { counts } = moment;
  const recent = moment.endings("failed", STILL_RECENT);
  if (!recent.length || !counts.failed) return null;
  const who = counts.started === counts.failed ? "All " : "";
  const text = `${who}${grouped(counts.failed)} failed: ${whyFailed(moment)}.`;
  return { text, tone: "failed" };
}

/** @type {Situation} */
export function waitingAfterRefusals(moment) {
  const { refused, waiting } = moment.counts;
  const inFlight = meanLevel(moment.ownLevel, moment.last(SILENCE));
  if (!refused || !waiting || inFlight || !moment.hasLasted(SILENCE)) return null;
  const after = `after ${many(refused, "refusal")}`;
  const text = `Nobody sends: ${after}, all wait before they try again.`;
  return { text, tone: "refused" };
}

/** @type {Situation} */
export function refusing(moment) {
  if (moment.lastRefusal(STILL_RECENT) === -Infinity) return null;
  const { refused } = moment.counts;
  const who = refused ? `${grouped(refused)} refused` : "The API refuses";
  const why = whyRefused(moment);
  return { text: `${who}${why && `: ${why}`}.`, tone: "refused" };
}

/** @type {Situation} */
export function waitingForConnections({ run, time }) {
  const { client, server } = run.levels;
  if (!client.length || !server.length) return null;
  const atApi = levelAt(server, time) ?? 0;
  const elsewhere = (levelAt(client, time) ?? 0) - atApi;
  if (elsewhere < QUEUE_OF_CONNECTIONS) return null;
  const queue = notArrived(run, { sentBefore: time - ON_ITS_WAY, time });
  if (queue < QUEUE_OF_CONNECTIONS) return null;
  const others = atApi ? `${grouped(atApi)} in flight, ` : "";
  const text = `${others}${wait(queue)} for a connection.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
export function unanswered(moment) {
  const { run, counts } = moment;
  const inFlight = levelAt(moment.ownLevel, moment.time) ?? 0;
  const since = run.events[lastIndexUpTo(run.events, moment.time)]?.time ?? 0;
  const seconds = Math.floor(moment.time - since);
  if (!inFlight || seconds < 1) return null;
  const waiting = counts.waiting ? `, ${wait(counts.waiting)}` : "";
  const text = `${grouped(inFlight)} in flight${waiting}: no answer for ${seconds} s.`;
  return { text, tone: "full" };
}
