// A run: each request with all its times, the slots, and what was set when.  It is one
// type for runs that are live, recorded, watched or simulated.  It only grows, by the
// calls of `Run`; whatever is shown at a time is read off it, in any order.
//
// All times are in seconds since the run began.  Infinity: it has not happened yet.

import { Changes, countWhile, Times } from "./times.js";

/**
 * @typedef {"answered" | "refused" | "failed" | "cancelled"} Outcome
 *
 * @typedef {object} Journey One request.
 * @property {number} number Its place in the order of sending, from 0.
 * @property {number | null} slot From which slot it was sent.
 * @property {number} sent
 * @property {number} arrived When the API counted it.
 * @property {number} due When the API will answer, if it says so on arrival.
 * @property {number} ended When its answer was back, or it failed.
 * @property {Outcome | null} outcome Known from its arrival on, where the API says it.
 * @property {number | string | null} reason The status, or the name of the error.
 * @property {number | null} seat Its place at the API.
 *
 * @typedef {object} Hold A slot that is taken.
 * @property {number} time From when.
 * @property {number} until
 * @property {Journey | null} last Whose request was sent from it last.
 *
 * @typedef {object} Quota What the API allows: `rate` requests per `period`.
 * @property {"window" | "bucket" | "spacing"} shape
 * @property {number | null} starts When a window starts; null where windows slide.
 * @property {number} rate
 * @property {number} period
 * @property {number} burst How many a full bucket holds, or how many may come early.
 * @property {number} tokens How many tokens per period; 0 where they are not counted.
 *
 * @typedef {object} Setting What is set from `time` on.
 * @property {number} time
 * @property {number | null} limit Null for no limit, or none that is known.
 * @property {number | null} latency Null where nobody knows.
 * @property {number} way How long a request is on its way to the API.
 * @property {Quota | null} quota
 * @property {number} maxConcurrent How many the API takes at once; 0 for any number.
 * @property {"" | "pause" | "paced"} manner What else is known of how they are sent.
 *
 * @typedef {Pick<Run, "now" | "isLive" | "wasStopped" | "isUnlimited" | "asked"> &
 *   { started: number }} Standing Of a run; `started` is how many were sent, or more.
 *
 * @typedef {{ time: number, value: number }} Level
 *
 * @typedef {object} Counted What the quota says right after an arrival.
 * @property {number} time
 * @property {number} gauge Counted in the window, tokens left, or seconds until the
 *   next is due.
 *
 * @typedef {object} Counts
 * @property {number} sent
 * @property {number} waiting
 * @property {number} inFlight
 * @property {number} notArrived How many of these the API has not seen yet.
 * @property {number} answered
 * @property {number} refused
 * @property {number} failed
 * @property {number} cancelled Also those that were never sent.
 */

/** What every run has set before anybody sets it. @type {Setting} */
const UNSET = {
  time: 0,
  limit: null,
  latency: null,
  way: 0,
  quota: null,
  maxConcurrent: 0,
  manner: "",
};

/** The runner with the pause keeps a slot for so many seconds after an answer. */
export const PAUSE = 1;

/** A slot sleeps if it is kept for so long after its answer, in seconds of the run. */
export const ASLEEP_AFTER = 0.1;

/** Less than this between two requests of a slot is no gap, in seconds of the run. */
const BLINK = 0.1;

/** Statuses of refusals: too many requests, or what APIs say in its place. */
const REFUSALS = [402, 403, 429, 503, 529];

/** @param {number | string | null} status @returns {Outcome} */
export function outcomeOf(status) {
  if (REFUSALS.includes(Number(status))) return "refused";
  return Number(status) < 400 ? "answered" : "failed";
}

export class Run {
  /** @readonly @type {number} How far it has gone. */
  now = 0;
  /** @readonly @type {boolean} Whether it goes on. */
  isLive = false;
  /** @readonly @type {boolean} Whether somebody stopped it before its end. */
  wasStopped = false;
  /** @readonly @type {boolean} Whether it is known that there is no limit. */
  isUnlimited = false;
  /**
   * How many were asked for: with retries, more are sent.  0 if nobody has said.
   *
   * @readonly @type {number}
   */
  asked = 0;
  #started = 0;

  /** @type {Journey[]} In the order of sending.  The oldest may be forgotten. */
  journeys = [];
  /** @type {Changes<Hold>[]} By slot. */
  holds = [];
  /** @type {Changes<Setting>} */
  settings = new Changes();
  /** @type {{ waiting: Changes<Level>, tokens: Changes<Level> }} */
  levels = { waiting: new Changes(), tokens: new Changes() };
  /** @type {Changes<Counted>} */
  gauges = new Changes();

