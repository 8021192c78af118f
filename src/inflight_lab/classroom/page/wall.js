// The page for the projector: every phone, every request of theirs, and the one quota.

import { make, write } from "../../stage/dom.js";
import { dotOf, drawBounces, drawWall, isClosed } from "../../stage/dots.js";
import { LANDING } from "../../stage/motion.js";
import { Pen } from "../../stage/pen.js";
import { middle, Places } from "../../stage/places.js";
import { Player } from "../../stage/player.js";
import { inWords, wallAt } from "../../stage/quota.js";
import { countsAt, Run } from "../../stage/run.js";
import { append, NOBODY, refusedLately, sentenceAt } from "./class_run.js";
import { colourOf, initialsOf } from "./colours.js";
import { button, checkbox, slider } from "./controls.js";
import { drawHistory, SPAN } from "./history.js";

/**
 * @import { Moment } from "../../stage/dots.js"
 * @import { Box, Boxes, Point } from "../../stage/places.js"
 * @import { Journey } from "../../stage/run.js"
 * @import { Stage } from "../../stage/stage.js"
 * @import { News, State } from "./class_run.js"
 */

/** Dots have the size that they would have in a block of so many. */
const CROWD = 300;

/** There is room at the API for so many: the first of these that is enough. */
const ROOMS = [30, 60, 120, 240, 480];

/** Words change so often, in seconds. */
const READABLE = 0.25;

/** In milliseconds. */
const TRY_AGAIN = 1500;

/** Every request sets out from its phone, and comes back to it. */
class ClassPlaces extends Places {
  /** @type {Map<number, Point>} Where each phone is, or was. */
  phones = new Map();
  /** @type {Run} */
  run = new Run();

  /** @param {Boxes} boxes @param {number} seats */
  constructor(boxes, seats) {
    super(boxes, { requests: CROWD, slots: 1, seats, door: "open" });
    this.count = Infinity;
  }

  /** @override @param {number} number @returns {Point} */
  home(number) {
    const journey = this.run.journey(number);
    return journey ? this.start(journey) : middle(this.boxes.requests);
  }

  /** @override @param {Journey} journey @returns {Point} */
  start({ slot }) {
    return this.phones.get(slot ?? 0) ?? middle(this.boxes.requests);
  }

  /**
   * Those of one phone fan out.
   *
   * @override
   * @param {Journey} journey
   * @param {number} place
   */
  meets(journey, place) {
    return super.meets({ ...journey, slot: null }, place);
  }
}

class Wall {
  /** @type {State} */
  state = NOBODY;
  run = new Run();
  /** @type {ClassPlaces | undefined} */
  #places;
  #seats = 0;
  #lastWords = -1;
  onSeek = () => {};
  /** @type {WebSocket | undefined} */
  #socket;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.join = /** @type {HTMLElement} */ (document.getElementById("join"));
    this.join.onclick = () => this.root.classList.toggle("ifl-large-code");
    this.parts = this.#build();
    root.append(...this.parts.all);
    this.pen = new Pen(this.parts.canvas);
    this.barsPen = new Pen(this.parts.bars);
    new ResizeObserver(() => this.#measure()).observe(this.parts.flow);
    matchMedia("(prefers-color-scheme: dark)").onchange = () => this.#measure();
    this.player = new Player([/** @type {Stage} */ (/** @type {unknown} */ (this))]);
    this.#connect();
  }

