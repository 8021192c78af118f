// What a view says while a run goes on: the first thing that a watcher should know.

import { isRefusal } from "../outcomes.js";
import { lastIndexUpTo, levelAt } from "../run.js";
import {
  arrivalsIn,
  busiestPeriod,
  eventsIn,
  extremes,
  flightsIn,
  meanLevel,
  notArrived,
} from "../spans.js";
import {
  areAllowed,
  grouped,
  inOnePeriod,
  lastPeriod,
  many,
  plainRate,
  plainSeconds,
  plainTime,
  ratePerSecond,
} from "../words.js";
import { whyFailed, whyRefused } from "./causes.js";
import { sleepersIn } from "./sleepers.js";

/** What happened within this many seconds is still the subject: words must not flicker. */
const STILL_RECENT = 2;

/** Nobody sends if nobody has for this many seconds. */
const SILENCE = 0.25;

/** A request that has been sent for this many seconds may still be on its way. */
const ON_ITS_WAY = 0.1;

/** A shorter queue for connections is not worth a sentence. */
const QUEUE_OF_CONNECTIONS = 5;

/** The quota is nearly used from this share on. */
const NEARLY = 0.9;

/** A number in flight may be rounded to an integer if that changes it by less than this. */
const ROUNDING = 0.15;

/**
 * @import { Moment, Situation } from "./moment.js"
 * @import { QuotaPolicy, RequestEvent } from "../run.js"
 */

/** @type {Situation} */
function notBegun({ run, counts, time }) {
  if (eventsIn(run, { from: -1, to: time }).some(({ what }) => what === "sent")) {
    return null;
  }
  if (counts.started > counts.waiting) return null;
  const { waiting } = counts;
  if (!waiting) return { text: "No request yet.", tone: "calm" };
  return { text: `${many(waiting, "request")} wait to be sent.`, tone: "calm" };
}

/** @type {Situation} */
function failing(moment) {
  const { counts } = moment;
  const recent = moment.endings("failed", STILL_RECENT);
  if (!recent.length || !counts.failed) return null;
  const who = counts.started === counts.failed ? "All " : "";
  const text = `${who}${grouped(counts.failed)} failed: ${whyFailed(moment)}.`;
  return { text, tone: "failed" };
}

/** @type {Situation} */
function waitingAfterRefusals(moment) {
  const { refused, waiting } = moment.counts;
  const inFlight = meanLevel(moment.ownLevel, moment.last(SILENCE));
  if (!refused || !waiting || inFlight || !moment.hasLasted(SILENCE)) return null;
  const after = `after ${many(refused, "refusal")}`;
  const text = `Nobody sends: ${after}, all wait before they try again.`;
  return { text, tone: "refused" };
}

/** @type {Situation} */
function refusing(moment) {
  if (moment.time - moment.lastRefusal > STILL_RECENT) return null;
  const { refused } = moment.counts;
  const who = refused ? `${grouped(refused)} refused` : "The API refuses";
  const why = whyRefused(moment);
  return { text: `${who}${why && `: ${why}`}.`, tone: "refused" };
}

