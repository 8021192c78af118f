// What a view says while a run goes on: the first thing that a watcher should know.

import { extremes } from "../spans.js";
import { grouped, many, wait } from "../words.js";
import { asleep, counted, nearlyFull, steady, tokensNearlyUsed } from "./pace.js";
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
 * @import { Situation } from "./moment.js"
 */

/** @type {Situation} */
function notBegun({ run, counts: { started, waiting }, time }) {
  if (run.events.some((event) => event.what === "sent" && event.time <= time)) {
    return null;
  }
  if (started > waiting) return null;
  if (!waiting) return { text: "No request yet.", tone: "calm" };
  const requests = waiting === 1
    ? "1 request waits"
    : `${many(waiting, "request")} wait`;
  return { text: `${requests} to be sent.`, tone: "calm" };
}

/** @type {Situation} */
function idle(moment) {
  const { counts } = moment;
  const { waiting, accepted, refused, failed } = counts;
  const isDone = moment.announced > 0 && !waiting;
  const pause = isDone ? DONE : 1;
  const { highest } = extremes(moment.ownLevel, moment.last(pause));
  if (highest || !moment.hasLasted(pause)) return null;
  const parts = [`${grouped(accepted)} answered`];
  if (refused) parts.push(`${grouped(refused)} refused`);
  if (failed) parts.push(`${grouped(failed)} failed`);
  if (waiting) parts.push(`${grouped(waiting)} still to be sent`);
  return { text: `Nothing is in flight: ${parts.join(", ")}.`, tone: "calm" };
}

/** @type {Situation} */
function beginning(moment) {
  const { counts, limit } = moment;
  if (moment.hasLasted(1) && moment.latency) return null;
  const { highest } = extremes(moment.ownLevel, moment.last(0.1));
  const queue = limit === undefined ? "" : " for a slot";
  const waiting = counts.waiting ? `, ${wait(counts.waiting)}${queue}` : "";
  return { text: `${grouped(highest)} in flight${waiting}.`, tone: "calm" };
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