  #build() {
    const sentence = make("p", { className: "ifl-sentence", ariaLive: "polite" });
    const counts = make("p", { className: "ifl-counts" });
    const phones = make("ol", { className: "ifl-phones", ariaLabel: "Phones" });
    const quota = make("b");
    const boxes = {
      wall: make("div", { className: "ifl-box-wall" }),
      api: make("div", { className: "ifl-box-api" }),
    };
    const label = make(
      "p",
      { className: "ifl-api-label" },
      make("span", {}, "API"),
      make("span", { className: "ifl-quota" }, quota),
    );
    const canvas = make("canvas", { ariaHidden: "true" });
    const flow = make(
      "div",
      { className: "ifl-flow" },
      phones,
      make("div", { className: "ifl-way" }),
      make("div", { className: "ifl-api" }, boxes.wall, label, boxes.api),
      canvas,
    );
    const bars = make("canvas", { ariaHidden: "true" });
    const history = make(
      "div",
      { className: "ifl-history" },
      make("p", {}, `The last ${SPAN} s: sent in each`),
      bars,
    );
    const stage = make(
      "section",
      { className: "ifl-stage", ariaLabel: "Requests of the class" },
      sentence,
      counts,
      flow,
      history,
    );
    const rate = slider({
      name: "rate",
      label: "quota",
      min: 5,
      max: 200,
      step: 5,
      value: 40,
      inWords: (value) => `${value}/s`,
    }, (value) => this.#tell({ rate: value }));
    const latency = slider({
      name: "latency",
      label: "latency",
      min: 0.1,
      max: 3,
      step: 0.1,
      value: 0.5,
      inWords: (value) => `${value.toFixed(1)} s`,
    }, (value) => this.#tell({ latency: value }));
    const shared = checkbox(
      "One shared pace: turns are dealt out",
      () => this.#tell({ shared: shared.input.checked }),
    );
    const full = button(
      "Full screen",
      () => document.documentElement.requestFullscreen(),
    );
    const controls = make(
      "div",
      { className: "ifl-controls", role: "group", ariaLabel: "For the teacher" },
      rate.row,
      latency.row,
      shared.row,
      full,
    );
    return {
      all: [stage, controls],
      ...{ sentence, counts, phones, quota, boxes, canvas, bars, flow, stage },
      ...{ rate, latency, shared },
    };
  }

  #connect() {
    const socket = new WebSocket(new URL("talk", location.href.replace(/^http/, "ws")));
    this.#socket = socket;
    this.run = new Run();
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = () => {
      this.run.isLive = false;
      write(this.parts.sentence, "The class is closed.");
      setTimeout(() => this.#connect(), TRY_AGAIN);
    };
  }

  /** @param {{ rate?: number, latency?: number, shared?: boolean }} message */
  #tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  /** @param {News} news */
  #hear(news) {
    const isFirst = !this.run.isLive;
    this.state = append(this.run, this.state, news);
    const { rate, latency, shared } = this.parts;
    if (news.quota) rate.show(news.quota.rate);
    if (news.latency !== undefined) latency.show(news.latency);
    if (news.shared !== undefined) shared.input.checked = news.shared;
    if (news.phones) this.#showPhones();
    if (!isFirst) return;
    this.player.show([this.run]);
    this.player.follow();
  }

