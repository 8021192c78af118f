// The player has the one clock of a page: it says which time all its stages show.

import { LANDING, LONGEST_WAY } from "./motion.js";

/**
 * @import { Run } from "./run.js"
 * @import { Stage } from "./stage.js"
 *
 * @typedef {"replay" | "follow" | "simulate"} Mode It plays what is over, keeps to runs
 *   that go on elsewhere, or lets a simulation go on.
 *
 * @typedef {{ root?: HTMLElement, player?: Player }} Parts
 * @typedef {Pick<Stage, "draw" | "showPlayer"> & Parts} Picture What shows a run: a
 *   stage, or something else that can do this.
 */

/** Before the start. */
const BEFORE = -0.001;

/** Between which one can choose: seconds of the run in one second of the eye's. */
export const SPEEDS = [0.25, 0.5, 1, 2, 4];

/** Seconds of the eye's that a request takes at least, where one can choose ... */
const WATCHABLE = 1.2;

/** ... and that a run takes at most, which has gone before. */
const PATIENCE = 25;

/** So many seconds after a request has arrived, a page has heard of it. */
const NEWS = 0.03;

/** A picture further off than this is put right at once; otherwise, by and by. */
const FAR_OFF = 0.5;
const BY_AND_BY = 0.1;

/** The longest step from frame to frame, in seconds: a page may have been hidden. */
const LONGEST_STEP = 0.05;

/** A recording is played from so many seconds before its first request. */
const LEAD = 0.1;

/** Steps where nothing should fly, in seconds of the eye's. */
const STILL_STEP = 0.5;

/**
 * The pace at which one can watch requests of this latency.
 *
 * @param {number} latency
 * @returns {number} Of the speeds, none that is faster than the run was.
 */
export function watchablePace(latency) {
  return speedFrom(latency / WATCHABLE);
}

/** The pace at which one can watch runs that are over. @param {Run[]} runs */
function paceOf(runs) {
  const flights = runs.flatMap(({ journeys }) => journeys)
    .filter(({ ended }) => ended < Infinity)
    .map(({ sent, ended }) => ended - sent)
    .sort((one, other) => one - other);
  const median = flights[flights.length >> 1] ?? WATCHABLE;
  const length = Math.max(0, ...runs.map((each) => each.now));
  return speedFrom(Math.max(median / WATCHABLE, length / PATIENCE));
}

/** @param {number} least */
function speedFrom(least) {
  return SPEEDS.find((each) => each >= Math.min(least, 1)) ?? 1;
}

export class Player extends EventTarget {
  /** @type {Run[]} One for each stage. */
  runs = [];
  /** @type {(Run | undefined)[]} For each stage the run before, once it is over. */
  before = [];
  /** The time that is shown; less than 0: before the start. */
  time = BEFORE;
  isPlaying = false;
  /** @type {Mode} */
  mode = "replay";
  /** The pace that suits the runs. */
  #pace = 1;
  /** @type {number | null} The one that somebody has chosen. */
  #chosen = null;
  /** @type {(time: number) => void} Lets the simulation go on. */
  #advance = () => {};
  #frame = 0;
  #lastFrame = 0;
  /** When the newest moment of a followed run was heard of, and which it was. */
  #heard = { now: 0, at: 0 };

  /**
   * @param {Picture[]} stages
   * @param {AbortSignal} [signal] Aborted when the page closes.
   */
  constructor(stages, signal) {
    super();
    this.stages = stages;
    this.stillness = matchMedia("(prefers-reduced-motion: reduce)");
    for (const stage of stages) stage.player = this;
    signal?.addEventListener("abort", () => cancelAnimationFrame(this.#frame));
  }

  /** A live picture is so many seconds behind: it knows where each dot is going. */
  get #lag() {
    const ways = this.runs.map((run) => run.settingAt(run.now).way);
    return Math.max(LONGEST_WAY, ...ways) + NEWS;
  }

  /** How far the runs have gone. */
  get newest() {
    return Math.max(0, ...this.runs.map((each) => each.now));
  }

  /** Just before the first is sent, where that is known. */
  get #beginning() {
    const first = Math.min(...this.runs.map(({ sent }) => sent.firstAfter(-Infinity)));
    return first < Infinity ? Math.max(0, first - LEAD) : 0;
  }

  get isLive() {
    return this.runs.some((each) => each.isLive);
  }

  /** When the last dot is at home, if the runs are over. */
  get end() {
    return this.newest + (this.isLive ? 0 : LANDING * this.pace);
  }

  get isOver() {
    return this.time >= this.newest && !this.isLive;
  }

  get hasBegun() {
    return this.time >= 0;
  }

