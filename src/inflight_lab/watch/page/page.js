// The page of `watch`: how the script is doing, what stands out, and its requests.

import plot from "../../plot/page/live_plot.js";
import { showClients } from "./clients.js";
import { showDiagnosis } from "./diagnosis.js";
import { add } from "./dom.js";
import { endedState, LOST, RUNNING, tabTitle } from "./state.js";

/**
 * @import { Model } from "../../plot/page/widget.js"
 * @import { Message } from "../../plot/page/kernel_runs.js"
 * @import { Client } from "./clients.js"
 * @import { Conclusion } from "./diagnosis.js"
 * @import { State } from "./state.js"
 *
 * @typedef {object} News What a page gets beside the run.
 * @property {string} title The script, and its arguments.
 * @property {Client[]} clients
 * @property {Conclusion | null} conclusion The last message has it.
 */

const SOON = "What stood out is shown here when the script has ended.";

/** @param {string} id */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

/**
 * @param {State} state
 * @param {string} script
 */
function showState(state, script) {
  const header = element("state");
  document.title = tabTitle(state, script);
  if (header.className === state.kind) return;
  header.className = state.kind;
  header.replaceChildren();
  const sign = add("span", header, { className: "sign", textContent: state.sign });
  sign.ariaHidden = "true";
  add("strong", header, { textContent: state.words });
  add("h1", header, { textContent: script });
}

/** The stream of events that this page gets, from the first message to the last. */
class Watched {
  /** @type {EventSource | undefined} */
  #stream;

  /** @type {(message: Message) => void} */
  #showRun = () => {};

  #script = "";

  /** Each reset is a run of its own. */
  #number = 0;

  /**
   * What the plot takes for its kernel.  It only ever asks for all that it missed, and a
   * new stream begins with that.
   *
   * @type {Model}
   */
  model = {
    get() {},
    set() {},
    save_changes() {},
    on: (event, listener) => {
      if (event === "msg:custom") this.#showRun = listener;
    },
    off() {},
    send: () => this.#open(),
  };

  #open() {
    this.#stream?.close();
    this.#stream = new EventSource("events");
    this.#stream.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    // It goes on trying: a `watch` that is started again may have the same port.
    this.#stream.onerror = () => showState(LOST, this.#script);
  }

  /** @param {Message & News} message */
  #receive(message) {
    if (message.reset) this.#number += 1;
    this.#showRun({ ...message, lane: 0, number: this.#number });
    this.#script = message.title;
    showClients(element("clients"), message.clients);
    const { conclusion } = message;
    if (!conclusion) {
      showState(RUNNING, this.#script);
      return;
    }
    this.#stream?.close();
    showState(endedState(conclusion), this.#script);
    showDiagnosis(element("diagnosis"), conclusion);
  }
}

add("p", element("diagnosis"), { className: "soon", textContent: SOON });
plot.render({ model: new Watched().model, el: element("plot") });
