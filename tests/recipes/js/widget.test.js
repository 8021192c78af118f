// What a person has typed into the snippet maker, as settings.

import assert from "node:assert/strict";

import { settingsIn } from "../../../src/inflight_lab/recipes/widget.js";

/** @import { Settings } from "../../../src/inflight_lab/recipes/widget.js" */

/** @type {Settings} */
const OWN = {
  URL: "https://a.example/{id}",
  QUOTAS: [[100, 1]],
  LIMIT: 50,
  RESULTS: "results.jsonl",
};

/**
 * The fields with what was typed into them.
 *
 * @param {Record<string, string>} typed
 */
function fieldsWith(typed) {
  const placeholders = {
    count: "100",
    seconds: "1",
    count_too: "any",
    seconds_too: "60",
  };
  const names = ["url", "limit", "results", ...Object.keys(placeholders)];
  return Object.fromEntries(names.map((name) => [name, {
    value: typed[name] ?? "",
    placeholder: /** @type {Record<string, string>} */ (placeholders)[name] ?? "",
  }]));
}

Deno.test("a form that was left alone changes no setting", () => {
  assert.deepEqual(settingsIn(fieldsWith({}), OWN), {});
});

Deno.test("each field that was filled in is a setting", () => {
  const url = "https://b.example/{id}";
  const fields = fieldsWith({ url, limit: "7", results: "b.jsonl", count: "5" });
  assert.deepEqual(settingsIn(fields, OWN), {
    URL: url,
    LIMIT: 7,
    RESULTS: "b.jsonl",
    QUOTAS: [[5, 1]],
  });
});

Deno.test("a second quota leaves the first one as it is", () => {
  const fields = fieldsWith({ count_too: "1000", seconds_too: "3600" });
  assert.deepEqual(settingsIn(fields, OWN).QUOTAS, [[100, 1], [1000, 3600]]);
});

Deno.test("what the recipe does not have is left out", () => {
  const fields = fieldsWith({ limit: "7", results: "b.jsonl" });
  assert.deepEqual(settingsIn(fields, { LIMIT: 50 }), { LIMIT: 7 });
});
