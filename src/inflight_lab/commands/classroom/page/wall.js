// The page for the projector: a row for each phone with its requests of this round,
// which fly to the one API and back.

import { make, say, write } from "../../../lesson/stage/dom.js";
import { dotOf, drawWall, isClosed } from "../../../lesson/stage/dots.js";
import { Pen } from "../../../lesson/stage/pen.js";
import { boxOf, middle, Places, roomFor } from "../../../lesson/stage/places.js";
import { Player } from "../../../lesson/stage/player.js";
import { inWords, spanInWords, wallAt } from "../../../lesson/stage/quota.js";
import {
  append,
  ClassRun,
  countsOf,
  earlierInWords,
  journeysOf,
  NOBODY,
  sentenceAt,
} from "./class_run.js";
import { byId, colourOf, nameOf, slider, talk } from "./parts.js";

/**
 * @import { Moment } from "../../../lesson/stage/dots.js"
 * @import { Box, Boxes, Point } from "../../../lesson/stage/places.js"
 * @import { Journey, Run } from "../../../lesson/stage/run.js"
 * @import { News, Round, State } from "./class_run.js"
 *
 * @typedef {{ rate?: number, latency?: number, shared?: boolean }} Message
 */

/** A line of a row is one press of *Send*; a row shows so many of them, the newest. */
const PRESS = 20;
const PRESSES = 5;

/** So many phones are in one column at most, in two, or in three. */
const COLUMNS = [10, 32, Infinity];

/** There is room for so many phones in a column at least, so few are not huge. */
const ROWS = 6;

/** There is room at the API for so many. */
const [FEWEST, MOST] = [30, 480];

/** Words change so often, in seconds. */
const READABLE = 0.25;

const FULL = 2 * Math.PI;

/** Every request sets out from its place in its phone's row, and comes back to it. */
class ClassPlaces extends Places {
  /** @type {Map<number, Point>} By the number of a request. */
  #homes = new Map();

  /**
   * @param {Boxes} boxes
   * @param {Map<number, Box>} rows By phone; all have one size.
   * @param {{ requests: number, seats: number }} crowd How many a row has, at most.
   */
  constructor(boxes, rows, crowd) {
    super(boxes, { ...crowd, slots: 1, door: "open" });
    this.rows = rows;
    this.most = crowd.requests;
    const { width, height } = boxes.requests;
    /** @param {number} columns */
    const cellOf = (columns) =>
      Math.min(width / columns, height * columns / crowd.requests);
    const isNarrow = 1.3 * cellOf(PRESS) < cellOf(PRESS / 2);
    this.columns = isNarrow ? PRESS / 2 : PRESS;
    this.cell = cellOf(this.columns);
    this.radius = this.cell * 0.42;
    this.count = Infinity; // each request is found by its own number
  }

  /**
   * Give each request its place, and return those that have one.
   *
   * @param {Round} round
   */
  arrange({ sent }) {
    this.#homes.clear();
    const arranged = [];
    const { requests } = this.boxes;
    for (const [phone, { left, top, height }] of this.rows) {
      const newest = sent.get(phone)?.slice(-this.most) ?? [];
      const lines = Math.ceil(newest.length / PRESS) * PRESS / this.columns;
      const above = (height - this.cell * lines) / 2;
      newest.forEach(({ number }, index) => {
        const [x, y] = super.home(index);
        const home = /** @type {Point} */ ([
          x + left - requests.left,
          y + top - requests.top + above,
        ]);
        this.#homes.set(number, home);
      });
      arranged.push(...newest);
    }
    return arranged;
  }

  /** @override @param {number} number @returns {Point} */
  home(number) {
    return this.#homes.get(number) ?? middle(this.boxes.requests);
  }

  /** Where a phone leaves from is no slot: its requests fan out. @override */
  meets(/** @type {Journey} */ journey, /** @type {number} */ number) {
    return super.meets({ ...journey, slot: null }, number);
  }
}

