// Whether a kernel is still there is told from its silence.

import assert from "node:assert/strict";

import { KernelWatch } from "../../../src/inflight_lab/panel/js/kernel_watch.js";
import { PlayedModel, withPlayedTime } from "./support.js";

const SILENCE = 5;
const MILLISECONDS = 1000 * SILENCE;

/**
 * @param {Record<string, any>} page
 * @param {boolean} running
 */
function watched(page, running) {
  const model = new PlayedModel({ _page: page, running });
  const life = new AbortController();
  return { model, life, kernel: new KernelWatch(model, life.signal) };
}

Deno.test("a kernel that goes in mid-run has gone, and is back with a message", () => {
  withPlayedTime((pass) => {
    const { model, kernel } = watched({ silence: SILENCE }, true);
    let changes = 0;
    kernel.addEventListener("change", () => changes += 1);
    pass(MILLISECONDS - 1);
    model.settle("limit"); // any message will do
    pass(MILLISECONDS - 1);
    assert.equal(kernel.state, "there");
    pass(1);
    assert.equal(kernel.state, "gone");
    model.settle("limit");
    assert.equal(kernel.state, "there");
    assert.equal(changes, 2);
  });
});

Deno.test("a kernel that has nothing to say has not gone", () => {
  withPlayedTime((pass) => {
    const { model, kernel } = watched({ silence: SILENCE }, false);
    pass(10 * MILLISECONDS);
    assert.equal(kernel.state, "there");
    model.set("running", true);
    model.set("running", false);
    pass(10 * MILLISECONDS);
    assert.equal(kernel.state, "there");
  });
});

Deno.test("a page that has gone waits for nothing", () => {
  withPlayedTime((pass) => {
    const { model, life, kernel } = watched({ silence: SILENCE }, true);
    life.abort();
    pass(10 * MILLISECONDS);
    assert.equal(kernel.state, "there");
    assert.equal(model.followed, 0);
  });
});

Deno.test("a kernel that does not answer a button while nothing runs is silent", () => {
  withPlayedTime((pass) => {
    const { model, kernel } = watched({ silence: SILENCE }, false);
    kernel.expectAnswer();
    pass(MILLISECONDS - 1);
    assert.equal(kernel.state, "there");
    pass(1);
    assert.equal(kernel.state, "silent");
    model.settle("run");
    assert.equal(kernel.state, "there");
    kernel.expectAnswer();
    model.settle("run");
    pass(10 * MILLISECONDS);
    assert.equal(kernel.state, "there");
  });
});
