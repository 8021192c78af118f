// The page of a phone: it sends real requests, and says what became of them.

import { make, write } from "../../../lesson/stage/dom.js";
import { fit } from "../../../lesson/stage/places.js";
import { outcomeOf } from "../../../lesson/stage/run.js";
import { byId, colourOf, nameOf, slider, talk } from "./parts.js";
import { allInWords, answerInWords, ask, rateInWords, Sender } from "./sending.js";

/** A browser opens so many connections to one server, and no more. */
const CONNECTIONS = 6;

/** How many are sent with one press. */
const PRESS = 20;

/** So many may wait, and are shown. */
const MOST = 60;

/** So many dots may be in a row. */
const IN_A_ROW = [5, 7, 10, 15];

/** So many earlier presses are shown. */
const BEFORE = 3;

/** @type {State[]} In the order in which they are said. */
const STATES = ["answered", "refused", "failed", "in flight", "waiting"];

/** @import { All, Answer } from "./sending.js" */
/** @typedef {{ name?: string, ask?: true }} Message */
/**
 * @typedef {object} News
 * @property {number} [number]
 * @property {string} [key]
 * @property {boolean} [shared]
 * @property {true} [turn]
 * @property {All} [all]
 */
/** @typedef {"answered" | "refused" | "failed" | "in flight" | "waiting"} State */

class Phone {
  /** The server's; it is kept for the next time, in case the network is lost. */
  #number = 0;
  /** Without it, nothing can be sent. */
  #key = "";
  /** Why nothing can be sent; or nothing. */
  #why = "";
  #isShared = false;
  /** @type {(() => void)[]} What waits for a turn. */
  #turns = [];
  #sent = 0;
  /** @type {Answer | undefined} */
  #last;
  /** @type {All} */
  #all = { rate: null, period: 1, sent: 0 };

  limit = slider("limit", () => {
    this.#sender.goOn();
    this.#show();
  });
  name = byId("name", HTMLInputElement);
  dots = byId("dots", HTMLElement);
  space = byId("space", HTMLElement);
  before = byId("before", HTMLElement);
  button = byId("send", HTMLButtonElement);

  #sender = new Sender({
    limit: () => this.#isShared ? CONNECTIONS : this.limit.input.valueAsNumber,
    turn: () => this.#turn(),
    send: () => this.#sendOne(),
  });

  constructor() {
    this.button.onclick = () => this.#press();
    this.name.oninput = () => this.#giveName();
    this.name.onchange = () => this.name.blur(); // the keyboard covers the buttons
    /** @type {(message: Message) => void} */
    this.tell = talk({
      open: () => this.#giveName(),
      hear: (/** @type {News} */ news) => this.#hear(news),
      close: (reason) => this.#lose(reason),
      query: () => `?number=${this.#number}`,
    });
    new ResizeObserver(() => this.#fit()).observe(this.space);
    this.#show();
  }

  /** The dots are as large as there is room for. */
  #fit() {
    const { clientWidth: width, clientHeight: height } = this.space;
    const count = this.dots.childElementCount;
    const [cell, columns] = fit({ width, height }, count, IN_A_ROW);
    const column = `minmax(0, ${cell}px)`; // none is wider than a phone just turned
    this.dots.style.gridTemplateColumns = `repeat(${columns}, ${column})`;
  }

  #giveName() {
    this.tell({ name: this.name.value });
  }

  /** @param {News} news */
  #hear({ number, key, shared, turn, all }) {
    if (all) this.#showAll(all);
    if (number && key) [this.#number, this.#key, this.#why] = [number, key, ""];
    if (turn) this.#turns.shift()?.();
    if (shared !== undefined) this.#isShared = shared;
    if (shared === false) this.#letGo();
    this.#show();
  }

  /** What the class sends, beside what it may send. @param {All} all */
  #showAll(all) {
    this.#all = all;
    const { rate, sent } = all;
    const shown = byId("all", HTMLElement);
    shown.hidden = rate === null;
    shown.style.setProperty("--sent", String(sent / (rate ?? 1)));
    write(byId("allWords", HTMLElement), allInWords(all));
  }

  /** @param {string} reason */
  #lose(reason) {
    this.#key = "";
    this.#sender.forget();
    this.#letGo();
    for (const dot of this.#dotsOf("waiting")) dot.remove();
    this.#why = reason || "The class is closed, or the network is gone.";
    this.#show();
  }

  /** Nobody waits for a turn any more. */
  #letGo() {
    for (const go of this.#turns.splice(0)) go();
  }

  /** @param {State} state */
  #dotsOf(state) {
    return this.dots.querySelectorAll(`[data-state="${state}"]`);
  }

  /** What is pressed when all has come back begins anew. */
  #press() {
    const isBusy = this.#dotsOf("waiting").length + this.#dotsOf("in flight").length;
    if (!isBusy) this.#beginAnew();
    for (let each = 0; each < PRESS; each += 1) {
      this.dots.append(make("i", { data: { state: "waiting" } }));
    }
    this.#fit();
    this.#sender.send(PRESS);
    this.#show();
  }

  /** What was pressed before becomes one line, to compare with. */
  #beginAnew() {
    this.#last = undefined;
    const dots = [...this.dots.children];
    if (dots.length === 0) return;
    const refused = `${this.#dotsOf("refused").length} refused`;
    this.before.prepend(make("li", {}, refused, make("p", {}, ...dots)));
    this.before.children[BEFORE]?.remove();
  }

  async #turn() {
    if (!this.#isShared) return;
    this.tell({ ask: true });
    await new Promise((/** @type {(_: void) => void} */ go) => this.#turns.push(go));
  }

  async #sendOne() {
    const [dot] = /** @type {NodeListOf<HTMLElement>} */ (this.#dotsOf("waiting"));
    if (!dot) return; // given up meanwhile
    this.#sent += 1;
    dot.dataset.state = "in flight";
    this.#show();
    const answer = await ask(`get?number=${this.#sent}&phone=${this.#key}`);
    const outcome = outcomeOf(answer.status || "no answer");
    dot.dataset.state = outcome;
    // A refusal stays, with the wait that it asks for.
    if (outcome === "refused" || this.#last?.status !== 429) {
      byId("last", HTMLElement).dataset.state = outcome;
      this.#last = answer;
    }
    this.#show();
  }

  #show() {
    const isHere = this.#key !== "";
    this.name.placeholder = isHere ? nameOf(this.#number) : "";
    this.name.style.background = isHere ? colourOf(this.#number) : "";
    const isFull = this.#dotsOf("waiting").length > MOST - PRESS;
    this.button.disabled = !isHere || isFull;
    byId("own", HTMLElement).hidden = this.#isShared;
    byId("pace", HTMLElement).hidden = !this.#isShared;
    this.#count();
  }

  #count() {
    const shown = STATES.filter((state) => this.#dotsOf(state).length > 0);
    const words = shown.map((state) =>
      `${this.#dotsOf(state).length} ${state}`.replaceAll(" ", "\u00a0")
    ).join(", ");
    const invitation = this.#key && `Press Send. ${rateInWords(this.#all)}`;
    const status = byId("status", HTMLElement);
    write(status, this.#why || words || invitation);
    status.classList.toggle("ifl-invites", !words);
    write(byId("last", HTMLElement), this.#last ? answerInWords(this.#last) : "");
  }
}

if (globalThis.document) new Phone();
