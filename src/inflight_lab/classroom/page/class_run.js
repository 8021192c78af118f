// The run of a class: what the server sends of it, and what one sentence says.

import { inWords, spanInWords } from "../../stage/quota.js";
import { inFlightAt, outcomeOf, Run } from "../../stage/run.js";
import { Changes, Times } from "../../stage/times.js";
import { nameOf } from "./parts.js";

/**
 * @import { Quota } from "../../stage/run.js"
 * @import { Words } from "../../stage/sentence.js"
 *
 * @typedef {[number: number, name: string]} Person
 *
 * @typedef {object} State What is set, and who is there.
 * @property {Quota | null} quota
 * @property {number} latency
 * @property {boolean} shared Whether turns are dealt out.
 * @property {number} waiting How many wait for their turn.
 * @property {number} stopped How many were too many for the room.
 * @property {Person[]} phones In the order of their numbers.
 * @property {string} url Where phones go.
 *
 * @typedef {[time: number, kind: string, number: number,
 *   detail: number | string | null,
 *   gauge: number | null, phone: number | null]} EventRow
 *
 * @typedef {{ now: number, events: EventRow[] } & Partial<State>} News
 *
 * @typedef {object} Scene What is said is of one scene; the run goes on.
 * @property {number} time When it began.
 * @property {number} answered How many were answered before.
 * @property {number} refused How many were refused before.
 */

/** @type {State} */
export const NOBODY = {
  quota: null,
  latency: 0,
  shared: false,
  waiting: 0,
  stopped: 0,
  phones: [],
  url: "",
};

/** Seconds of the run that are kept, and then in how large steps they are forgotten. */
const KEPT = 22;
const STEP = 1;

/** After so many seconds without a request, the next one begins a new scene. */
const QUIET = 4;

/** A sentence about refusals stays for so many seconds of requests. */
const HELD = 3;

/** So many are called by their names. */
const FEW = 2;

/**
 * So long a dot is on its way, in seconds: it meets the wall when the API counts it.
 * Only the API's time is known.
 */
const WAY = 0.2;

export class ClassRun extends Run {
  /** @type {Changes<Scene>} */
  scenes = new Changes();
  /** @type {Map<number, Times>} When each phone was refused. */
  refusals = new Map();

  /** @param {number} time */
  beginScene(time) {
    const answered = this.ends.answered.upTo(time);
    this.scenes.add({ time, answered, refused: this.turned.upTo(time) });
  }

  /** @param {number} time @param {number} phone */
  noteRefusal(time, phone) {
    const times = this.refusals.get(phone) ?? new Times();
    times.add(time);
    this.refusals.set(phone, times);
  }

  /** @param {number} time @returns {Scene} */
  sceneAt(time) {
    return this.scenes.at(time) ?? { time: -Infinity, answered: 0, refused: 0 };
  }
}

/** @param {ClassRun} run @param {State} state What was known. @param {News} news */
export function append(run, state, { now, events, ...changes }) {
  const next = { ...state, ...changes };
  run.isLive = true;
  if (changes.quota || changes.latency !== undefined) {
    const { quota, latency } = next;
    run.set(run.settings.list.length ? now : 0, { quota, latency, way: WAY });
  }
  for (const row of events) readEvent(run, row);
  if (next.shared !== state.shared) run.beginScene(now);
  const newest = run.reached.lastUpTo(now);
  if (run.reached.list[0] < newest - KEPT - STEP) run.forget(newest - KEPT);
  run.now = now;
  return next;
}

/** @param {ClassRun} run @param {EventRow} row */
function readEvent(run, [time, kind, number, detail, gauge, phone]) {
  if (kind === "sent") {
    // The API still counts those of the last period.
    const quiet = Math.max(QUIET, run.settingAt(time).quota?.period ?? 0);
    if (time > run.reached.lastUpTo(time) + quiet) run.beginScene(time - WAY);
    const journey = run.send(time - WAY, phone, number);
    run.arrive(time, journey, { status: Number(detail), gauge });
    if (journey.outcome === "refused") run.noteRefusal(time, phone ?? 0);
    return;
  }
  const journey = run.journey(number);
  if (!journey) return; // from before this page
  if (kind === "answered") run.end(time, journey, outcomeOf(detail), detail);
  else run.end(time, journey, kind === "failed" ? "failed" : "cancelled", detail);
}