class Wall {
  /** @type {State} */
  state = NOBODY;
  run = new ClassRun();
  /** @type {ClassPlaces | undefined} */
  #places;
  #crowd = { requests: PRESS, seats: FEWEST };
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
    this.run.goOn({ isLive: false });
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
    if (news.events.length) this.#endJoining();
    if (!isFirst) return;
    this.player.show([this.run]);
    this.player.follow();
  }

  /** The code becomes small, and rows get its room. */
  #endJoining() {
    if (!this.root.classList.contains("ifl-joining")) return;
    this.root.classList.remove("ifl-joining");
    this.#measure();
  }

  #showPhones() {
    const people = this.state.phones.map(([number, name]) => {
      const shown = make("span", {}, nameOf(number, name));
      shown.style.background = colourOf(number);
      const refused = make("b", {});
      return make("li", { data: { number } }, shown, refused, make("i", {}));
    });
    const columns = COLUMNS.findIndex((most) => people.length <= most) + 1;
    const rows = Math.max(ROWS, Math.ceil(people.length / columns));
    this.phones.style.setProperty("--columns", `${columns}`);
    this.phones.style.setProperty("--rows", `${rows}`);
    this.phones.replaceChildren(...people);
    this.#lastWords = -1;
    this.#measure();
  }

  #measure() {
    if (!this.flow.clientWidth) return;
    this.dots.measure();
    const frame = this.flow.getBoundingClientRect();
    const rows = new Map(this.#items.map(({ dataset, lastElementChild }) => [
      Number(dataset.number),
      boxOf(/** @type {HTMLElement} */ (lastElementChild), frame),
    ]));
    const row = rows.values().next().value ?? boxOf(this.phones, frame);
    const api = boxOf(byId("boxApi", HTMLElement), frame);
    const wall = boxOf(byId("boxWall", HTMLElement), frame);
    this.#places = new ClassPlaces(
      { requests: row, slots: row, api, wall },
      rows,
      this.#crowd,
    );
    this.player.draw();
  }

  get #items() {
    return [...this.phones.querySelectorAll("li")];
  }

  /**
   * What `Player` asks of a stage.
   *
   * @param {ClassRun} run
   * @param {number} time
   * @param {{ pace: number, still: boolean }} showing
   */
  draw(run, time, { pace, still }) {
    const round = run.rounds.at(time);
    this.#makeRoom(run, round);
    const places = this.#places;
    if (!places || !run.isLive) return;
    const moment = { time, pace, still };
    const shown = round ? places.arrange(round).filter(({ sent }) => sent <= time) : [];
    this.dots.clear();
    drawWall(this.dots, run, moment, places);
    this.#drawDots(run, shown, moment, places);
    const words = Math.floor(time / READABLE);
    if (words === this.#lastWords) return;
    this.#lastWords = words;
    this.#write(run, round, moment);
  }

  /** @param {Run} run @param {Round | undefined} round */
  #makeRoom({ seatCount }, round) {
    const most = Math.max(
      1,
      ...[...round?.sent.values() ?? []].map(({ length }) => length),
    );
    const presses = Math.min(Math.ceil(most / PRESS), PRESSES);
    const crowd = {
      requests: presses * PRESS,
      seats: roomFor(seatCount, FEWEST, MOST),
    };
    const { requests, seats } = this.#crowd;
    if (crowd.requests === requests && crowd.seats === seats) return;
    this.#crowd = crowd;
    this.#measure();
  }

  /**
   * @param {Run} run
   * @param {Journey[]} shown
   * @param {Moment} moment
   * @param {ClassPlaces} places
   */
  #drawDots(run, shown, moment, places) {
    const dots = shown.map((each) => dotOf(each, run, moment, places));
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

  /** @param {ClassRun} run @param {Round | undefined} round @param {Moment} moment */
  #write(run, round, moment) {
    const { time } = moment;
    say(this.sentence, sentenceAt(run, time, this.state));
    const { answered, refused, inFlight } = countsOf(journeysOf(round), time);
    const { waiting } = this.state;
    byId("counts", HTMLElement).replaceChildren(
      make("b", {}, `Round ${round?.number ?? 1}`),
      count("answered", answered, "answered"),
      count("refused", refused, "refused"),
      count("out", inFlight, "in flight"),
      ...(waiting ? [count("waiting", waiting, "waiting")] : []),
    );
    write(byId("earlier", HTMLElement), earlierInWords(run, time).join(" · "));
    write(byId("quota", HTMLElement), wallAt(run, time).words);
    byId("stage", HTMLElement).classList.toggle("ifl-closed", isClosed(run, moment));
    for (const item of this.#items) {
      const own = round?.sent.get(Number(item.dataset.number)) ?? [];
      const { refused } = countsOf(own, time);
      const shown = /** @type {HTMLElement} */ (item.querySelector("b"));
      write(shown, refused ? inWords(refused) : "");
    }
  }
}

/** @param {string} name @param {number} value @param {string} words */
function count(name, value, words) {
  const number = make("b", {}, inWords(value));
  return make("span", { className: `ifl-count-${name}` }, number, ` ${words}`);
}

if (globalThis.document) new Wall();
