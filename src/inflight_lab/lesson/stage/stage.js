// The stage shows a run at a time: sentence, flow and strip, all read off the run.

import { pauseAt } from "./causes.js";
import { say, write } from "./dom.js";
import { drawFlow, isClosed, isSpent } from "./dots.js";
import { COUNTED, LABELLED, partsOf } from "./parts.js";
import { Pen } from "./pen.js";
import { boxOf, Places, roomFor } from "./places.js";
import { seenAt, timeAtTheWall } from "./motion.js";
import { inWords, wallAt } from "./quota.js";
import { sentenceAt } from "./sentence.js";
import { drawStrip, LEVELS, spanOf } from "./strip.js";

/**
 * @import { Moment } from "./dots.js"
 * @import { Door } from "./places.js"
 * @import { Player } from "./player.js"
 * @import { Wall } from "./quota.js"
 * @import { Counts, Run } from "./run.js"
 * @import { What } from "./strip.js"
 *
 * @typedef {object} StageOptions
 * @property {string} [title] Written on top, where several stand side by side.
 * @property {What} [strip] What the strip shows first; default: those in flight.
 *
 * @typedef {object} Showing How it is shown.
 * @property {number} pace Seconds of the run that pass in one of the eye's.
 * @property {boolean} still Whether nothing should fly.
 * @property {boolean} paused Whether one can read in peace.
 * @property {Run[]} beside All that have one scale with it.
 * @property {Run} [before] The run before.
 */

/** Sentence and counts change at most so often, in seconds of the eye's. */
const READABLE = 0.125;

/** Whoever looks back so far reads how long the run was, in seconds. */
const FAR_BACK = 0.5;

/**
 * So many seconds a key goes on.
 *
 * @type {Record<string, number>}
 */
const STEPS = {
  ArrowLeft: -0.1,
  ArrowRight: 0.1,
  PageDown: -1,
  PageUp: 1,
  Home: -Infinity,
  End: Infinity,
};

export class Stage {
  /** @type {What} What the strip shows. */
  #what = "in flight";
  /** @type {Places | undefined} */
  #places;
  #crowd = "";
  /** @type {unknown[]} The moment that sentence and counts are of. */
  #written = [];
  #isMeasured = false;
  /** @type {() => void} Draws again what was drawn last. */
  #drawAgain = () => {};
  /** Seconds that the strip shows. */
  #span = 1;
  /** @type {Player | undefined} Whom it tells what somebody does with it. */
  player;

  /** @param {HTMLElement} root @param {StageOptions} [options] */
  constructor(root, { title = "", strip = "in flight" } = {}) {
    this.parts = partsOf(title);
    const { stage, flowCanvas, stripCanvas, flow } = this.parts;
    this.root = stage;
    root.append(stage);
    this.pen = new Pen(flowCanvas);
    this.stripPen = new Pen(stripCanvas);
    this.sizes = new ResizeObserver(() => this.resize());
    this.sizes.observe(flow);
    this.sizes.observe(stripCanvas);
    this.#listen();
    this.#choose(strip);
  }

  /** Read sizes and colours anew, and draw. */
  resize() {
    this.#isMeasured = false;
    this.#drawAgain();
  }

  destroy() {
    this.sizes.disconnect();
    this.root.remove();
  }

  /**
   * @param {Run} run
   * @param {number} time In seconds of the run; less than 0: before its start.
   * @param {Showing} showing
   */
  draw(run, time, showing) {
    this.#drawAgain = () => this.draw(run, time, showing);
    const { pace, still, paused, beside, before } = showing;
    const moment = { time, pace, still };
    const span = spanOf(beside);
    this.#span = span;
    this.#measure(run);
    if (!this.#places) return;
    this.pen.clear();
    drawFlow(this.pen, run, moment, this.#places);
    const until = run.isLive && !paused ? time : Infinity;
    const shown = { time, span, what: this.#what, beside, before, until };
    this.#writeLabels(drawStrip(this.stripPen, run, shown));
    const isUnderWay = time >= 0 && (run.isLive || time < run.now);
    const isChanging = isUnderWay && !paused;
    const step = isChanging ? Math.floor(time / (READABLE * pace)) : time;
    const settings = run.settings.list.length;
    if (!this.#isNews(run, run.size, settings, isUnderWay, step)) return;
    this.#writeNumbers(run, moment);
    this.#say(run, time, isUnderWay);
  }

  /** Show what its player does. @param {Player} player */
  showPlayer({ isPlaying, isOver, mode, canPlay, pace }) {
    const { play, speed } = this.parts;
    play.dataset.playing = `${isPlaying}`;
    play.ariaLabel = isPlaying ? "Pause" : isOver ? "Play again" : "Play";
    play.title = play.ariaLabel;
    play.disabled = !canPlay;
    speed.value = `${pace}`;
    speed.disabled = mode === "follow" || !canPlay;
  }

  /** Whether no words have been written of this moment. @param {unknown[]} moment */
  #isNews(...moment) {
    const isWritten = moment.every((each, index) => each === this.#written[index]);
    this.#written = moment;
    return !isWritten;
  }

  /** @param {ReturnType<typeof drawStrip>} labels */
  #writeLabels(labels) {
    for (const name of LABELLED) {
      const element = this.parts.labels[name];
      write(element, labels[name].text);
      element.style.top = `${labels[name].y}px`;
    }
  }

  /** @param {Run} run */
  #measure(run) {
    const door = doorOf(run);
    const most = Math.max(
      run.holds.length,
      ...run.settings.list.map((each) => each.limit ?? 0),
    );
    const crowd = {
      requests: Math.max(1, run.size),
      slots: roomFor(most),
      seats: roomFor(Math.max(run.seatCount, most, 1)),
      door,
    };
    const key = JSON.stringify(crowd);
    if (this.#isMeasured && key === this.#crowd) return;
    const { stage, flow, boxes } = this.parts;
    stage.dataset.door = door;
    if (!flow.clientWidth) return;
    if (!this.#isMeasured) {
      this.pen.measure();
      this.stripPen.measure();
    }
    const frame = flow.getBoundingClientRect();
    const zoom = frame.width / flow.clientWidth || 1; // of a page that is presented
    const boxIn = (/** @type {HTMLElement} */ element) => boxOf(element, frame, zoom);
    this.#places = new Places({
      requests: boxIn(boxes.requests),
      slots: boxIn(boxes.slots),
      api: boxIn(boxes.api),
      wall: boxIn(boxes.wall),
    }, crowd);
    this.#crowd = key;
    this.#isMeasured = true;
  }

  /** @param {Run} run @param {Moment} moment */
  #writeNumbers(run, moment) {
    const { numbers, levels } = this.parts;
    const { time } = moment;
    const counts = seenAt(run, time);
    const waiting = time < 0 ? run.asked : counts.waiting;
    const { limit } = run.settingAt(time);
    const wall = wallAt(run, timeAtTheWall(run, time));
    for (const name of COUNTED) {
      write(numbers[name], inWords({ ...counts, waiting }[name]));
    }
    write(numbers.slots, limit === null ? "" : inWords(limit));
    write(numbers.quota, wall.words);
    write(numbers.tokens, tokensInWords(run, time));
    write(numbers.pause, pauseInWords(run, time));
    for (const { what, count, unit } of levels) {
      write(count, inWords(LEVELS[what].number(run, time)));
      write(unit, LEVELS[what].unit(run.settingAt(time)));
    }
    const at = Math.max(0, Math.min(time, run.now));
    write(numbers.time, time < 0 ? "" : `${at.toFixed(1)} s`);
    const isFarBack = time >= 0 && !run.isLive && run.now - at > FAR_BACK;
    write(numbers.length, isFarBack ? `of ${run.now.toFixed(1)} s` : "");
    this.#setSlider(at);
    this.#setStates(run, moment, counts, wall);
  }

