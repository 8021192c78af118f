// The controls of a panel, without a browser: keys, moves, goals and the kernel.

import assert from "node:assert/strict";
import {
  planFor,
  tryInWords,
  verdictInWords,
} from "../../../src/inflight_lab/panel/page/lane.js";
import { KernelWatch, Mover } from "../../../src/inflight_lab/panel/page/kernel.js";
import { commandOf } from "../../../src/inflight_lab/panel/page/keys.js";
import { settingsFor, whenItCounts } from "../../../src/inflight_lab/stage/controls.js";
import { Run } from "../../../src/inflight_lab/stage/run.js";
import { modelOf } from "../../support/browser/bare_page.js";

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

Deno.test("a move is pending until the kernel has heard it", () => {
  const model = modelOf({ _heard: {} });
  const life = new AbortController();
  let settled = 0;
  const mover = new Mover(model, () => settled += 1, life.signal);
  assert.deepEqual(mover.isPending, false);
  mover.send({ set: "limit", value: 4 });
  mover.send({ set: "limit", value: 5 });
  const [first, second] = model.sent;
  assert.deepEqual([first.move, second.move, first.input === second.input], [
    1,
    2,
    true,
  ]);
  model.set("_heard", { [first.input]: 1, other: 9 });
  assert.deepEqual([mover.isPending, settled], [true, 0]);
  model.set("_heard", { [first.input]: 2 });
  assert.deepEqual([mover.isPending, settled], [false, 1]);
  life.abort();
});

Deno.test("a move that the kernel never hears is given up: its own value counts", () => {
  const { setTimeout } = globalThis;
  /** @type {(() => void)[]} */
  const later = [];
  Object.assign(globalThis, {
    setTimeout: (/** @type {() => void} */ act) => later.push(act),
  });
  const life = new AbortController();
  try {
    let settled = 0;
    const mover = new Mover(modelOf({ _heard: {} }), () => settled += 1, life.signal);
    mover.send({ set: "limit", value: 4 });
    later.forEach((act) => act());
    assert.deepEqual([mover.isPending, settled], [false, 1]);
  } finally {
    Object.assign(globalThis, { setTimeout });
    life.abort();
  }
});

Deno.test("a try names its settings, and each goal by mark and number", () => {
  const names = ["limit", "latency", "rate"];
  const named = settingsFor(3).filter(({ name }) => names.includes(name));
  const goals = [
    { name: "no 429", met: true, seen: "0 refused" },
    { name: "quick", met: false, seen: "" },
  ];
  const one = { settings: { limit: 7, latency: 0.3, rate: 20, count: 60 }, goals };
  assert.deepEqual(
    tryInWords(one, named),
    "limit 7, latency 0.3 s, rate 20 / 3 s: ✔ 0 refused · ✘ quick",
  );
  assert.deepEqual(verdictInWords(goals[0]), "met: 0 refused");
  assert.deepEqual(verdictInWords({ ...goals[0], met: null }), "open");
});

Deno.test("a plan is what would be sent now", () => {
  const lanes = [{ adjustable: true, unlimited: false }, { unlimited: true }];
  const quota = { shape: "spacing", rate: 9, period: 2, burst: 1, tokens: 0 };
  const state = { count: 60, limit: 7, latency: 0.3, rate: 20 };
  const fixed = { terms: { quota, max_concurrent: 4, way: 0.1 } };
  const model = modelOf({ ...state, _lanes: lanes, _fixed: fixed });
  const limited = planFor(model, 0);
  assert.deepEqual(limited.size, 60);
  assert.deepEqual(limited.settingAt(0).limit, 7);
  assert.deepEqual(limited.settingAt(0).quota?.rate, 20);
  const free = planFor(model, 1);
  assert.deepEqual([free.isUnlimited, free.settingAt(0).limit], [true, null]);
});

Deno.test("a setting that the run on show does not have waits for the next", () => {
  const [free, limited] = [new Run(), new Run()];
  free.set(0, { limit: null, latency: 0.3 });
  limited.set(0, { limit: 5, latency: 0.3 });
  limited.asked = 60;
  const waits = "from the next Run";
  assert.deepEqual(whenItCounts("limit", 5, [free, limited]), "");
  assert.deepEqual(whenItCounts("limit", 12, [free, limited]), waits);
  assert.deepEqual(whenItCounts("limit", 12, [free]), "");
  assert.deepEqual(whenItCounts("latency", 0.4, [limited]), waits);
  limited.isLive = true;
  assert.deepEqual(whenItCounts("limit", 12, [limited]), "");
  assert.deepEqual(whenItCounts("count", 90, [limited]), waits);
});

Deno.test("a kernel that says nothing is missed, and is back with a word", async () => {
  const model = modelOf({ running: true, _fixed: { silence: 0.02 } });
  const life = new AbortController();
  /** @type {() => void} */
  let changed = () => {};
  const next = () => new Promise((resolve) => changed = () => resolve(null));
  const watch = new KernelWatch(model, () => changed(), life.signal);
  await next();
  assert.deepEqual(watch.problem.startsWith("the kernel is gone"), true);
  model.hear();
  assert.deepEqual(watch.problem, "");
  model.set("running", false);
  watch.expectAnswer();
  await next();
  assert.deepEqual(watch.problem.startsWith("no answer"), true);
  life.abort();
});
