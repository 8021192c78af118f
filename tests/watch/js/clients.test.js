// Who sent what, in words.

import assert from "node:assert/strict";

import { inWords } from "../../../src/inflight_lab/watch/page/clients.js";

const NONE = { accepted: 0, refused: 0, failed: 0, cancelled: 0, running: 0 };

/** @param {object} counts */
function client(counts) {
  return { library: "httpx", line: "main.py:9", sent: 0, ...NONE, ...counts };
}

Deno.test("only what there is gets a number", () => {
  const some = client({ sent: 30, accepted: 20, refused: 10 });
  assert.equal(inWords(some), "30 requests: 20 accepted, 10 refused");
  assert.equal(inWords(client({ sent: 1, running: 1 })), "1 request: 1 running");
});
