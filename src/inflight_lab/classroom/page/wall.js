// The page for the projector: every phone, every request of theirs, and the one quota.

import { make, say, write } from "../../stage/dom.js";
import { dotOf, drawWall, isClosed } from "../../stage/dots.js";
import { LANDING } from "../../stage/motion.js";
import { Pen } from "../../stage/pen.js";
import { boxOf, middle, Places, roomFor } from "../../stage/places.js";
import { Player } from "../../stage/player.js";
import { inWords, spanInWords, wallAt } from "../../stage/quota.js";
import {
  append,
  ClassRun,
  NOBODY,
  refusedOf,
  sceneCountsAt,
  sentenceAt,
} from "./class_run.js";
import { byId, colourOf, nameOf, slider, talk } from "./parts.js";

/**
 * @import { Moment } from "../../stage/dots.js"
 * @import { Boxes, Point } from "../../stage/places.js"
 * @import { Journey, Run } from "../../stage/run.js"
 * @import { News, State } from "./class_run.js"
 *
 * @typedef {{ rate?: number, latency?: number, shared?: boolean }} Message
 */

/** Dots have the size that they would have in a block of so many. */
const CROWD = 300;

/** There is room at the API for so many. */
const [FEWEST, MOST] = [30, 480];

/** Words change so often, in seconds. */
const READABLE = 0.25;

const FULL = 2 * Math.PI;

/** Every request sets out from its phone, and comes back to it. */
class ClassPlaces extends Places {
  /** @type {Map<number, Point>} Where each phone is, or was. */
  phones = new Map();
  run = new ClassRun();

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
  run = new ClassRun();
  /** @type {ClassPlaces | undefined} */
  #places;
  #seats = FEWEST;
  #lastWords = -1;
  showPlayer = () => {};

  root = byId("wall", HTMLElement);
  flow = byId("flow", HTMLElement);
  phones = byId("phones", HTMLElement);
  sentence = byId("sentence", HTMLElement);
  shared = byId("shared", HTMLInputElement);
  rate = slider("rate", (rate) => this.tell({ rate }));
  latency = slider("latency", (latency) => this.tell({ latency }));
  dots = new Pen(byId("dots", HTMLCanvasElement));
  /** @type {Player} */
  player = new Player([this]);

  constructor() {
    const join = byId("join", HTMLButtonElement);
    join.onclick = () => this.root.classList.toggle("ifl-large-code");
    this.shared.onchange = () => this.tell({ shared: this.shared.checked });
    new ResizeObserver(() => this.#measure()).observe(this.flow);
    matchMedia("(prefers-color-scheme: dark)").onchange = () => this.#measure();
    /** @type {(message: Message) => void} */
    this.tell = talk({
      hear: (/** @type {News} */ news) => this.#hear(news),
      close: () => this.#end(),
    });
  }

  #end() {
    this.run.isLive = false;
    this.run = new ClassRun();
    this.sentence.dataset.said = "";
    write(this.sentence, "The class is closed.");
  }

