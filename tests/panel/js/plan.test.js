// What a panel would send if it were run now.

import assert from "node:assert/strict";

import { PLANNED, planOf } from "../../../src/inflight_lab/panel/js/plan.js";
import BURSTS from "../usual_bursts.json" with { type: "json" };
import { PlayedModel } from "./support.js";

const PAGE = {
  limits: [
    { adjustable: true, unlimited: false },
    { adjustable: false, unlimited: true },
  ],
  period: 2,
  burst: null,
  tokens: 900,
  max_concurrent: 4,
};

/** @param {Record<string, any>} values Those that a test is about. */
function modelWith(values) {
  const usual = { count: 40, limit: 3, quota: "none", rate: 7, slow: 1, _page: PAGE };
  return /** @type {any} */ (new PlayedModel({ ...usual, ...values }));
}

Deno.test("a plan is what the settings say", () => {
  const model = modelWith({ quota: "gcra", slow: 5 });
  assert.deepEqual(planOf(model, 0), {
    count: 40,
    limit: 3,
    unlimited: false,
    policy: { kind: "gcra", rate: 7, period: 2, burst: 1, tokens: 900 },
    maxConcurrent: 4,
    slow: 5,
  });
});

Deno.test("each setting that a plan reads makes a new one when it is moved", () => {
  const read = new Set();
  const model = modelWith({ quota: "gcra" });
  const { values } = model;
  model.get = (/** @type {string} */ name) => {
    read.add(name);
    return values[name];
  };
  planOf(model, 0);
  read.delete("_page");
  assert.deepEqual([...read].sort(), [...PLANNED].sort());
});

Deno.test("a lane that sets its own limit has none in the plan", () => {
  const { limit, unlimited } = planOf(modelWith({}), 1);
  assert.deepEqual([limit, unlimited], [null, true]);
});

Deno.test("there may be no quota", () => {
  assert.equal(planOf(modelWith({ quota: "none" }), 0).policy, null);
});

for (const { quota, rate, burst } of BURSTS) {
  Deno.test(`the burst of ${quota} at ${rate} is the server's, unless it is set`, () => {
    assert.equal(planOf(modelWith({ quota, rate }), 0).policy?.burst, burst);
    const set = modelWith({ quota, rate, _page: { ...PAGE, burst: 4 } });
    assert.equal(planOf(set, 0).policy?.burst, 4);
  });
}
