// A page reads what Python wrote, and says what is wrong with anything else.

import assert from "node:assert/strict";

import { parseRecording } from "../../../../src/inflight_lab/plot/js/player/recording.js";
import { columnsOf, request } from "../support.js";

const SOUND = columnsOf({
  now: 2,
  events: request(0, { sent: 0.5, ended: 1, status: 200 }),
  levels: { server: [[0.5, 1], [1, 0]] },
});

/**
 * @param {object} changes
 * @param {string} [format]
 */
function filed(changes, format = "inflight-lab recording 4") {
  return JSON.stringify({ format, runs: { paced: { ...SOUND, ...changes } } });
}

Deno.test("the runs come by name, side by side as they were", () => {
  const [{ name, columns }] = parseRecording(filed({}));
  assert.deepEqual([name, columns], ["paced", SOUND]);
});

/** @type {[damage: string, text: string, words: RegExp][]} */
const DAMAGED = [
  ["half a file", filed({}).slice(0, 60), /^it is not JSON/],
  ["a list", "[]", /^format must be "inflight-lab recording 4"$/],
  ["an older format", filed({}, "inflight-lab recording 3"), /^format must be/],
  ["no runs", '{"format": "inflight-lab recording 4", "runs": {}}', /^runs must be/],
  ["a run of text", filed({}).replace(/\{"now.*\}\}$/, '"run"}}'), /^runs.paced must/],
  ["no time", filed({ now: null }), /^runs.paced.now must be a number$/],
  ["a run not begun", filed({ now: 0 }), /^runs.paced must be a run that is over$/],
  ["no counts", filed({ counts: null }), /^runs.paced.counts must be an object$/],
  ["policies by name", filed({ policies: {} }), /^runs.paced.policies must be a list$/],
  ["no events", filed({ events: null }), /^runs.paced.events.times must be a list$/],
  [
    "an event without a time",
    filed({ events: { ...SOUND.events, times: [0.5] } }),
    /^runs.paced.events.what must be a list of 1$/,
  ],
  [
    "a time of text",
    filed({ events: { ...SOUND.events, times: [0.5, "1", 1] } }),
    /^runs.paced.events.times must be a number$/,
  ],
  [
    "a time before the last",
    filed({ events: { ...SOUND.events, times: [0.5, 1, 0.9] } }),
    /^runs.paced.events.times must be in the order of time$/,
  ],
  [
    "a line without levels",
    filed({ levels: { server: { times: [1] } } }),
    /^runs.paced.levels.server.lowest must be a list$/,
  ],
];

for (const [damage, text, words] of DAMAGED) {
  Deno.test(`${damage} is refused by name`, () => {
    assert.throws(() => parseRecording(text), { message: words });
  });
}
