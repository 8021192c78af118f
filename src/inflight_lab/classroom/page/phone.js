// The page of a phone: it sends real requests, and says what became of them.

import { make, write } from "../../stage/dom.js";
import { outcomeOf } from "../../stage/run.js";
import { colourOf, initialsOf } from "./colours.js";
import { byId, slider, talk } from "./parts.js";
import { answerInWords, ask, Pace, Sender } from "./sending.js";

/** A browser opens so many connections to one server, and no more. */
const CONNECTIONS = 6;

/** How many are sent with one press. */
const MANY = 20;

/** So many of the last requests are shown. */
const SHOWN = 60;

/** The counts change at most so often, in milliseconds, as they are read aloud. */
const READABLE = 250;

/** @typedef {{ name?: string, ask?: true }} Message */
/** @typedef {{ number?: number, key?: string, shared?: boolean, turn?: true }} News */

class Phone {
  /** Number and key are the server's; without them nothing can be sent. */
  #number = 0;
  #key = "";
  #isShared = false;
  /** @type {(() => void)[]} What waits for a turn. */
  #turns = [];
  #pace = new Pace();
  #counts = { "in flight": 0, answered: 0, refused: 0, failed: 0 };
  #sent = 0;
  #isCounting = false;

  limit = slider("limit", () => {
    this.#sender.goOn();
    this.#show();
  });
  rate = slider("rate");
  paced = byId("paced", HTMLInputElement);
  name = byId("name", HTMLInputElement);
  one = byId("one", HTMLButtonElement);
  many = byId("many", HTMLButtonElement);

  #sender = new Sender({
    limit: () => this.#isShared ? CONNECTIONS : this.limit.input.valueAsNumber,
    turn: () => this.#turn(),
    send: () => this.#sendOne(),
  });

  constructor() {
    this.one.onclick = () => this.#press(1);
    this.many.onclick = () => this.#press(MANY);
    this.paced.onchange = () => this.#show();
    this.name.onchange = () => this.#giveName();
    /** @type {(message: Message) => void} */
    this.tell = talk({
      open: () => this.#giveName(),
      hear: (/** @type {News} */ news) => this.#hear(news),
      close: (reason) => this.#lose(reason),
    });
    this.#show();
  }

  #giveName() {
    if (this.name.value) this.tell({ name: this.name.value });
    this.#show();
  }

  /** @param {News} news */
  #hear({ number, key, shared, turn }) {
    if (number && key) [this.#number, this.#key] = [number, key];
    if (turn) this.#turns.shift()?.();
    if (shared !== undefined) this.#isShared = shared;
    if (shared === false) this.#letGo();
    this.#show();
  }

  /** @param {string} reason */
  #lose(reason) {
    this.#number = 0;
    this.#sender.forget();
    this.#letGo();
    this.#show(reason || "The class is closed, or the network is gone.");
  }

  /** Nobody waits for a turn any more. */
  #letGo() {
    for (const go of this.#turns.splice(0)) go();
  }

  /** @param {number} count */
  #press(count) {
    this.#sender.send(count);
    this.#show();
  }

  async #turn() {
    if (this.#isShared) {
      this.tell({ ask: true });
      await new Promise((/** @type {(_: void) => void} */ go) => this.#turns.push(go));
    } else if (this.paced.checked) {
      await this.#pace.turn(this.rate.input.valueAsNumber);
    }
  }

  async #sendOne() {
    this.#sent += 1;
    this.#counts["in flight"] += 1;
    const dot = make("i", { data: { outcome: "out" } });
    const dots = byId("dots", HTMLElement);
    dots.append(dot);
    if (dots.childElementCount > SHOWN) dots.firstElementChild?.remove();
    this.#show();
    const answer = await ask(`get?number=${this.#sent}&phone=${this.#key}`);
    const outcome = outcomeOf(answer.status || "no answer");
    this.#counts["in flight"] -= 1;
    this.#counts[/** @type {"answered" | "refused" | "failed"} */ (outcome)] += 1;
    dot.dataset.outcome = outcome;
    const last = byId("last", HTMLElement);
    last.dataset.outcome = outcome;
    write(last, answerInWords(answer));
    write(byId("text", HTMLElement), answer.text);
    this.#show();
  }

  /** @param {string} [why] Why nothing can be sent. */
  #show(why = "") {
    const number = this.#number;
    const badge = byId("badge", HTMLElement);
    write(badge, number ? initialsOf(number, this.name.value.trim()) : "");
    badge.style.background = number ? colourOf(number) : "";
    this.one.disabled = this.many.disabled = !number;
    this.limit.input.disabled = this.paced.disabled = this.#isShared;
    this.rate.input.disabled = this.#isShared || !this.paced.checked;
    if (why || number) write(byId("hint", HTMLElement), why || this.#hint());
    if (this.#isCounting) return;
    this.#isCounting = true;
    setTimeout(() => this.#count(), READABLE);
  }

  #hint() {
    if (this.#isShared) return "The class has one shared pace: requests take turns.";
    if (this.paced.checked) return "This is your own pace. What do the others send?";
    const isMost = this.limit.input.valueAsNumber === CONNECTIONS;
    return isMost ? "6: a browser opens no more connections to one server." : "";
  }

  #count() {
    this.#isCounting = false;
    const counts = { waiting: this.#sender.waiting, ...this.#counts };
    const shown = Object.entries(counts).filter(([name, count]) =>
      count > 0 || name === "answered" || name === "refused"
    );
    const words = shown.map(([name, count]) =>
      make("span", {}, make("b", {}, `${count}`), ` ${name}`)
    );
    byId("status", HTMLElement).replaceChildren(...words);
  }
}

if (globalThis.document) new Phone();
