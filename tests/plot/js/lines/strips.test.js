// The strips of the plot: what each shows, and where it stands.

import assert from "node:assert/strict";

import {
  axisMaximumOf,
  contentOf,
} from "../../../../src/inflight_lab/plot/js/lines/content.js";
import { namesBeside } from "../../../../src/inflight_lab/plot/js/lines/names.js";
import {
  layoutOnPage,
  layoutOnScreen,
  STRIPS,
} from "../../../../src/inflight_lab/plot/js/lines/strips.js";
import { timeRangeTo } from "../../../../src/inflight_lab/plot/js/lines/time_axis.js";
import { runOf, SEVEN_IN_TWO } from "../support.js";

/**
 * @import { Layout } from "../../../../src/inflight_lab/plot/js/lines/strips.js"
 * @import { DrawnLine } from "../../../../src/inflight_lab/plot/js/lines/content.js"
 */

const [IN_FLIGHT, WAITING, SENT, TOKENS] = STRIPS;

/** @param {Layout} layout */
const shown = ({ strips }) => strips.map(({ spec }) => spec);

Deno.test("tokens have a strip where they are counted", () => {
  assert.deepEqual(shown(layoutOnPage(false)), [IN_FLIGHT, WAITING, SENT]);
  assert.deepEqual(shown(layoutOnPage(true)), STRIPS);
  assert.ok(layoutOnPage(true).height > layoutOnPage(false).height);
});

Deno.test("strips stand one below the other, with room for their marks", () => {
  const { strips, height } = layoutOnPage(true);
  strips.forEach(({ y, top, bottom }, i) => {
    assert.ok(y <= top && top < bottom);
    assert.ok(bottom + 30 <= (strips[i + 1]?.y ?? height));
  });
  assert.ok(strips[0].top - strips[0].y >= 2 * 17);
});

Deno.test("on a screen the strips fill the height, and on a low one letters shrink", () => {
  for (const height of [420, 500, 700, 1000]) {
    const { height: high, zoom } = layoutOnScreen(true, height, 22);
    assert.ok(Math.abs(high * zoom - height) < 1, `${height}: ${high * zoom}`);
    assert.ok(zoom >= 1 && zoom <= 22 / 14);
  }
});

Deno.test("a low screen shows tokens before those who wait", () => {
  assert.deepEqual(shown(layoutOnScreen(true, 420, 22)), [IN_FLIGHT, SENT, TOKENS]);
  assert.deepEqual(shown(layoutOnScreen(true, 1300, 22)), STRIPS);
});

const RUN = runOf({
  now: 3,
  policies: [
    SEVEN_IN_TWO,
    { ...SEVEN_IN_TWO, time: 1, rate: 9, tokens: 1300 },
    { time: 2, kind: "none" },
  ],
  levels: {
    server: [[0.49, 5], [1.49, 12]],
    client: [[0.49, 5], [0.99, 6], [1.49, 12]],
    limit: [[0, 6], [1.2, 14]],
    rate: [[0.5, 3]],
    refused: [[0.7, 4], [2.5, 3]],
  },
});

/**
 * @param {typeof IN_FLIGHT} spec
 * @param {number} until
 */
const content = (spec, until) => contentOf(RUN, spec, timeRangeTo(until, true), until);

/**
 * @param {DrawnLine[]} lines
 * @param {string} name
 */
const stepsOf = (lines, name) => lines.find((line) => line.name === name)?.steps ?? [];

Deno.test("the quota's line follows the policies, and ends with the quota", () => {
  const quota = stepsOf(content(SENT, 3).lines, "quota");
  assert.deepEqual(quota.map(({ time, level }) => [time, level]), [[0, 7], [1, 9], [
    2,
    null,
  ]]);
  const tokens = stepsOf(content(TOKENS, 3).lines, "token_quota");
  assert.deepEqual(tokens.map(({ level }) => level), [null, 1300, null]);
});

Deno.test("nothing later than the time that is drawn is in it", () => {
  const { lines, marks } = content(IN_FLIGHT, 1.1);
  assert.deepEqual(stepsOf(lines, "limit"), [{ time: 0, level: 6 }]);
  assert.equal(Math.max(...stepsOf(lines, "server").map(({ level }) => level ?? 0)), 5);
  assert.deepEqual(marks[0].groups.map(({ count }) => count), [4]);
  assert.deepEqual([
    axisMaximumOf(RUN, IN_FLIGHT, 1.1),
    axisMaximumOf(RUN, IN_FLIGHT, 1.5),
  ], [6, 14]);
});

Deno.test("a row of marks has its name from the first of them on", () => {
  assert.deepEqual(content(IN_FLIGHT, 0.5).marks.map(({ any }) => any), [false, false]);
  assert.deepEqual(content(IN_FLIGHT, 0.8).marks.map(({ any }) => any), [true, false]);
});

Deno.test("the client is drawn only where the server saw something else", () => {
  const client = stepsOf(content(IN_FLIGHT, 2).lines, "client");
  const apart = client.filter(({ level }) => level !== null);
  assert.ok(apart.length > 0);
  assert.ok(
    apart.every(({ time, level }) => level === 6 && time >= 0.99 && time < 1.5),
  );
});

/** @param {number} level */
const up = (level) => 200 - 10 * level;

/** @type {DrawnLine[]} */
const LINES = [
  { name: "limit", steps: [{ time: 0, level: 7 }] },
  { name: "client", steps: [{ time: 0, level: 9 }, { time: 1, level: null }] },
  { name: "server", steps: [{ time: 0, level: 6 }] },
];

Deno.test("a line that ended has its name beside its peak, and a ceiling its number", () => {
  const names = namesBeside(IN_FLIGHT, LINES, up);
  assert.deepEqual(names.map(({ words }) => words), ["client", "limit 7", "server"]);
  assert.deepEqual(names.map(({ y }) => y), [119, 134, 149]);
});

Deno.test("a line that is the only one has its strip's name", () => {
  /** @type {DrawnLine[]} */
  const lines = [
    { name: "token_quota", steps: [{ time: 0, level: 12_000 }] },
    { name: "tokens", steps: [{ time: 0, level: 5 }] },
  ];
  const names = namesBeside(TOKENS, lines, up);
  assert.deepEqual(names.map(({ words }) => words), ["quota 12k"]);
});

Deno.test("a quota that has ended has no name any more", () => {
  assert.deepEqual(namesBeside(SENT, content(SENT, 3).lines, up), []);
  assert.equal(namesBeside(SENT, content(SENT, 1.5).lines, up)[0].words, "quota 9");
});
