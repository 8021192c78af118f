// What the keys of a panel mean.

import assert from "node:assert/strict";

import { commandOf, hasModifier } from "../../../src/inflight_lab/panel/js/keys.js";

/**
 * @import { Command, Focus, State } from "../../../src/inflight_lab/panel/js/keys.js"
 *
 * @typedef {object} Case
 * @property {string} key
 * @property {Command | null} means
 * @property {boolean} [repeat]
 * @property {Partial<Focus>} [focus]
 * @property {Partial<State>} [state]
 */

/** @type {Record<string, Case>} */
const CASES = {
  "Space runs": { key: " ", means: "run" },
  "Space stops what runs": { key: " ", means: "stop", state: { running: true } },
  "Space on a button is that button's": {
    key: " ",
    means: null,
    focus: { button: true },
  },
  "Space in a list opens it": { key: " ", means: null, focus: { typing: true } },
  "Space that is held down runs once": { key: " ", means: null, repeat: true },
  "R resets": { key: "r", means: "reset" },
  "R resets with Caps Lock": { key: "R", means: "reset" },
  "R on a button resets": { key: "r", means: "reset", focus: { button: true } },
  "R in a list looks for a name": { key: "r", means: null, focus: { typing: true } },
  "F presents": { key: "f", means: "present" },
  "F that is held down presents once": { key: "f", means: null, repeat: true },
  "F ends it": { key: "f", means: "present", state: { presented: true } },
  "Escape ends it": { key: "Escape", means: "present", state: { presented: true } },
  "Escape is the page's otherwise": { key: "Escape", means: null },
  "another letter means nothing": { key: "x", means: null },
  "an arrow is the slider's": { key: "ArrowRight", means: null },
};

for (
  const [name, { key, means, repeat = false, focus, state }] of Object.entries(CASES)
) {
  Deno.test(name, () => {
    const usual = { running: false, presented: false };
    const command = commandOf(
      { key, repeat },
      { typing: false, button: false, ...focus },
      { ...usual, ...state },
    );
    assert.equal(command, means);
  });
}

Deno.test("with any modifier a key is the front end's", () => {
  const none = { ctrlKey: false, altKey: false, metaKey: false, shiftKey: false };
  assert.equal(hasModifier(none), false);
  for (const modifier of Object.keys(none)) {
    assert.equal(hasModifier({ ...none, [modifier]: true }), true, modifier);
  }
});
