// Numbers and names that Python and the page must agree on: ../test_shared_numbers.py reads them, too.

import assert from "node:assert/strict";

import { MOMENT_NAMES } from "../../../src/inflight_lab/plot/js/decisive_moment.js";
import { isRefusal } from "../../../src/inflight_lab/plot/js/outcomes.js";
import { BIN, KEPT_SECONDS } from "../../../src/inflight_lab/plot/js/run.js";
import NUMBERS from "../shared_numbers.json" with { type: "json" };

Deno.test("the page has the numbers of Python", () => {
  const statuses = Array.from({ length: 600 }, (_, status) => status);
  const refusals = statuses.filter(isRefusal);
  assert.deepEqual({
    bin: BIN,
    kept_seconds: KEPT_SECONDS,
    moments: MOMENT_NAMES,
    refusals,
  }, NUMBERS);
});