/**
 * What became of the requests of a scene.  A dot that is refused is no longer in
 * flight: it is red from the wall on.
 *
 * @param {ClassRun} run
 * @param {number} time
 */
export function sceneCountsAt(run, time) {
  const before = run.sceneAt(time);
  const bounced = run.journeys.filter(({ outcome, arrived, ended }) =>
    outcome === "refused" && arrived <= time && time < ended
  );
  return {
    inFlight: inFlightAt(run, time) - bounced.length,
    answered: run.ends.answered.upTo(time) - before.answered,
    refused: run.turned.upTo(time) - before.refused,
  };
}

/**
 * It stays when nobody sends any more, so that the class can talk about it.
 *
 * @param {ClassRun} run
 * @param {number} now
 * @param {State} state
 * @returns {Words[]}
 */
export function sentenceAt(run, now, { phones, shared, waiting }) {
  const { quota } = run.settingAt(now);
  const period = quota?.period ?? 1;
  const allowed = quota ? `; ${inWords(quota.rate)} are allowed` : "";
  const worst = worstEnd(run, now, period);
  const end = worst ?? run.reached.lastUpTo(now);
  const from = Math.max(end - period, run.sceneAt(now).time);
  const count = run.reached.within(from, end);
  const who = whoSent(run, from, end, phones);
  if (worst !== null) {
    const refused = run.turned.within(from, end);
    const busiest = period === 1 ? "second" : spanInWords(period).replace("a ", "");
    return [
      [who, "out"],
      ` sent ${inWords(count)} in the busiest ${busiest}${allowed}: `,
      [`${inWords(refused)} refused`, "refused"],
      ".",
    ];
  }
  const span = period === 1 ? "one second" : spanInWords(period);
  if (shared && (count || waiting)) {
    const wait = waiting === 1 ? "waits for a turn" : "wait for their turn";
    const queue = waiting ? `, ${inWords(waiting)} ${wait}` : "";
    return [
      "One shared pace: ",
      [`${inWords(count)} sent`, "out"],
      ` in ${span}${allowed}, `,
      ["nobody is refused", "answered"],
      `${queue}.`,
    ];
  }
  if (count) return [[who, "out"], ` sent ${inWords(count)} in ${span}${allowed}.`];
  const join = "Scan the code, or type the address.";
  if (phones.length === 0) return [join];
  const are = phones.length === 1 ? "1 phone is" : `${phones.length} phones are`;
  return [`${are} here. ${run.reached.list.length ? "Nobody sends." : join}`];
}

/**
 * When the period ended in which the most were sent, of those lately in which somebody
 * was refused.
 *
 * @param {ClassRun} run
 * @param {number} now
 * @param {number} period
 */
function worstEnd(run, now, period) {
  const last = run.reached.lastUpTo(now);
  const from = Math.max(last - HELD, run.sceneAt(now).time);
  const refusals = run.turned.between(from, last);
  let worst = null;
  let most = 0;
  for (const end of refusals) {
    const count = run.reached.within(end - period, end);
    if (count < most) continue;
    most = count;
    worst = end;
  }
  return worst;
}

/**
 * @param {Run} run
 * @param {number} from
 * @param {number} to
 * @param {Person[]} phones
 */
function whoSent({ journeys }, from, to, phones) {
  const numbers = new Set(
    journeys.filter(({ arrived }) => arrived > from && arrived <= to)
      .map(({ slot }) => slot),
  );
  if (numbers.size > FEW) return `${numbers.size} phones`;
  const names = new Map(phones);
  const called = [...numbers].map((each) => nameOf(each ?? 0, names.get(each ?? 0)));
  return called.join(" and ");
}

/**
 * How many of a phone were refused in this scene.
 *
 * @param {ClassRun} run
 * @param {number} time
 * @param {number} phone
 */
export function refusedOf(run, time, phone) {
  return run.refusals.get(phone)?.within(run.sceneAt(time).time, time) ?? 0;
}
