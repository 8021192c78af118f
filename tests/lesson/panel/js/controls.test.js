// The controls of a panel, without a browser: keys, a plan, and what has to wait.

import assert from "node:assert/strict";
import { planFor } from "../../../../src/inflight_lab/lesson/panel/page/lane.js";
import { KernelWatch } from "../../../../src/inflight_lab/lesson/panel/page/kernel.js";
import { commandOf } from "../../../../src/inflight_lab/lesson/panel/page/keys.js";
import {
  hasToWait,
  settingsFor,
} from "../../../../src/inflight_lab/lesson/stage/controls.js";
import { Run } from "../../../../src/inflight_lab/lesson/stage/run.js";
import { modelOf } from "../../../support/browser/bare_page.js";

Deno.test("a key asks once, and Space on a button is the button's", () => {
  /** @param {string} key @param {boolean} [onButton] @param {boolean} [repeat] */
  const asked = (key, onButton = false, repeat = false) =>
    commandOf({ key, repeat }, onButton);
  assert.deepEqual(asked(" "), "go");
  assert.deepEqual(asked(" ", true), null);
  assert.deepEqual(asked("R"), "reset");
  assert.deepEqual(asked("r", false, true), null);
  assert.deepEqual(asked("f"), "present");
  assert.deepEqual(asked("x"), null);
});

Deno.test("a plan is what would be sent now", () => {
  const lanes = [{ adjustable: true, unlimited: false }, { unlimited: true }];
  const quota = { shape: "spacing", rate: 9, period: 2, burst: 1, tokens: 0 };
  const state = { count: 60, limit: 7, latency: 0.3, rate: 20 };
  const fixed = { terms: { quota, max_concurrent: 4 } };
  const model = modelOf({ ...state, _lanes: lanes, _fixed: fixed });
  const limited = planFor(model, 0);
  assert.deepEqual(limited.size, 60);
  assert.deepEqual(limited.settingAt(0).limit, 7);
  assert.deepEqual(limited.settingAt(0).quota?.rate, 20);
  const free = planFor(model, 1);
  assert.deepEqual([free.isUnlimited, free.settingAt(0).limit], [true, null]);
});

Deno.test("the slider of a rate names its period", () => {
  assert.deepEqual(settingsFor(10).at(-1)?.unit, "/ 10 s");
});

Deno.test("a kernel is gone after seconds without a word, and not before", () => {
  const { setTimeout } = globalThis;
  /** @type {number[]} */
  const delays = [];
  Object.assign(globalThis, {
    setTimeout: (/** @type {any} */ _, /** @type {number} */ delay) =>
      delays.push(delay),
  });
  const model = modelOf({ running: true, _fixed: { silence: 5 } });
  new KernelWatch(model, () => {}, new AbortController().signal);
  Object.assign(globalThis, { setTimeout });
  assert.deepEqual(delays, [5000]);
});

Deno.test("a setting that the run on show does not have waits for the next", () => {
  const [free, limited] = [new Run(), new Run()];
  free.set(0, { limit: null, latency: 0.3 });
  limited.set(0, { limit: 5, latency: 0.3 });
  limited.goOn({ asked: 60 });
  assert.deepEqual(hasToWait("limit", 12, [limited]), false); // nothing has run
  for (const each of [free, limited]) each.goOn({ now: 1 });
  assert.deepEqual(hasToWait("limit", 5, [free, limited]), false);
  assert.deepEqual(hasToWait("limit", 12, [free, limited]), true);
  assert.deepEqual(hasToWait("limit", 12, [free]), false);
  assert.deepEqual(hasToWait("latency", 0.4, [limited]), true);
  limited.goOn({ isLive: true });
  assert.deepEqual(hasToWait("limit", 12, [limited]), false);
  assert.deepEqual(hasToWait("count", 90, [limited]), true);
});
