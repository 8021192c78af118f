// Numbers in words: a period that is not a second is always named.

import assert from "node:assert/strict";

import { titleOf } from "../../../src/inflight_lab/plot/js/flow/quota_picture.js";
import { perWords } from "../../../src/inflight_lab/plot/js/words.js";
import { sevenInTwo } from "./support.js";

Deno.test("a rate is per second, or per so many seconds", () => {
  const words = [1, 2, 0.5, 60, 1 / 3].map(perWords);
  assert.deepEqual(words, ["second", "2 s", "0.5 s", "60 s", "0.33 s"]);
});

Deno.test("each kind of quota says its rate and its period", () => {
  assert.equal(titleOf(sevenInTwo("sliding-window")), "7 in any 2 s");
  assert.equal(titleOf(sevenInTwo("fixed-window")), "7 in each 2 s");
  const bucket = titleOf(sevenInTwo("token-bucket", 4));
  assert.equal(bucket, "bucket of 4, + 7 every 2 s");
  assert.equal(titleOf(sevenInTwo("gcra")), "one every 285.7 ms");
  assert.equal(titleOf(null, 4), "at most 4 at once");
  const both = titleOf(sevenInTwo("sliding-window"), 4);
  assert.equal(both, "7 in any 2 s, at most 4 at once");
  assert.equal(titleOf(null), "no quota");
  const aSecond = { ...sevenInTwo("token-bucket", 3000), rate: 2000, period: 1 };
  assert.equal(titleOf(aSecond), "bucket of 3,000, + 2,000 a second");
});
