// Which strips a page asks for.

import assert from "node:assert/strict";

import {
  onlyStripOf,
  settingsOf,
} from "../../../src/inflight_lab/plot/js/view_settings.js";

/** @param {Record<string, any>} traits */
const modelWith = (traits) => /** @type {any} */ ({
  get: (/** @type {string} */ name) => traits[name],
});

const cases = [
  { of: "a panel", traits: { view: "both", _page: { strip: "rate" } }, strip: "rate" },
  {
    of: "a panel's lines",
    traits: { view: "lines", _page: { strip: "rate" } },
    strip: null,
  },
  { of: "a plot of its own", traits: { view: "both" }, strip: null },
  { of: "the page of a watched script", traits: {}, strip: null },
];

for (const { of, traits, strip } of cases) {
  Deno.test(`${of} shows ${strip ?? "all strips"}`, () => {
    assert.equal(onlyStripOf(settingsOf(modelWith(traits))), strip);
  });
}