  #showPhones() {
    const { phones } = this.parts;
    const people = this.state.phones.map(([number, name]) => {
      const badge = make("b", { className: "ifl-badge" }, initialsOf(number, name));
      badge.style.background = colourOf(number);
      const whole = make("span", {}, name || `Phone ${number}`);
      return make("li", { data: { number } }, badge, whole);
    });
    people.sort((one, other) =>
      Number(one.dataset.number) - Number(other.dataset.number)
    );
    phones.replaceChildren(...people);
    this.root.classList.toggle("ifl-empty", people.length === 0);
    this.#measurePhones();
  }

  #measure() {
    const { flow, boxes, phones } = this.parts;
    if (!flow.clientWidth) return;
    this.pen.measure();
    this.barsPen.measure();
    const frame = flow.getBoundingClientRect();
    const before = this.#places?.phones ?? new Map();
    this.#places = new ClassPlaces({
      requests: boxOf(phones, frame),
      slots: boxOf(phones, frame),
      api: boxOf(boxes.api, frame),
      wall: boxOf(boxes.wall, frame),
    }, this.#seats);
    this.#places.phones = before;
    this.#measurePhones();
    this.player?.draw();
  }

  #measurePhones() {
    const { flow, phones } = this.parts;
    const frame = flow.getBoundingClientRect();
    for (const each of phones.querySelectorAll("li")) {
      const badge = /** @type {HTMLElement} */ (each.firstElementChild);
      const { left, top, width, height } = boxOf(badge, frame);
      const at = /** @type {Point} */ ([left + width, top + height / 2]);
      this.#places?.phones.set(Number(each.dataset.number), at);
    }
  }

  /**
   * What `Player` asks of a stage.
   *
   * @param {Run} run
   * @param {number} time
   * @param {{ pace: number, still: boolean }} showing
   */
  draw(run, time, { pace, still }) {
    this.#makeRoom(run);
    const places = this.#places;
    if (!places) return;
    const moment = { time, pace, still };
    places.run = run;
    this.pen.clear();
    drawWall(this.pen, run, moment, places);
    this.#drawDots(run, moment, places);
    if (!still) drawBounces(this.pen, run, moment, places);
    this.barsPen.clear();
    drawHistory(this.barsPen, run, time);
    const step = Math.floor(time / READABLE);
    if (step === this.#lastWords || !run.isLive) return;
    this.#lastWords = step;
    this.#write(run, moment);
  }

  /** @param {Run} run */
  #makeRoom(run) {
    const taken = run.journeys.reduce((most, { seat }) => Math.max(most, seat ?? 0), 0);
    const seats = ROOMS.find((each) => each > taken) ?? ROOMS[ROOMS.length - 1];
    if (seats === this.#seats) return;
    this.#seats = seats;
    this.#measure();
  }

  /** @param {Run} run @param {Moment} moment @param {ClassPlaces} places */
  #drawDots(run, moment, places) {
    const { context } = this.pen;
    /** @type {Map<number, Path2D>} */
    const out = new Map();
    for (const journey of run.journeys) {
      const isHome = moment.time > journey.ended + LANDING * moment.pace;
      if (isHome || journey.sent > moment.time) continue;
      const { at, radius, look } = dotOf(journey, run, moment, places);
      if (look === "out") {
        const phone = journey.slot ?? 0;
        const path = out.get(phone) ?? new Path2D();
        path.moveTo(at[0] + radius, at[1]);
        path.arc(...at, radius, 0, 2 * Math.PI);
        out.set(phone, path);
        continue;
      }
      this.pen.dot(at, radius, look);
    }
    this.pen.flush();
    for (const [phone, path] of out) {
      context.fillStyle = colourOf(phone);
      context.fill(path);
    }
  }

  /** @param {Run} run @param {Moment} moment */
  #write(run, moment) {
    const { sentence, counts, quota, phones, stage } = this.parts;
    const { time } = moment;
    const words = sentenceAt(run, time, this.state);
    const said = JSON.stringify(words);
    if (sentence.dataset.said !== said) {
      sentence.dataset.said = said;
      sentence.replaceChildren(
        ...words.map((each) =>
          typeof each === "string"
            ? each
            : make("b", { className: `ifl-word-${each[1]}` }, each[0])
        ),
      );
    }
    const { answered, refused, inFlight } = countsAt(run, time);
    const { stopped } = this.state;
    counts.replaceChildren(
      count("out", inFlight, "in flight"),
      count("answered", answered, "answered"),
      count("refused", refused, "refused"),
      ...(stopped ? [count("stopped", stopped, "stopped by the room")] : []),
    );
    write(quota, wallAt(run, time).words);
    stage.classList.toggle("ifl-closed", isClosed(run, moment));
    const lately = refusedLately(run, time);
    for (const each of phones.querySelectorAll("li")) {
      each.classList.toggle("ifl-bounced", lately.has(Number(each.dataset.number)));
    }
  }
}

/** @param {string} name @param {number} value @param {string} words */
function count(name, value, words) {
  const number = make("b", {}, inWords(value));
  return make("span", { className: `ifl-count-${name}` }, number, ` ${words}`);
}

/** @param {HTMLElement} element @param {DOMRect} frame @returns {Box} */
function boxOf(element, frame) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { left: left - frame.left, top: top - frame.top, width, height };
}

const root = document.getElementById("wall");
if (root) new Wall(root);
