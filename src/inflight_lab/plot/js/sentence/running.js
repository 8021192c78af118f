// What a view says while a run goes on: the first thing that a watcher should know.

import { extremes } from "../spans.js";
import { many, withCommas } from "../words.js";
import { asleep, counted, nearlyFull, steady, tokensNearlyUsed } from "./pace.js";
import { sleepersIn } from "./sleepers.js";
import {
  failing,
  refusing,
  unanswered,
  waitingAfterRefusals,
  waitingForConnections,
} from "./troubles.js";

/** All announced requests have come home if none has flown for this many seconds. */
const DONE = 0.05;

/**
 * @import { RunSoFar, Situation } from "./run_so_far.js"
 */

/** @type {Situation} */
function notBegun({ run, counts, time }) {
  const { started, waiting } = counts;
  const hasSent = run.events.some((event) =>
    event.what === "sent" && event.time <= time
  );
  if (hasSent) return null;
  if (started > waiting) return null;
  if (!waiting) return { text: "No request yet.", tone: "calm" };
  const requests = many(waiting, "request");
  const verb = waiting === 1 ? "waits" : "wait";
  return { text: `${requests} ${verb} to be sent.`, tone: "calm" };
}

/** @type {Situation} */
function idle(soFar) {
  const { counts } = soFar;
  const { waiting, accepted, refused, failed } = counts;
  const isDone = counts.announced > 0 && !waiting;
  const pause = isDone ? DONE : 1;
  const { highest } = extremes(soFar.ownLevel, soFar.last(pause));
  if (highest || !soFar.hasLasted(pause)) return null;
  const parts = [`${withCommas(accepted)} answered`];
  if (refused) parts.push(`${withCommas(refused)} refused`);
  if (failed) parts.push(`${withCommas(failed)} failed`);
  if (waiting) parts.push(`${withCommas(waiting)} still to be sent`);
  return { text: `Nothing is in flight: ${parts.join(", ")}.`, tone: "calm" };
}

/** @type {Situation} */
function beginning(soFar) {
  const { counts } = soFar;
  if (soFar.hasLasted(1) && soFar.latency) return null;
  const { highest } = extremes(soFar.ownLevel, soFar.last(0.1));
  const sent = whereTheyAre(highest, soFar.notArrived.length);
  const rest = counts.waiting ? `; the rest wait${whatFor(soFar, highest)}` : "";
  return { text: `${sent}${rest}.`, tone: "calm" };
}

/**
 * @param {number} sent And not answered.
 * @param {number} notArrived How many of them.
 */
function whereTheyAre(sent, notArrived) {
  const inFlight = sent - notArrived;
  if (inFlight === 1) return "One request is in flight";
  if (inFlight > 1) return "Requests are in flight";
  return notArrived ? "Requests are sent but have not arrived" : "Nothing is in flight";
}

/**
 * What those wait for that have not been sent: the pace holds them back while slots are idle.
 *
 * @param {RunSoFar} soFar
 * @param {number} sent And not answered.
 */
function whatFor(soFar, sent) {
  const { run, limit } = soFar;
  if (limit === undefined) return "";
  const asleep = sleepersIn(run, soFar.last(0.1)).count;
  return sent + asleep < limit ? " for their turn" : " for a slot";
}

/** What is said of a run that goes on: the first that applies. */
export const WHILE_RUNNING = [
  notBegun,
  failing,
  waitingAfterRefusals,
  refusing,
  waitingForConnections,
  asleep,
  tokensNearlyUsed,
  nearlyFull,
  unanswered,
  idle,
  beginning,
  steady,
  counted,
];
