// The run of a class: what the server sends of it, and what one sentence says.

import { inWords, spanInWords } from "../../stage/quota.js";
import { inFlightAt, outcomeOf, Run } from "../../stage/run.js";

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

/** A sentence about refusals stays for so many seconds of requests ... */
const HELD = 3;

/** ... and for so many of one shared pace: they are from before it. */
const HELD_BEFORE_SHARED = 1;

/** So many are called by their names. */
const FEW = 2;

/**
 * The run to which the news belong: a new one, with counts of its own, if a new scene
 * begins.
 *
 * @param {Run} run
 * @param {State} state What was known.
 * @param {News} news
 */
export function sceneOf(run, state, { shared = state.shared, events, now }) {
  const last = run.sent.lastUpTo(now);
  const next = events.find(([, kind]) => kind === "sent")?.[0] ?? -Infinity;
  const begins = shared !== state.shared || next > last + QUIET;
  // The API still counts those of the last period.
  const isOver = now > last + (state.quota?.period ?? 1) && inFlightAt(run, now) === 0;
  if (!run.sent.list.length || !begins || !isOver) return run;
  const scene = new Run();
  scene.set(0, run.settingAt(now));
  return scene;
}

/** @param {Run} run @param {State} state What was known. @param {News} news */
export function append(run, state, { now, events, ...changes }) {
  const next = { ...state, ...changes };
  run.isLive = true;
  if (changes.quota || changes.latency !== undefined) {
    const { quota, latency } = next;
    run.set(run.settings.list.length ? now : 0, { quota, latency });
  }
  for (const row of events) readEvent(run, row);
  const newest = run.sent.lastUpTo(now);
  if (run.sent.list[0] < newest - KEPT - STEP) run.forget(newest - KEPT);
  run.now = now;
  return next;
}

/** @param {Run} run @param {EventRow} row */
function readEvent(run, [time, kind, number, detail, gauge, phone]) {
  if (kind === "sent") {
    const journey = run.send(time, phone, number);
    run.arrive(time, journey, { status: Number(detail), gauge });
    return;
  }
  const journey = run.journey(number);
  if (!journey) return; // from before this page
  if (kind === "answered") run.end(time, journey, outcomeOf(detail), detail);
  else run.end(time, journey, kind === "failed" ? "failed" : "cancelled", detail);
}

/**
 * It stays when nobody sends any more, so that the class can talk about it.
 *
 * @param {Run} run
 * @param {number} now
 * @param {State} state
 * @returns {Words[]}
 */
export function sentenceAt(run, now, { phones, shared, waiting }) {
  const time = run.sent.lastUpTo(now);
  const { quota } = run.settingAt(now);
  const period = quota?.period ?? 1;
  const allowed = quota ? `; ${inWords(quota.rate)} are allowed` : "";
  const end = worstEnd(run, time, { period, held: shared ? HELD_BEFORE_SHARED : HELD });
  const from = (end ?? time) - period;
  const count = run.sent.within(from, end ?? time);
  const who = whoSent(run, from, end ?? time, phones);
  const span = period === 1 ? "one second" : spanInWords(period);
  if (end !== null) {
    const refused = run.turned.within(from, end);
    return [
      [who, "out"],
      ` sent ${inWords(count)} in ${span}${allowed}: `,
      [`${inWords(refused)} refused`, "refused"],
      ".",
    ];
  }
  if (shared && (count || waiting)) {
    const queue = waiting ? `, ${inWords(waiting)} wait for their turn` : "";
    return [
      "One shared pace: ",
      [`${inWords(count)} sent`, "out"],
      ` in ${span}${allowed}, `,
      ["nobody is refused", "answered"],
      `${queue}.`,
    ];
  }
  if (count) return [[who, "out"], ` sent ${inWords(count)} in ${span}${allowed}.`];
  if (phones.length === 0) return ["Scan the code, or type the address."];
  const are = phones.length === 1 ? "1 phone is" : `${phones.length} phones are`;
  return [`${are} here. Nobody sends.`];
}

/**
 * When the period ended in which the most were sent, of those lately in which somebody
 * was refused.
 *
 * @param {Run} run
 * @param {number} time
 * @param {{ period: number, held: number }} spans In seconds.
 */
function worstEnd(run, time, { period, held }) {
  const refusals = run.turned.between(time - held, time);
  const last = refusals.at(-1);
  if (last === undefined) return null;
  let worst = { end: last, count: 0 };
  for (const end of refusals) {
    const count = run.sent.within(end - period, end);
    if (count >= worst.count) worst = { end, count };
  }
  return worst.end;
}

/**
 * @param {Run} run
 * @param {number} from
 * @param {number} to
 * @param {Person[]} phones
 */
function whoSent({ journeys }, from, to, phones) {
  const numbers = new Set(
    journeys.filter(({ sent }) => sent > from && sent <= to).map(({ slot }) => slot),
  );
  if (numbers.size > FEW) return `${numbers.size} phones`;
  const names = new Map(phones);
  return [...numbers].map((each) => names.get(each ?? 0) || `Phone ${each}`).join(
    " and ",
  );
}

/**
 * Those of whom one was refused within the last second.
 *
 * @param {Run} run
 * @param {number} time
 */
export function refusedLately({ journeys }, time) {
  return new Set(
    journeys.filter(({ outcome, ended }) =>
      outcome === "refused" && ended <= time && ended > time - 1
    ).map(({ slot }) => slot),
  );
}
