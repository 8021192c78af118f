// Which run a view shows, in which phase and at which time: before, in and after a run.

import assert from "node:assert/strict";

import { PageClock } from "../../../src/inflight_lab/plot/js/clock.js";
import { Stage } from "../../../src/inflight_lab/plot/js/stage.js";
import { columnsOf, request } from "./support.js";
import { withPlayedTime } from "../../panel/js/support.js";

/** @import { Brief } from "./support.js" */

const PLAN = { count: 40, limit: 3, unlimited: false, policy: null, slow: 1 };

const LIVE = columnsOf({ now: 1, live: true, counts: { started: 9, in_flight: 3 } });
const END = columnsOf({
  now: 4,
  counts: { started: 9, accepted: 9 },
  events: request(0, { sent: 2, ended: 3, status: 429 }),
});

/** A player that is turned on and off by a test. */
class PlayedPlayer extends EventTarget {
  on = false;
  clock = new PageClock();

  /** @param {boolean} on */
  turn(on) {
    this.on = on;
    this.dispatchEvent(new Event("change"));
  }
}

function stageWithPlayer() {
  const player = new PlayedPlayer();
  const stage = new Stage(player, new AbortController().signal);
  /** @type {string[]} */
  const heard = [];
  for (const name of ["phase", "growth"]) {
    stage.addEventListener(name, () => heard.push(`${name}: ${stage.phase}`));
  }
  return { stage, player, heard };
}

Deno.test("before a run its plan is shown, and follows the settings", () => {
  const { stage, heard } = stageWithPlayer();
  stage.plan(PLAN);
  stage.plan({ ...PLAN, limit: 7 });
  assert.equal(stage.shown.levels.limit[0].last, 7);
  assert.deepEqual([stage.time, stage.run.counts.started], [0, 0]);
  assert.deepEqual(heard, ["phase: ready", "phase: ready"]);
});

Deno.test("a run is running until its last dots have landed, then one moment is shown", () => {
  withPlayedTime((pass) => {
    const { stage, heard } = stageWithPlayer();
    stage.begin(LIVE);
    stage.grow(END);
    pass(500);
    assert.equal(stage.phase, "running");
    pass(100);
    assert.equal(stage.phase, "frozen");
    assert.equal(stage.moment.words, "the first refusal, at 2\u00a0s");
    assert.equal(stage.clock.time(0.25), stage.moment.time);
    assert.equal(stage.time, Infinity);
    assert.deepEqual(heard, ["phase: running", "growth: running", "phase: frozen"]);
  });
});

Deno.test("a run that is over when the page hears of it is shown at that moment at once", () => {
  const { stage } = stageWithPlayer();
  stage.begin(END);
  assert.equal(stage.phase, "frozen");
});

Deno.test("a page that hears of a run in its middle shows it too", () => {
  const { stage, heard } = stageWithPlayer();
  stage.grow(LIVE);
  assert.deepEqual([stage.phase, heard], ["running", ["phase: running"]]);
});

Deno.test("a run begun before the last one's dots have landed is not frozen by it", () => {
  withPlayedTime((pass) => {
    const { stage } = stageWithPlayer();
    stage.begin(LIVE);
    stage.grow(END);
    stage.begin(LIVE);
    pass(1000);
    assert.equal(stage.phase, "running");
  });
});

Deno.test("played again, all is shown at the player's time; then the moment again", () => {
  const { stage, player } = stageWithPlayer();
  stage.begin(END);
  player.clock.seek(1.5);
  player.turn(true);
  assert.deepEqual([stage.phase, stage.time, stage.latest], ["playing", 1.5, 1.5]);
  player.turn(false);
  assert.deepEqual([stage.phase, stage.latest], ["frozen", Infinity]);
});

Deno.test("after Reset the plan is shown again, with the settings of now", () => {
  const { stage } = stageWithPlayer();
  stage.plan(PLAN);
  stage.begin(END);
  stage.plan({ ...PLAN, limit: 5 });
  assert.equal(stage.phase, "frozen");
  stage.begin(columnsOf({}));
  assert.deepEqual([stage.phase, stage.shown.levels.limit[0].last], ["ready", 5]);
});

Deno.test("a run without a request is a run", () => {
  const { stage } = stageWithPlayer();
  stage.begin(columnsOf({ now: 2 }));
  assert.equal(stage.phase, "frozen");
});

Deno.test("a run that begins while another is played is announced once", () => {
  const { stage, player, heard } = stageWithPlayer();
  stage.begin(END);
  player.turn(true);
  heard.length = 0;
  stage.begin(LIVE);
  player.turn(false);
  assert.deepEqual(heard, ["phase: running", "growth: running"]);
});