  /** @param {News} news */
  #hear(news) {
    const isFirst = !this.run.isLive;
    this.state = append(this.run, this.state, news);
    if (news.url) write(byId("address", HTMLElement), news.url);
    if (news.quota) {
      const { rate, period } = news.quota;
      this.rate.input.dataset.unit = ` in ${spanInWords(period)}`;
      this.rate.show(rate);
    }
    if (news.latency !== undefined) this.latency.show(news.latency);
    if (news.shared !== undefined) this.shared.checked = news.shared;
    if (news.phones) this.#showPhones();
    this.root.classList.toggle("ifl-joining", this.run.sent.list.length === 0);
    if (!isFirst) return;
    this.player.show([this.run]);
    this.player.follow();
  }

  #showPhones() {
    const people = this.state.phones.map(([number, name]) => {
      const shown = make("span", {}, nameOf(number, name));
      const item = make("li", { data: { number } }, shown);
      item.style.background = colourOf(number);
      return item;
    });
    this.phones.replaceChildren(...people);
    this.#measurePhones();
  }

  #measure() {
    if (!this.flow.clientWidth) return;
    this.dots.measure();
    const known = this.#places?.phones ?? new Map();
    this.#places = new ClassPlaces({
      requests: this.#boxOf(this.phones),
      slots: this.#boxOf(this.phones),
      api: this.#boxOf(byId("boxApi", HTMLElement)),
      wall: this.#boxOf(byId("boxWall", HTMLElement)),
    }, this.#seats);
    this.#places.phones = known;
    this.#measurePhones();
    this.player.draw();
  }

  /** Dots leave from beside a phone's name. */
  #measurePhones() {
    const places = this.#places;
    if (!places) return;
    for (const item of this.phones.querySelectorAll("li")) {
      const { left, top, width, height } = this.#boxOf(item);
      const beside = left + width + places.radius;
      places.phones.set(Number(item.dataset.number), [beside, top + height / 2]);
    }
  }

  /** @param {HTMLElement} element */
  #boxOf(element) {
    return boxOf(element, this.flow.getBoundingClientRect());
  }

  /**
   * What `Player` asks of a stage.
   *
   * @param {ClassRun} run
   * @param {number} time
   * @param {{ pace: number, still: boolean }} showing
   */
  draw(run, time, { pace, still }) {
    this.#makeRoom(run);
    const places = this.#places;
    if (!places || !run.isLive) return;
    const moment = { time, pace, still };
    places.run = run;
    this.dots.clear();
    drawWall(this.dots, run, moment, places);
    this.#drawDots(run, moment, places);
    const words = Math.floor(time / READABLE);
    if (words === this.#lastWords) return;
    this.#lastWords = words;
    this.#write(run, moment);
  }

  /** @param {Run} run */
  #makeRoom({ seatCount }) {
    const seats = roomFor(seatCount, FEWEST, MOST);
    if (seats === this.#seats) return;
    this.#seats = seats;
    this.#measure();
  }

  /** @param {Run} run @param {Moment} moment @param {ClassPlaces} places */
  #drawDots({ journeys }, moment, places) {
    const { time, pace } = moment;
    const shown = journeys.filter(({ sent, ended }) =>
      sent <= time && time <= ended + LANDING * pace
    );
    const dots = shown.map((each) => dotOf(each, places.run, moment, places));
    for (const { at, radius, look } of dots) this.dots.dot(at, radius, look);
    this.dots.flush();
    // Those that are out have the colour of their phone.
    const { context } = this.dots;
    dots.forEach(({ at, radius, look }, index) => {
      if (look !== "out") return;
      context.fillStyle = colourOf(shown[index].slot ?? 1);
      context.beginPath();
      context.arc(...at, radius + 0.5, 0, FULL);
      context.fill();
    });
  }

  /** @param {ClassRun} run @param {Moment} moment */
  #write(run, moment) {
    const { time } = moment;
    say(this.sentence, sentenceAt(run, time, this.state));
    const { answered, refused, inFlight } = sceneCountsAt(run, time);
    const earlier = run.sceneAt(time).refused;
    const before = earlier ? `, ${inWords(earlier)} before` : "";
    const { stopped } = this.state;
    byId("counts", HTMLElement).replaceChildren(
      count("out", inFlight, "in flight"),
      count("answered", answered, "answered"),
      count("refused", refused, `refused in this round${before}`),
      ...(stopped ? [count("stopped", stopped, "stopped by the room")] : []),
    );
    write(byId("quota", HTMLElement), wallAt(run, time).words);
    byId("stage", HTMLElement).classList.toggle("ifl-closed", isClosed(run, moment));
    for (const each of this.phones.querySelectorAll("li")) {
      each.dataset.refused = `${refusedOf(run, time, Number(each.dataset.number))}`;
    }
  }
}

/** @param {string} name @param {number} value @param {string} words */
function count(name, value, words) {
  const number = make("b", {}, inWords(value));
  return make("span", { className: `ifl-count-${name}` }, number, ` ${words}`);
}

if (globalThis.document) new Wall();
