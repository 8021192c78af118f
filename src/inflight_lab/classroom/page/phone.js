// The page of a phone: it sends real requests, and says what became of them.

import { make, write } from "../../stage/dom.js";
import { outcomeOf } from "../../stage/run.js";
import { colourOf, initialsOf } from "./colours.js";
import { button, checkbox, slider } from "./controls.js";
import { ask, inWords, Pace, Sender } from "./sending.js";

/** A browser opens so many connections to one server, and no more. */
const CONNECTIONS = 6;

/** How many are sent with one press. */
const MANY = 20;

/** So many of the last requests are shown. */
const SHOWN = 60;

/** The counts are read aloud at most so often, in milliseconds. */
const READABLE = 1000;

/** In milliseconds. */
const TRY_AGAIN = 1500;

class Phone {
  /** @type {{ number: number, key: string }} */
  #me = { number: 0, key: "" };
  #isShared = false;
  /** @type {(() => void)[]} What waits for a turn. */
  #turns = [];
  #pace = new Pace();
  #counts = { out: 0, answered: 0, refused: 0, failed: 0 };
  #sent = 0;
  /** @type {WebSocket | undefined} */
  #socket;
  #saying = 0;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.parts = this.#build();
    this.sender = new Sender({
      limit: () => this.#isShared ? CONNECTIONS : this.parts.limit.input.valueAsNumber,
      turn: () => this.#turn(),
      send: () => this.#sendOne(),
    });
    root.append(...this.parts.all);
    this.#connect();
    this.#show();
  }

  #build() {
    const badge = make("b", { className: "ifl-badge", ariaHidden: "true" });
    const name = make("input", { type: "text", maxLength: 12, autocomplete: "off" });
    name.onchange = () => this.#tell({ name: name.value });
    const you = make("label", { className: "ifl-you" }, badge, "Your name", name);
    const one = button("Send one", () => this.#press(1), "ifl-button ifl-go");
    const many = button(
      `Send ${MANY}`,
      () => this.#press(MANY),
      "ifl-button ifl-go",
    );
    const limit = slider({
      name: "limit",
      label: "limit",
      min: 1,
      max: CONNECTIONS,
      step: 1,
      value: CONNECTIONS,
      inWords: (value) => `${value}`,
    }, () => {
      this.sender.goOn();
      this.#show();
    });
    const rate = slider({
      name: "rate",
      label: "a second",
      min: 1,
      max: 20,
      step: 1,
      value: 5,
      inWords: (value) => `${value}`,
    });
    const paced = checkbox("Paced: evenly spaced", () => this.#show());
    const hint = make("p", { className: "ifl-hint" });
    const status = make("p", { className: "ifl-status", role: "status" });
    const dots = make("p", { className: "ifl-dots", ariaHidden: "true" });
    const last = make("p", { className: "ifl-last" });
    const text = make("pre", { tabIndex: 0, ariaLabel: "The text of the last answer" });
    const details = make(
      "details",
      {},
      make("summary", {}, "What the API answered last"),
      text,
    );
    const go = make("div", { className: "ifl-buttons" }, one, many);
    const all = [you, status, dots, last, go, limit.row, paced.row, rate.row];
    return {
      all: [...all, hint, details],
      ...{ badge, name, one, many, limit, rate, paced, hint, status, dots, last, text },
    };
  }

  #connect() {
    const socket = new WebSocket(new URL("talk", location.href.replace(/^http/, "ws")));
    this.#socket = socket;
    socket.onopen = () => {
      const { value } = this.parts.name;
      if (value) this.#tell({ name: value });
    };
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(data));
    socket.onclose = ({ reason }) => {
      this.#me = { number: 0, key: "" };
      this.sender.forget();
      this.#letGo();
      this.#show(reason || "The class is closed, or the network is gone.");
      setTimeout(() => this.#connect(), TRY_AGAIN);
    };
  }

  /** @param {{ name?: string, ask?: true }} message */
  #tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
    this.#show();
  }

  /** @param {{ number?: number, key?: string, shared?: boolean, turn?: true }} news */
  #hear({ number, key, shared, turn }) {
    if (number && key) this.#me = { number, key };
    if (turn) this.#turns.shift()?.();
    if (shared !== undefined) {
      this.#isShared = shared;
      if (!shared) this.#letGo();
    }
    this.#show();
  }

  /** Nobody waits for a turn any more. */
  #letGo() {
    for (const go of this.#turns.splice(0)) go();
  }

  /** @param {number} count */
  #press(count) {
    this.sender.send(count);
    this.#show();
  }

  async #turn() {
    const { paced, rate } = this.parts;
    if (this.#isShared) {
      const turn = new Promise((resolve) => this.#turns.push(() => resolve(null)));
      this.#tell({ ask: true });
      await turn;
    } else if (paced.input.checked) {
      await this.#pace.turn(rate.input.valueAsNumber);
    }
  }

  async #sendOne() {
    const { dots, last, text } = this.parts;
    this.#sent += 1;
    this.#counts.out += 1;
    const dot = make("i", { data: { outcome: "out" } });
    dots.append(dot);
    if (dots.childElementCount > SHOWN) dots.firstElementChild?.remove();
    this.#show();
    const answer = await ask(`get?number=${this.#sent}&phone=${this.#me.key}`);
    const outcome = answer.status ? outcomeOf(answer.status) : "failed";
    const counted = outcome === "cancelled" ? "failed" : outcome;
    this.#counts.out -= 1;
    this.#counts[counted] += 1;
    dot.dataset.outcome = counted;
    write(last, inWords(answer));
    last.dataset.outcome = counted;
    write(text, answer.text);
    this.#show();
  }

  /** @param {string} [why] Why nothing can be sent. */
  #show(why = "") {
    const { badge, name, one, many, limit, rate, paced, hint } = this.parts;
    const { number } = this.#me;
    const isHere = number > 0;
    write(badge, isHere ? initialsOf(number, name.value.trim()) : "");
    badge.style.background = isHere ? colourOf(number) : "";
    one.disabled = many.disabled = !isHere;
    limit.input.disabled = this.#isShared;
    paced.input.disabled = this.#isShared;
    rate.input.disabled = this.#isShared || !paced.input.checked;
    if (why || isHere) write(hint, why || this.#hint());
    if (!this.#saying) this.#saying = setTimeout(() => this.#say(), READABLE / 4);
  }

  #hint() {
    if (this.#isShared) {
      return "The class has one shared pace: each request waits its turn.";
    }
    const { limit, paced } = this.parts;
    if (paced.input.checked) return "Your own pace: what do the others send?";
    return limit.input.valueAsNumber === CONNECTIONS
      ? `${CONNECTIONS}: a browser opens no more connections to one server.`
      : "";
  }

  #say() {
    const { status } = this.parts;
    this.#saying = 0;
    const { out, answered, refused, failed } = this.#counts;
    const counts = {
      waiting: this.sender.waiting,
      "in flight": out,
      answered,
      refused,
      failed,
    };
    const words = Object.entries(counts)
      .filter(([name, count]) => count > 0 || name === "answered" || name === "refused")
      .map(([name, count]) =>
        make("span", { data: { name } }, make("b", {}, `${count}`), ` ${name}`)
      );
    status.replaceChildren(...words);
  }
}

const root = document.getElementById("phone");
if (root) new Phone(root);