  /** Whether there is anything to play. */
  get canPlay() {
    return this.isPlaying || this.newest > 0;
  }

  /** Whether it shows a run for the first time, and has not shown all of it. */
  get isCatchingUp() {
    return this.isPlaying && this.mode !== "replay";
  }

  /** Nobody can choose that of a run which goes on elsewhere. */
  get pace() {
    return this.mode === "follow" ? 1 : this.#chosen ?? this.#pace;
  }

  /** Show runs before their start. @param {Run[]} runs */
  show(runs) {
    this.runs.forEach((run, index) => {
      const isOver = !run.isLive && run.sent.list.length > 0;
      if (isOver && run !== runs[index]) this.before[index] = run;
    });
    this.runs = runs;
    this.time = BEFORE;
    this.#letGo();
    this.pause();
  }

  /** Show runs that are over, at their end. @param {Run[]} runs */
  showEnd(runs) {
    this.show(runs);
    this.seek(Infinity);
  }

  /**
   * Let a simulation go on, and show it.
   *
   * @param {(time: number) => void} advance
   * @param {number} pace
   */
  simulate(advance, pace) {
    this.mode = "simulate";
    this.#advance = advance;
    this.#pace = pace;
    this.play();
  }

  /** Another pace suits from now on. @param {number} pace */
  setPace(pace) {
    this.#pace = pace;
    this.#changed();
  }

  /** Somebody wants this one, whatever suits. @param {number} pace */
  choosePace(pace) {
    this.#chosen = pace;
    if (this.isOver) this.time = this.end;
    this.#changed();
  }

  /** Keep to the newest moment of runs that go on elsewhere. */
  follow() {
    this.mode = "follow";
    this.#heard = { now: 0, at: performance.now() };
    this.play();
    this.time = this.newest - this.#lag;
  }

  /** Play on; from the start, if it is over. */
  play() {
    if (!this.isLive) this.#letGo();
    if (this.isOver || !this.hasBegun) this.time = this.#beginning;
    this.isPlaying = true;
    this.#lastFrame = performance.now();
    this.#changed();
  }

  pause() {
    this.isPlaying = false;
    this.#changed();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  /** Stand still at a time. @param {number} time */
  seek(time) {
    if (!this.runs.length) return;
    this.time = Math.max(0, Math.min(time, this.end));
    this.pause();
  }

  /** Look back, or ahead, from where it is. @param {number} seconds */
  step(seconds) {
    this.seek(this.time + seconds);
  }

  /** Draw, at the next frame. */
  draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame((now) => this.#tick(now));
  }

  /** @param {number} now In milliseconds. */
  #tick(now) {
    this.#frame = 0;
    if (this.isPlaying) this.#step(now);
    this.drawNow();
    if (this.isPlaying) this.draw();
  }

  /** @param {number} now In milliseconds. */
  #step(now) {
    const passed = Math.min((now - this.#lastFrame) / 1000, LONGEST_STEP);
    this.#lastFrame = now;
    this.time += passed * this.pace;
    if (this.mode === "follow") this.#keepUp(now);
    if (this.mode === "simulate") this.#advance(this.time);
    if (!this.isLive && this.time >= this.end) this.#stay();
  }

  /** It stays at the end, where one can look back. */
  #stay() {
    this.#letGo();
    this.time = this.end;
    this.pause();
  }

  /** Nothing makes the runs go on. */
  #letGo() {
    this.mode = "replay";
    this.#pace = paceOf(this.runs);
  }

  /** @param {number} now In milliseconds. */
  #keepUp(now) {
    const { newest } = this;
    if (newest !== this.#heard.now) this.#heard = { now: newest, at: now };
    if (!this.isLive) return;
    const wanted = newest + (now - this.#heard.at) / 1000 - this.#lag;
    const off = wanted - this.time;
    const isFarOff = Math.abs(off) > FAR_OFF;
    this.time += off * (isFarOff ? 1 : BY_AND_BY);
  }

  /** Draw at once. */
  drawNow() {
    const { pace, stillness: { matches: still }, runs } = this;
    const beside = [...runs, ...this.before.filter((each) => each !== undefined)];
    const step = STILL_STEP * pace;
    const isStepping = still && this.isPlaying && this.time < this.newest;
    const time = isStepping ? Math.floor(this.time / step) * step : this.time;
    const paused = !this.isPlaying;
    this.stages.forEach((stage, index) => {
      const [run, before] = [runs[index], this.before[index]];
      if (run) stage.draw(run, time, { pace, still, paused, beside, before });
    });
  }

  #changed() {
    this.draw();
    this.stages.forEach((each) => each.showPlayer(this));
    this.dispatchEvent(new Event("change"));
  }
}
