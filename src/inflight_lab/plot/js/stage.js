// What a view shows: which run, in which phase, and at which time.  Nothing is drawn here.

import { KernelClock, LAG_SECONDS, SetClock, StillClock } from "./clock.js";
import { emptyColumns } from "./columns.js";
import { decisiveMoment } from "./decisive_moment.js";
import { LANDING_SECONDS } from "./flow/request.js";
import { calm } from "./frames.js";
import { phaseOf } from "./phase.js";
import { plannedRun } from "./planned_run.js";
import { Run } from "./run.js";

/** After the end of a run its last dots land before one moment is shown. */
const SETTLE_MS = 1000 * (LAG_SECONDS + LANDING_SECONDS);

/**
 * @import { Clock } from "./clock.js"
 * @import { Columns } from "./columns.js"
 * @import { Moment } from "./decisive_moment.js"
 * @import { Phase } from "./phase.js"
 * @import { Plan } from "./planned_run.js"
 * @import { Player } from "./playback.js"
 */

/**
 * Dispatches "phase" when there is another run or another phase to show, and "growth" when
 * there is more of the same.
 */
export class Stage extends EventTarget {
  /** What the kernel has sent. */
  run = new Run(emptyColumns());
  /** @type {Phase} */
  phase = "ready";
  /** @type {Moment} What is shown in the phase "frozen". */
  moment = { time: 0, words: "" };
  /** The clock of all pictures, in every phase. */
  clock = new SetClock();

  /** What would be sent if it were run now. */
  #planned = new Run(emptyColumns());
  #kernelClock = new KernelClock();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #settling;
  #player;

  /**
   * @param {Player} player
   * @param {AbortSignal} signal Aborted when the page closes.
   */
  constructor(player, signal) {
    super();
    this.#player = player;
    player.addEventListener("change", () => this.#update(), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.#settling));
  }

  /** The run that is shown. */
  get shown() {
    return this.phase === "ready" ? this.#planned : this.run;
  }

  /** The time that numbers and words describe: that of the picture or, while it is frozen,
   * the end of the run. */
  get time() {
    return this.phase === "frozen" ? Infinity : this.clock.time(LAG_SECONDS);
  }

  /** The latest time that is known, except while the run is played again. */
  get latest() {
    return this.phase === "playing" ? this.time : Infinity;
  }

  /**
   * @param {Columns} columns What is new or, if another run begins, the whole run.
   * @param {boolean} begins
   */
  receive(columns, begins) {
    const wasLive = this.run.live;
    if (begins) this.run = new Run(columns);
    else this.run.append(columns);
    this.#kernelClock.sync(this.run, begins);
    if (begins) this.#stopSettling();
    else if (wasLive && !this.run.live) this.#settle();
    if (begins) this.#player.onNewRun();
    this.#update(begins);
  }

  /** @param {Plan} plan To be shown until there is a run. */
  plan(plan) {
    this.#planned = plannedRun(plan);
    if (this.phase === "ready") this.#update(true);
  }

  #settle() {
    if (calm.matches) return; // no dot is on its way
    this.#settling = setTimeout(() => {
      this.#stopSettling();
      this.#update();
    }, SETTLE_MS);
  }

  #stopSettling() {
    clearTimeout(this.#settling);
    this.#settling = undefined;
  }

  /** @param {boolean} begins Whether there is another run to show. */
  #update(begins = false) {
    const settling = this.#settling !== undefined;
    const phase = phaseOf(this.run, { settling, played: this.#player.on });
    const isSame = phase === this.phase && !begins;
    if (!isSame) this.#enter(phase);
    this.dispatchEvent(new Event(isSame ? "growth" : "phase"));
  }

  /** @param {Phase} phase */
  #enter(phase) {
    this.phase = phase;
    if (phase === "frozen") this.moment = decisiveMoment(this.run);
    this.clock.set(this.#clockIn(phase));
  }

  /**
   * @param {Phase} phase
   * @returns {Clock}
   */
  #clockIn(phase) {
    if (phase === "running") return this.#kernelClock;
    if (phase === "playing") return this.#player.clock;
    return new StillClock(phase === "frozen" ? this.moment.time : 0);
  }
}
