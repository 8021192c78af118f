// What a view shows: which run, in which phase, and at which time.  Nothing is drawn here.

import { KernelClock, LAG_SECONDS, SetClock, StillClock } from "./clock.js";
import { emptyColumns } from "./columns.js";
import { decisiveMoment } from "./decisive_moment.js";
import { SETTLING_SECONDS } from "./flow/request.js";
import { calm } from "./frames.js";
import { phaseOf } from "./phase.js";
import { plannedRun } from "./planned_run.js";
import { Run } from "./run.js";

/**
 * @import { Clock } from "./clock.js"
 * @import { Columns } from "./columns.js"
 * @import { Moment } from "./decisive_moment.js"
 * @import { Phase } from "./phase.js"
 * @import { Plan } from "./planned_run.js"
 * @import { Played } from "./playback.js"
 */

/**
 * Dispatches one "phase" when there is another run or another phase to show, and "growth"
 * when there is more of the same.
 */
export class Stage extends EventTarget {
  /** What the kernel has sent. */
  run = new Run(emptyColumns());
  /** The run that is shown. */
  shown = new Run(emptyColumns());
  /** @type {Phase} */
  phase = "ready";
  /** @type {Moment} What is shown in the phase "frozen". */
  moment = { time: 0, words: "" };
  /** The name of the moment that should be; "" for the one that says most. */
  wantedMoment = "";
  /** The clock of all pictures, in every phase. */
  clock = new SetClock();

  /** What would be sent if it were run now. */
  #planned = this.shown;
  #kernelClock = new KernelClock();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  #playback;

  /**
   * @param {Played} playback
   * @param {AbortSignal} signal Aborted when the page closes.
   */
  constructor(playback, signal) {
    super();
    this.#playback = playback;
    playback.addEventListener("change", () => this.#update(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#settling));
  }

  /**
   * The time that sentence and tiles describe: that of the picture, or the end of the run
   * while its picture is frozen.
   */
  get time() {
    return this.phase === "frozen" ? Infinity : this.clock.time(LAG_SECONDS);
  }

  /**
   * The time that the data attributes describe: the newest that is known, which is a little
   * ahead of the picture; or the time that is played again.
   */
  get latest() {
    return this.phase === "playing" ? this.time : Infinity;
  }

  /** @param {Columns} columns Another run, as far as it is known. */
  begin(columns) {
    this.run = new Run(columns);
    this.#kernelClock.sync(this.run, true);
    this.#stopSettling();
    this.#update();
  }

  /** @param {Columns} columns What is new of the run. */
  grow(columns) {
    const wasLive = this.run.live;
    this.run.append(columns);
    this.#kernelClock.sync(this.run, false);
    if (wasLive && !this.run.live) this.#settle();
    this.#update();
  }

  /** @param {Plan} plan To be shown until there is a run. */
  plan(plan) {
    this.#planned = plannedRun(plan);
    if (this.phase === "ready") this.#update();
  }

  #settle() {
    if (calm.matches) return; // no dot is on its way
    this.#settling = setTimeout(() => {
      this.#stopSettling();
      this.#update();
    }, 1000 * SETTLING_SECONDS);
  }

  #stopSettling() {
    clearTimeout(this.#settling);
    this.#settling = undefined;
  }

  #update() {
    const settling = this.#settling !== undefined;
    const phase = phaseOf(this.run, { settling, played: this.#playback.on });
    const shown = phase === "ready" ? this.#planned : this.run;
    const isSame = phase === this.phase && shown === this.shown;
    if (!isSame) this.#enter(phase, shown);
    this.dispatchEvent(new Event(isSame ? "growth" : "phase"));
  }

  /**
   * @param {Phase} phase
   * @param {Run} shown
   */
  #enter(phase, shown) {
    this.phase = phase;
    this.shown = shown;
    if (phase === "frozen") {
      this.moment = decisiveMoment(this.run, this.wantedMoment);
    }
    this.clock.set(this.#clockIn(phase));
  }

  /**
   * @param {Phase} phase
   * @returns {Clock}
   */
  #clockIn(phase) {
    if (phase === "running") return this.#kernelClock;
    if (phase === "playing") return this.#playback.clock;
    return new StillClock(phase === "frozen" ? this.moment.time : 0);
  }
}