  sent = new Times();
  /** Own requests that have reached the API, or ended before. */
  reached = new Times();
  /** What the API let in or turned away, requests of others included. */
  letIn = new Times();
  turned = new Times();
  /** Those that waited and were never sent. */
  givenUp = new Times();
  ends = {
    answered: new Times(),
    refused: new Times(),
    failed: new Times(),
    cancelled: new Times(),
  };
  /** @type {(Journey | undefined)[]} Who sits at the API, by seat. */
  #seats = [];

  /** How many requests it has in all, as far as anybody has said. */
  get size() {
    return Math.max(this.asked, this.#started);
  }

  /** Whether anybody has counted those that wait. */
  get knowsWaiting() {
    return this.levels.waiting.list.length > 0;
  }

  /** How many were at the API at once, at most. */
  get seatCount() {
    return this.#seats.length;
  }

  /** How it stands now, as a whole. @param {Partial<Standing>} changes */
  goOn({ started = 0, ...changes }) {
    Object.assign(this, changes);
    this.#started = Math.max(this.#started, started);
  }

  /** @param {Record<Outcome, number>} counts How many were over before its first. */
  drop(counts) {
    for (const [outcome, count] of Object.entries(counts)) {
      const ended = this.ends[/** @type {Outcome} */ (outcome)];
      for (const each of [this.sent, this.reached, ended]) each.forgotten += count;
    }
  }

  /**
   * From a time on this is set, and all else as before.
   *
   * @param {number} time
   * @param {Partial<Omit<Setting, "time">>} changes
   */
  set(time, changes) {
    this.settings.add({ ...this.settingAt(time), ...changes, time });
  }

  /** @param {number} time @param {number} waiting How many wait from then on. */
  wait(time, waiting) {
    this.levels.waiting.add({ time, value: waiting });
  }

  /** @param {number} time @param {number} tokens How many are used from then on. */
  spend(time, tokens) {
    this.levels.tokens.add({ time, value: tokens });
  }

  /** @param {number} time @param {number} slot */
  take(time, slot) {
    while (this.holds.length <= slot) this.holds.push(new Changes());
    this.holds[slot].add({ time, until: Infinity, last: null });
  }

  /** @param {number} time @param {number} slot */
  free(time, slot) {
    const hold = this.holds[slot]?.list.at(-1);
    if (hold) hold.until = time;
  }

  /**
   * @param {number} time
   * @param {number | null} slot
   * @param {number} [number] Without it, the next.
   */
  send(time, slot = null, number = (this.journeys.at(-1)?.number ?? -1) + 1) {
    /** @type {Journey} */
    const journey = {
      number,
      slot,
      sent: time,
      arrived: Infinity,
      due: Infinity,
      ended: Infinity,
      outcome: null,
      reason: null,
      seat: null,
    };
    this.journeys.push(journey);
    this.sent.add(time);
    this.#started = Math.max(this.#started, journey.number + 1);
    const hold = slot === null ? undefined : this.holds[slot]?.list.at(-1);
    if (hold) hold.last = journey;
    return journey;
  }

  /** @param {Journey} journey @param {number} due When its answer will be there. */
  expect(journey, due) {
    journey.due = due;
  }

  /**
   * The API counts a request.
   *
   * @param {number} time
   * @param {Journey | undefined} journey None for a request of somebody else.
   * @param {{ status?: number | null, due?: number, gauge?: number | null }} verdict
   *   With which status it will answer and when, and how the quota stands now.
   */
  arrive(time, journey, { status = null, due = Infinity, gauge = null } = {}) {
    const outcome = status === null ? null : outcomeOf(status);
    if (outcome === "refused") this.turned.add(time);
    else this.letIn.add(time);
    if (gauge !== null) this.gauges.add({ time, gauge });
    if (!journey) return;
    Object.assign(journey, { outcome, due, reason: status });
    this.#reach(journey, time);
  }

  /**
   * What the API has refused stays refused, also where nobody waited for the answer.
   *
   * @param {number} time
   * @param {Journey} journey
   * @param {Outcome} outcome
   * @param {number | string | null} reason
   */
  end(time, journey, outcome, reason = null) {
    const wasRefused = outcome === "cancelled" && journey.outcome === "refused";
    if (wasRefused) [outcome, reason] = ["refused", journey.reason];
    if (journey.arrived === Infinity) this.reached.add(time);
    const isAnswer = outcome === "answered" || outcome === "refused";
    if (isAnswer && journey.outcome && journey.outcome !== outcome) {
      this.#trade(journey, outcome);
    }
    Object.assign(journey, { ended: time, outcome, reason });
    this.ends[outcome].add(time);
  }

  /** Some that waited will never be sent. @param {number} time @param {number} count */
  giveUp(time, count) {
    for (let each = 0; each < count; each += 1) this.givenUp.add(time);
  }

  /** Only what is known of times after this one is kept. @param {number} time */
  forget(time) {
    this.journeys = this.journeys.filter(({ ended }) => ended > time);
    this.#seats.length = 1 +
      this.#seats.findLastIndex((each) => each !== undefined && each.ended > time);
    const { sent, reached, givenUp, letIn, turned } = this;
    const ends = Object.values(this.ends);
    const times = [sent, reached, givenUp, letIn, turned, ...ends];
    for (const each of times) each.forget(time);
    const { waiting, tokens } = this.levels;
    for (const each of [waiting, tokens, this.gauges, ...this.holds]) each.forget(time);
  }

  /** @param {number} number @returns {Journey | undefined} */
  journey(number) {
    const found = this.journeys[this.indexOf(number)];
    return found?.number === number ? found : undefined;
  }

  /**
   * Where the first request with this number or a later one is.
   *
   * @param {number} number
   */
  indexOf(number) {
    return countWhile(this.journeys, (each) => each.number < number);
  }

  /** Before its start, how it starts. @param {number} time @returns {Setting} */
  settingAt(time) {
    return this.settings.at(Math.max(0, time)) ?? this.settings.list[0] ?? UNSET;
  }

  /** @param {Journey} journey @param {number} time */
  #reach(journey, time) {
    journey.arrived = time;
    this.reached.add(time);
    if (journey.outcome === "refused") return;
    const free = this.#seats.findIndex((each) => !each || each.ended <= time);
    journey.seat = free < 0 ? this.#seats.length : free;
    this.#seats[journey.seat] = journey;
  }

