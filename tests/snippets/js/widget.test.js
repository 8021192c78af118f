// What the snippet maker's form asks the kernel for.

import assert from "node:assert/strict";

import { choicesOf } from "../../../src/inflight_lab/snippets/widget.js";

/** @import { Fields } from "../../../src/inflight_lab/snippets/widget.js" */

/** @type {Fields} The form as it begins. */
const FIRST = {
  count: { value: "100" },
  seconds: { value: "1" },
  count_too: { value: "" },
  seconds_too: { value: "60" },
  tokens: { value: "" },
  limit: { value: "50" },
  results: { value: "save" },
  form: { value: "script" },
  retries: { value: "on", checked: true },
  progress: { value: "on", checked: true },
  per_host: { value: "on", checked: false },
};

Deno.test("the form as it begins asks for one quota, and results in a file", () => {
  assert.deepEqual(choicesOf(FIRST), {
    quotas: [[100, 1]],
    tokens: null,
    limit: 50,
    save: "results.jsonl",
    as_completed: false,
    notebook: false,
    retries: true,
    progress: true,
    per_host: false,
  });
});

Deno.test("each field has its say, and what is empty is left out", () => {
  const choices = choicesOf({
    ...FIRST,
    count: { value: "" },
    count_too: { value: "7" },
    seconds_too: { value: "2.5" },
    tokens: { value: "9000" },
    limit: { value: "" },
    results: { value: "as_completed" },
    form: { value: "notebook" },
    retries: { value: "on", checked: false },
    progress: { value: "on", checked: false },
    per_host: { value: "on", checked: true },
  });
  assert.deepEqual(choices, {
    quotas: [[7, 2.5]],
    tokens: 9000,
    limit: null,
    save: null,
    as_completed: true,
    notebook: true,
    retries: false,
    progress: false,
    per_host: true,
  });
});