  /**
   * What CSS has to know.
   *
   * @param {Run} run
   * @param {Moment} moment
   * @param {Counts} counts
   * @param {Wall} wall
   */
  #setStates(run, moment, counts, wall) {
    const { stage } = this.parts;
    stage.classList.toggle("ifl-before", moment.time < 0);
    stage.classList.toggle("ifl-closed", isClosed(run, moment));
    stage.classList.toggle("ifl-spent", isSpent(run, moment));
    const isCounted = run.knowsWaiting || run.size <= run.asked;
    stage.dataset.announced = `${run.asked > 0 && isCounted}`; // who may try again?
    stage.dataset.failed = `${counts.failed > 0}`;
    stage.dataset.cancelled = `${counts.cancelled > 0}`;
    stage.dataset.wall = wall.shape;
  }

  /** @param {number} time */
  #setSlider(time) {
    const { stripCanvas } = this.parts;
    stripCanvas.ariaValueNow = time.toFixed(1);
    stripCanvas.ariaValueMax = this.#span.toFixed(1);
    stripCanvas.ariaValueText = `${time.toFixed(1)} seconds`;
  }

  /** @param {Run} run @param {number} time @param {boolean} isUnderWay */
  #say(run, time, isUnderWay) {
    const { sentence } = this.parts;
    sentence.ariaLive = isUnderWay ? "off" : "polite";
    say(sentence, sentenceAt(run, time));
  }

  #listen() {
    const { stripCanvas, levels, play, speed } = this.parts;
    play.onclick = () => this.player?.toggle();
    speed.onchange = () => this.player?.choosePace(Number(speed.value));
    for (const { what, button } of levels) button.onclick = () => this.#choose(what);
    stripCanvas.onpointerdown = (event) => {
      stripCanvas.setPointerCapture(event.pointerId);
      this.player?.seek(this.#timeUnder(event));
    };
    stripCanvas.onpointermove = (event) => {
      if (event.buttons) this.player?.seek(this.#timeUnder(event));
    };
    stripCanvas.onkeydown = (event) => this.#pressed(event);
  }

  /** @param {What} what */
  #choose(what) {
    this.#what = what;
    for (const each of this.parts.levels) {
      each.button.ariaPressed = `${each.what === what}`;
    }
    this.#drawAgain();
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    const step = STEPS[event.key];
    if (step === undefined || !this.player) return;
    event.preventDefault();
    this.player.step(step);
  }

  /** @param {PointerEvent} event */
  #timeUnder({ clientX }) {
    const { left, width } = this.parts.stripCanvas.getBoundingClientRect();
    return (clientX - left) / width * this.#span;
  }
}

/** @param {Run} run @returns {Door} */
function doorOf(run) {
  const { manner } = run.settingAt(0);
  if (manner === "paced") return "gate";
  const hasLimit = run.settings.list.some((each) => each.limit !== null);
  return hasLimit || run.holds.length > 0 ? "slots" : "open";
}

/** @param {Run} run @param {number} time */
function tokensInWords(run, time) {
  const allowed = run.settingAt(time).quota?.tokens;
  const used = run.levels.tokens.at(time)?.value ?? 0;
  return allowed ? `${inWords(used)} of ${inWords(allowed)} tokens` : "";
}

/** For how long, if that is known. @param {Run} run @param {number} time */
function pauseInWords(run, time) {
  const pause = pauseAt(run, time);
  if (!pause) return "";
  return pause.until < Infinity
    ? `pause ${(pause.until - time).toFixed(1)} s`
    : "pause";
}