  /**
   * Both sides number apart, so an arrival may have been taken for another's.  It is
   * given to one that is out and has the arrival that belongs here.
   *
   * @param {Journey} journey
   * @param {Outcome} outcome
   */
  #trade(journey, outcome) {
    const other = this.journeys.find((each) =>
      each.ended === Infinity && each.outcome === outcome &&
      each.sent <= journey.arrived && journey.sent <= each.arrived
    );
    if (!other) return;
    const [its, own] = [other, journey].map(arrivalOf);
    Object.assign(journey, its);
    Object.assign(other, own);
    for (const each of [journey, other]) {
      if (each.seat !== null) this.#seats[each.seat] = each;
    }
  }
}

/** @param {Journey} journey */
function arrivalOf({ arrived, due, outcome, reason, seat }) {
  return { arrived, due, outcome, reason, seat };
}

/**
 * Whether a slot is kept although its answer is back.
 *
 * @param {Hold} hold
 * @param {number} time
 */
export function isAsleep({ until, last }, time) {
  const since = last?.ended ?? Infinity;
  return time >= since + ASLEEP_AFTER && time < until;
}

/**
 * How many requests are known of: those that were asked for, or more that were sent.
 *
 * @param {Run} run
 * @param {number} time
 */
export function knownAt({ asked, sent }, time) {
  return Math.max(asked, sent.upTo(time));
}

/**
 * Where nobody counted those that wait, they are those that were asked for and are not
 * sent.
 *
 * @param {Run} run
 * @param {number} time
 * @returns {Counts}
 */
export function countsAt(run, time) {
  const sent = run.sent.upTo(time);
  const { waiting } = run.levels;
  const { answered, refused, failed, cancelled } = run.ends;
  return {
    sent,
    waiting: run.knowsWaiting
      ? waiting.at(time)?.value ?? 0
      : Math.max(0, knownAt(run, time) - sent - run.givenUp.upTo(time)),
    inFlight: inFlightAt(run, time),
    notArrived: sent - run.reached.upTo(time),
    answered: answered.upTo(time),
    refused: refused.upTo(time),
    failed: failed.upTo(time),
    cancelled: cancelled.upTo(time) + run.givenUp.upTo(time),
  };
}

/** @param {Run} run @param {number} time */
export function inFlightAt({ sent, ends }, time) {
  let inFlight = sent.upTo(time);
  for (const each of Object.values(ends)) inFlight -= each.upTo(time);
  return inFlight;
}

/**
 * How many are in flight, for the eye: a slot that is taken again at once was never
 * free.
 *
 * @param {Run} run
 * @param {number} time
 */
export function levelAt(run, time) {
  const before = [0, BLINK / 2, BLINK].map((each) => inFlightAt(run, time - each));
  return Math.max(...before);
}

/**
 * How many were sent within the last period: of a run that is over, before its end.
 *
 * @param {Run} run
 * @param {number} time
 */
export function sentLatelyAt(run, time) {
  const at = Math.min(time, run.now);
  const period = run.settingAt(at).quota?.period ?? 1;
  return run.sent.within(at - period, at);
}
