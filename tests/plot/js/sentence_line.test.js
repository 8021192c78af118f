// The words on the page change slowly enough to be read, and are read out more seldom.

import assert from "node:assert/strict";

import { SentenceLine } from "../../../src/inflight_lab/plot/js/sentence_line.js";
import { onASetClock } from "./support.js";

class FakeElement {
  className = "";
  /** @type {Record<string, string>} */
  dataset = {};
  /** @type {string[]} What it has said. */
  said = [];

  set textContent(/** @type {string} */ text) {
    if (text) this.said.push(text);
  }

  get textContent() {
    return this.said.at(-1) ?? "";
  }

  setAttribute() {}

  appendChild(/** @type {FakeElement} */ child) {
    made[child.className] = child;
    return child;
  }
}

/** @type {Record<string, FakeElement>} By their class. */
const made = {};

/** @type {{ at: number, act: () => void }[]} */
let timers = [];

/**
 * Run a test with a line on a page whose time a test sets.
 *
 * @param {(line: SentenceLine, waitUntil: (seconds: number) => void) => void} test
 */
function onAPage(test) {
  const { document, setTimeout, clearTimeout } = globalThis;
  const createElement = () => new FakeElement();
  Object.assign(globalThis, {
    document: { createElement },
    setTimeout: (/** @type {() => void} */ act, /** @type {number} */ pause) => {
      const timer = { at: performance.now() + pause, act };
      timers.push(timer);
      return timer;
    },
    clearTimeout: (/** @type {unknown} */ timer) => {
      timers = timers.filter((each) => each !== timer);
    },
  });
  timers = [];
  try {
    onASetClock((set) => {
      const parent = /** @type {any} */ (new FakeElement());
      const line = new SentenceLine(parent, new AbortController().signal);
      test(line, (seconds) => {
        set(seconds);
        const due = timers.filter(({ at }) => at <= 1000 * seconds);
        timers = timers.filter((each) => !due.includes(each));
        for (const { act } of due) act();
      });
    });
  } finally {
    Object.assign(globalThis, { document, setTimeout, clearTimeout });
  }
}

/**
 * @import { Sentence, Tone } from "../../../src/inflight_lab/plot/js/sentence/run_so_far.js"
 *
 * @param {string} text
 * @param {Tone} [tone]
 * @returns {() => Sentence}
 */
const saying = (text, tone = "calm") => () => ({ text, tone });

Deno.test("words change at most three times a second, and end with the latest", () => {
  onAPage((line, waitUntil) => {
    for (let tick = 0; tick < 40; tick += 1) {
      waitUntil(tick / 20);
      line.show(saying(`${tick}`), true);
    }
    waitUntil(3);
    const { said } = made["ifl-sentence"];
    assert.equal(said[0], "0");
    assert.equal(said.at(-1), "39");
    assert(said.length <= 7, `${said.length} in two seconds`);
  });
});

Deno.test("words about something that goes wrong do not wait, and are then read", () => {
  onAPage((line, waitUntil) => {
    line.show(saying("well"), true);
    waitUntil(0.1);
    line.show(saying("refused", "refused"), true);
    const { said, dataset } = made["ifl-sentence"];
    assert.deepEqual([said, dataset.tone], [["well", "refused"], "refused"]);
    line.show(saying("still refused", "refused"), true);
    waitUntil(0.4);
    assert.deepEqual(said, ["well", "refused"]);
    waitUntil(0.5);
    assert.deepEqual(said, ["well", "refused", "still refused"]);
  });
});

Deno.test("the words about another time of a run are shown at once", () => {
  onAPage((line, waitUntil) => {
    line.show(saying("well"), true);
    waitUntil(0.1);
    line.show(saying("not yet shown"), true);
    line.turn();
    line.show(saying("over"), true);
    assert.deepEqual(made["ifl-sentence"].said, ["well", "over"]);
  });
});

Deno.test("a run is read out after a second, then every five, and so is its end", () => {
  onAPage((line, waitUntil) => {
    for (let second = 0; second < 12; second += 1) {
      waitUntil(second);
      line.show(saying(`${second}`), true);
    }
    assert.deepEqual(made["ifl-spoken"].said, ["1", "6", "11"]);
    waitUntil(12);
    line.show(saying("over"), false);
    waitUntil(13);
    assert.deepEqual(made["ifl-spoken"].said, ["1", "6", "11", "over"]);
  });
});

Deno.test("a plan is read out when it has stood for a second, not at each step", () => {
  onAPage((line, waitUntil) => {
    for (let step = 0; step < 20; step += 1) {
      waitUntil(step / 2);
      line.show(saying(`limit ${step}`), false);
    }
    assert.deepEqual(made["ifl-sentence"].said.length, 20);
    assert.deepEqual(made["ifl-spoken"].said, []);
    waitUntil(10.5);
    assert.deepEqual(made["ifl-spoken"].said, ["limit 19"]);
  });
});

Deno.test("a plan that has not been read out yet is not read out in its run", () => {
  onAPage((line, waitUntil) => {
    line.show(saying("plan"), false);
    waitUntil(0.5);
    line.show(saying("run"), true);
    waitUntil(1.2);
    assert.deepEqual(made["ifl-spoken"].said, []);
  });
});

Deno.test("the same words are not said twice", () => {
  onAPage((line, waitUntil) => {
    line.show(saying("over"), false);
    waitUntil(1);
    line.show(saying("over"), false);
    assert.deepEqual(made["ifl-sentence"].said, ["over"]);
    assert.deepEqual(made["ifl-spoken"].said, ["over"]);
  });
});