/** @type {Situation} */
function waitingForConnections({ run, time }) {
  const { client, server } = run.levels;
  if (!client.length || !server.length) return null;
  const queue = notArrived(run, { sentBefore: time - ON_ITS_WAY, time });
  if (queue < QUEUE_OF_CONNECTIONS) return null;
  const atApi = levelAt(server, time) ?? 0;
  const others = atApi ? `${grouped(atApi)} in flight, ` : "";
  const text = `${others}${grouped(queue)} wait for a connection.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
function asleep(moment) {
  const { run, limit, counts } = moment;
  const { count, pause } = sleepersIn(run, moment.last(STILL_RECENT));
  const latency = meanLatency(moment);
  if (!count || !latency || count < (limit ?? 0) / 2) return null;
  if (!counts.waiting || !pause) return { text: sleeping(count, limit), tone: "calm" };
  const each = `(${plainSeconds(latency)} each + ${plainSeconds(pause)} asleep)`;
  const rate = count / (plainTime(latency) + plainTime(pause));
  const law = `${many(count, "slot")} / ${each} = ${ratePerSecond(rate)}`;
  return { text: `${law}${besideTheQuota(moment, rate)}.`, tone: "calm" };
}

/** @type {Situation} */
function tokensNearlyUsed(moment) {
  const { run, policy } = moment;
  if (!policy?.tokens) return null;
  const { highest } = extremes(run.levels.tokens, moment.last(1));
  if (highest < NEARLY * policy.tokens) return null;
  const used = `${grouped(highest)} of ${grouped(policy.tokens)} tokens were used`;
  const text = `${used} ${inOnePeriod(policy.period)}: hardly any are left.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
function nearlyFull(moment) {
  const { run, policy } = moment;
  if (!policy) return null;
  const { rate, period } = policy;
  const came = busiestPeriod(run, moment.last(STILL_RECENT), period);
  if (came < NEARLY * rate) return null;
  const inOne = `${grouped(came)} came ${inOnePeriod(period)}`;
  const left = came === rate ? "fully" : "nearly";
  const text = came > rate
    ? `${inOne}, more than the ${grouped(rate)} allowed: none refused so far.`
    : `${inOne}, ${areAllowed(rate)}: the quota is ${left} used.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
function unanswered(moment) {
  const { run, counts } = moment;
  const inFlight = levelAt(moment.ownLevel, moment.time) ?? 0;
  const since = run.events[lastIndexUpTo(run.events, moment.time)]?.time ?? 0;
  const seconds = Math.floor(moment.time - since);
  if (!inFlight || seconds < 1) return null;
  const waiting = counts.waiting ? `, ${grouped(counts.waiting)} wait` : "";
  const text = `${grouped(inFlight)} in flight${waiting}: no answer for ${seconds} s.`;
  return { text, tone: "full" };
}

/** @type {Situation} */
function idle(moment) {
  const { counts } = moment;
  const { waiting, accepted, refused, failed } = counts;
  const isDone = moment.announced > 0 && !waiting;
  const pause = isDone ? SILENCE : 1;
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
  if (moment.hasLasted(1) && meanLatency(moment)) return null;
  const { highest } = extremes(moment.ownLevel, moment.last(0.1));
  const queue = limit === undefined ? "wait" : "wait for a slot";
  const waiting = counts.waiting ? `, ${grouped(counts.waiting)} ${queue}` : "";
  return { text: `${grouped(highest)} in flight${waiting}.`, tone: "calm" };
}

/** @type {Situation} */
function steady(moment) {
  const inFlight = meanLevel(moment.ownLevel, moment.last(1));
  const shown = Math.round(inFlight);
  const latency = meanLatency(moment);
  if (!shown || !latency || moment.policy?.tokens) return null;
  if (Math.abs(inFlight - shown) > ROUNDING * inFlight) return null;
  const rate = shown / plainTime(latency);
  const law = `${grouped(shown)} in flight / ${plainSeconds(latency)} each`;
  const text = `${law} = ${ratePerSecond(rate)}${besideTheQuota(moment, rate)}.`;
  return { text, tone: "calm" };
}

/** @type {Situation} */
function counted(moment) {
  const { run, policy } = moment;
  if (policy && !isPerSecond(policy)) {
    return { text: `${latestPeriod(moment, policy)}.`, tone: "calm" };
  }
  const sent =
    eventsIn(run, moment.last(1)).filter(({ what }) => what === "sent").length;
  const text = `${grouped(sent)} sent in the last second${
    besideTheQuota(moment, sent)
  }.`;
  return { text, tone: "calm" };
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

/**
 * Of the latest answers that are no refusals, in seconds; 0 without any.
 *
 * @param {Moment} moment
 */
function meanLatency(moment) {
  const isAnswer = (/** @type {RequestEvent} */ { what, detail }) =>
    what === "answered" && !isRefusal(detail);
  for (const seconds of [2, 5, 60]) {
    const flights = flightsIn(moment.run, moment.last(seconds), isAnswer);
    if (flights.length) {
      return flights.reduce((sum, each) => sum + each) / flights.length;
    }
  }
  return 0;
}

/**
 * @param {Moment} moment
 * @param {number} rate A second.
 */
function besideTheQuota(moment, rate) {
  const { policy } = moment;
  if (!policy) return "";
  if (!isPerSecond(policy)) return `. ${latestPeriod(moment, policy)}`;
  const unused = Math.floor(policy.rate - plainRate(rate));
  const left = unused > 0 ? `, ${grouped(unused)} unused` : "";
  return `; ${grouped(policy.rate)} allowed${left}`;
}

/** @param {QuotaPolicy} policy */
const isPerSecond = ({ period, tokens }) => period === 1 && !tokens;

/**
 * What came in the latest period, beside what is allowed.
 *
 * @param {Moment} moment
 * @param {QuotaPolicy} policy
 */
function latestPeriod({ run, time }, { period, rate, tokens }) {
  const came = grouped(arrivalsIn(run, { from: time - period, to: time }));
  const inThe = `n ${lastPeriod(period)}`;
  if (!tokens) return `${came} came i${inThe}, ${areAllowed(rate)}`;
  const used = `${grouped(levelAt(run.levels.tokens, time) ?? 0)} of ${
    grouped(tokens)
  }`;
  return `I${inThe}: ${came} of ${many(rate, "request")}, ${used} tokens`;
}

/**
 * @param {number} count How many slots sleep.
 * @param {number | undefined} limit
 */
function sleeping(count, limit) {
  const all = count === limit;
  if (count === 1) return `${all ? "The only" : "One"} slot sleeps: it sends nothing.`;
  const who = all ? `All ${count}` : grouped(count);
  return `${who} slots sleep: a sleeping slot sends nothing.`;
}
