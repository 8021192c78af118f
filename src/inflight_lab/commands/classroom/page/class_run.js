// The run of a class: what the server sends of it, in rounds, and what is said of one.

import { busiest } from "../../../lesson/stage/causes.js";
import { inWords, spanInWords } from "../../../lesson/stage/quota.js";
import { outcomeOf, Run } from "../../../lesson/stage/run.js";
import { Changes } from "../../../lesson/stage/times.js";

/**
 * @import { Journey, Quota } from "../../../lesson/stage/run.js"
 * @import { Words } from "../../../lesson/stage/sentence.js"
 *
 * @typedef {[number: number, name: string]} Person
 *
 * @typedef {object} State What is set, and who is there.
 * @property {Quota | null} quota
 * @property {number} latency
 * @property {boolean} shared Whether turns are dealt out.
 * @property {number} waiting How many wait for their turn.
 * @property {Person[]} phones In the order of their numbers.
 * @property {string} url Where phones go.
 *
 * @typedef {[time: number, kind: string, number: number,
 *   detail: number | string | null,
 *   gauge: number | null, phone: number | null]} EventRow
 *
 * @typedef {{ now: number, events: EventRow[] } & Partial<State>} News
 *
 * @typedef {object} Round What is shown is of one round; the run goes on.
 * @property {number} time When it began.
 * @property {number} number From 1.
 * @property {boolean} shared Whether turns are dealt out in it.
 * @property {Map<number, Journey[]>} sent What each phone has sent in it.
 */

/** @type {State} */
export const NOBODY = {
  quota: null,
  latency: 0,
  shared: false,
  waiting: 0,
  phones: [],
  url: "",
};

/** Seconds of the run that are kept, and then in how large steps they are forgotten. */
const KEPT = 120;
const STEP = 5;

/** After so many seconds without a request, the next one begins a new round. */
const QUIET = 4;

/** With so many earlier rounds the newest is compared. */
const EARLIER = 3;

/**
 * So long a dot is on its way, in seconds: it meets the wall when the API counts it.
 * Only the API's time is known.
 */
const WAY = 0.2;

export class ClassRun extends Run {
  /** @type {Changes<Round>} */
  rounds = new Changes();

  /** @param {number} time @param {boolean} shared @returns {Round} */
  beginRound(time, shared) {
    const number = (this.rounds.list.at(-1)?.number ?? 0) + 1;
    const round = { time, number, shared, sent: new Map() };
    this.rounds.add(round);
    return round;
  }
}

/** @param {ClassRun} run @param {State} state What was known. @param {News} news */
export function append(run, state, { now, events, ...changes }) {
  const next = { ...state, ...changes };
  if (changes.quota || changes.latency !== undefined) {
    const { quota, latency } = next;
    run.set(run.settings.list.length ? now : 0, { quota, latency, way: WAY });
  }
  for (const row of events) readEvent(run, row, next.shared);
  const newest = run.reached.lastUpTo(now);
  if (run.reached.list[0] < newest - KEPT - STEP) run.forget(newest - KEPT);
  run.goOn({ now, isLive: true });
  return next;
}

/** @param {ClassRun} run @param {EventRow} row @param {boolean} shared */
function readEvent(run, [time, kind, number, detail, gauge, phone], shared) {
  if (kind === "sent") {
    const round = roundOf(run, time, shared);
    const journey = run.send(time - WAY, phone, number);
    run.arrive(time, journey, { status: Number(detail), gauge });
    const before = round.sent.get(phone ?? 0) ?? [];
    round.sent.set(phone ?? 0, [...before, journey]);
    return;
  }
  const journey = run.journey(number);
  if (!journey) return; // from before this page
  if (kind === "answered") run.end(time, journey, outcomeOf(detail), detail);
  else run.end(time, journey, kind === "failed" ? "failed" : "cancelled", detail);
}

/**
 * The round of a request that comes now: a new one after a pause, or if another pace
 * was chosen.
 *
 * @param {ClassRun} run
 * @param {number} time
 * @param {boolean} shared
 */
function roundOf(run, time, shared) {
  // The API still counts those of the last period.
  const quiet = Math.max(QUIET, run.settingAt(time).quota?.period ?? 0);
  const last = run.rounds.list.at(-1);
  const goesOn = time <= run.reached.lastUpTo(time) + quiet;
  if (last && goesOn && last.shared === shared) return last;
  return run.beginRound(time - WAY, shared);
}

/**
 * What became of the requests of a round, or of one phone's.  A dot that is refused is
 * no longer in flight: it is red from the wall on.
 *
 * @param {Iterable<Journey>} journeys
 * @param {number} time
 */
export function countsOf(journeys, time) {
  const counts = { inFlight: 0, answered: 0, refused: 0, failed: 0, cancelled: 0 };
  for (const { sent, arrived, ended, outcome } of journeys) {
    if (sent > time) continue;
    const isKnown = time >= (outcome === "refused" ? arrived : ended);
    counts[isKnown && outcome ? outcome : "inFlight"] += 1;
  }
  return counts;
}

/** All requests of a round. @param {Round | undefined} round */
export function journeysOf(round) {
  return [...round?.sent.values() ?? []].flat();
}

/**
 * How many came when most did, against what is allowed: that says why some were
 * refused.  It stays when nobody sends any more, so that the class can talk about it.
 *
 * @param {ClassRun} run
 * @param {number} time
 * @param {State} state
 * @returns {Words[]}
 */
export function sentenceAt(run, time, { phones, shared }) {
  const round = run.rounds.at(time);
  if (!round) {
    const join = "Scan the code, or type the address.";
    if (phones.length === 0) return [join];
    return [`${inPhones(phones.length)} joined. ${join}`];
  }
  if (shared && !round.shared) {
    return [
      ["One shared pace", "out"],
      ": from now on, requests take turns. Send again.",
    ];
  }
  const { quota } = run.settingAt(time);
  const period = quota?.period ?? 1;
  const who = inPhones(round.sent.size);
  const count = busiest(run, period, round.time, time);
  const span = period === 1 ? "a second" : spanInWords(period);
  return [
    round.shared ? "One shared pace: up to " : `${who} sent up to `,
    [inWords(count), quota && count > quota.rate ? "refused" : "out"],
    ` in ${span}`,
    quota ? `; ${inWords(quota.rate)} are allowed.` : ".",
  ];
}

/** @param {number} count */
function inPhones(count) {
  return count === 1 ? "1 phone" : `${count} phones`;
}

/**
 * The rounds before, to compare with, the newest first.
 *
 * @param {ClassRun} run
 * @param {number} time
 */
export function earlierInWords(run, time) {
  const newest = run.rounds.at(time)?.number ?? 0;
  const earlier = run.rounds.list.filter(({ number }) => number < newest);
  return earlier.slice(-EARLIER).reverse().map((round) => {
    const journeys = journeysOf(round);
    const { refused } = countsOf(journeys, time);
    const pace = round.shared ? ", one shared pace" : "";
    return `Round ${round.number}${pace}: ${refused} of ${journeys.length} refused`;
  });
}
