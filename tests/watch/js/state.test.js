// How a script is doing, in a word, a sign and the tab's title.

import assert from "node:assert/strict";

import {
  endedState,
  LOST,
  RUNNING,
  tabTitle,
} from "../../../src/inflight_lab/watch/page/state.js";

/** @param {number} status */
function ended(status) {
  const nothing = {
    summary: "",
    findings: [],
    certainty: "",
    warnings: [],
    verdict: "",
  };
  return endedState({ ...nothing, status });
}

Deno.test("how it ended is in the word", () => {
  assert.equal(ended(0).words, "Finished");
  assert.equal(ended(3).words, "Ended with exit status 3");
  assert.equal(ended(-9).words, "Ended by signal 9");
});

Deno.test("no two states share a sign: colour is not needed", () => {
  const signs = [RUNNING, LOST, ended(0), ended(1)].map(({ sign }) => sign);
  assert.equal(new Set(signs).size, 4);
});

Deno.test("the tab says it first, where there is little room", () => {
  assert.equal(tabTitle(RUNNING, "my_script.py 5"), "▶ running: my_script.py 5");
  assert.equal(tabTitle(ended(1), "my_script.py"), "✕ failed: my_script.py");
});
