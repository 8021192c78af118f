// The strips of the plot: what each shows, and where it stands.

import assert from "node:assert/strict";

import {
  axisMaximumOf,
  contentOf,
} from "../../../../src/inflight_lab/plot/js/lines/content.js";
import { computedUntil } from "../../../../src/inflight_lab/plot/js/lines/contents.js";
import { namesBeside } from "../../../../src/inflight_lab/plot/js/lines/names.js";
import { drawStrip } from "../../../../src/inflight_lab/plot/js/lines/strip_picture.js";
import {
  IN_FLIGHT,
  layoutOnPage,
  layoutOnScreen,
  onlyStrip,
  SENT,
  stripsOf,
  TOKENS,
  WAITING,
} from "../../../../src/inflight_lab/plot/js/lines/strips.js";
import { timeRangeTo } from "../../../../src/inflight_lab/plot/js/lines/time_axis.js";
import { stripTitle } from "../../../../src/inflight_lab/plot/js/lines/titles.js";
import { DrawnPen } from "../flow/drawn_pen.js";
import { runOf, SEVEN_IN_TWO } from "../support.js";

/**
 * @import { Layout } from "../../../../src/inflight_lab/plot/js/lines/strips.js"
 * @import { StripName } from "../../../../src/inflight_lab/plot/js/lines/strips.js"
 * @import { Content, DrawnLine } from "../../../../src/inflight_lab/plot/js/lines/content.js"
 * @import { QuotaPolicy } from "../../../../src/inflight_lab/plot/js/run.js"
 *
 * @typedef {[number, number]} Level From this time on.
 */

const ALL = [IN_FLIGHT, WAITING, SENT, TOKENS];
const WINDOW = 900;

/** @param {Layout} layout */
const shown = ({ strips }) => strips.map(({ spec }) => spec);

Deno.test("a strip that has nothing to show is left out", () => {
  const counted = { ...SEVEN_IN_TWO, tokens: 1300 };
  assert.deepEqual(stripsOf(runOf({ levels: { waiting: [[0, 0]] } }), []), [
    IN_FLIGHT,
    SENT,
  ]);
  assert.deepEqual(
    stripsOf(runOf({ policies: [counted], levels: { waiting: [[0, 0], [1, 5]] } }), []),
    ALL,
  );
});

Deno.test("a strip that has been shown stays, and another one moves no page", () => {
  const nobodyWaits = runOf({ levels: { waiting: [[0, 0]] } });
  const strips = stripsOf(nobodyWaits, [WAITING]);
  assert.deepEqual(strips, [IN_FLIGHT, WAITING, SENT]);
  const withWaiting = layoutOnPage(strips, WINDOW).height;
  const without = layoutOnPage([IN_FLIGHT, SENT], WINDOW).height;
  assert.equal(Math.round(withWaiting), Math.round(without));
  assert.ok(layoutOnPage(ALL, WINDOW).height > withWaiting);
});

Deno.test("the only strip is 150 pixels high, and less in a low window", () => {
  const heights = [900, 768, 400].map((window) =>
    layoutOnPage(onlyStrip("in flight", runOf({})), window).height
  );
  assert.deepEqual(heights.map(Math.round), [150, 128, 120]);
});

Deno.test("on a phone it is lower, so that the flow above it fits", () => {
  const strip = onlyStrip("in flight", runOf({}));
  assert.equal(layoutOnPage(strip, 800, 370).height, 100);
});

Deno.test("strips stand one below the other, with room for their marks", () => {
  const { strips, height } = layoutOnPage(ALL, WINDOW);
  strips.forEach(({ y, top, bottom }, i) => {
    assert.ok(y <= top && top < bottom);
    assert.ok(bottom + 30 <= (strips[i + 1]?.y ?? height));
  });
  assert.ok(strips[0].top - strips[0].y >= 2 * 15);
});

Deno.test("on a screen the strips fill the height, and on a low one letters shrink", () => {
  for (const height of [420, 500, 700, 1000]) {
    const { height: high, zoom } = layoutOnScreen(ALL, height, 22);
    assert.ok(Math.abs(high * zoom - height) < 1, `${height}: ${high * zoom}`);
    assert.ok(zoom >= 1 && zoom <= 22 / 14);
  }
});

Deno.test("a low screen has room for the only strip", () => {
  for (const height of [130, 160, 300]) {
    const only = onlyStrip("in flight", runOf({}));
    const { height: high, zoom, strips } = layoutOnScreen(only, height, 22);
    assert.ok(high * zoom <= height + 1, `${height}: ${high * zoom}`);
    assert.ok(strips[0].bottom - strips[0].top > 35);
  }
});

Deno.test("a low screen shows tokens before those who wait", () => {
  assert.deepEqual(shown(layoutOnScreen(ALL, 420, 22)), [IN_FLIGHT, SENT, TOKENS]);
  assert.deepEqual(shown(layoutOnScreen(ALL, 1300, 22)), ALL);
});

Deno.test("the only strip has a row for what is marked, and one if nothing is", () => {
  /** @param {ReturnType<typeof runOf>} run */
  const rows = (run) => onlyStrip("in flight", run)[0].marks;
  assert.deepEqual(rows(runOf({})), ["refused"]);
  assert.deepEqual(rows(runOf({ levels: { failed: [[1, 2]] } })), ["failed"]);
  const both = runOf({ levels: { refused: [[1, 2]], failed: [[1, 2]] } });
  assert.deepEqual(rows(both), ["refused", "failed"]);
  assert.deepEqual(onlyStrip("rate", both), [SENT]);
});

/** @type {Content} */
const EMPTY = { lines: [], marks: [] };

/** @type {{ title: string, name: StripName, policy?: Partial<QuotaPolicy>, room?: number }[]} */
const TITLES = [
  { title: "in flight", name: "in flight" },
  {
    title: "sent in the last second, 100 allowed",
    name: "rate",
    policy: { rate: 100 },
  },
  { title: "sent in the last second", name: "rate", policy: { rate: 100 }, room: 220 },
  {
    title: "tokens in the last 60 s, 12k allowed",
    name: "tokens",
    policy: { period: 60, tokens: 12_000 },
  },
  { title: "sent in the last second", name: "rate" },
];

for (const { title, name, policy, room = 900 } of TITLES) {
  const where = `${name}, ${JSON.stringify(policy)}, ${room} pixels`;
  Deno.test(`a title says what is counted, and how much is allowed: ${where}`, () => {
    const quota = policy ? { ...SEVEN_IN_TWO, period: 1, ...policy } : null;
    assert.equal(stripTitle(name, EMPTY, quota, room), title);
  });
}

const DOTTED = "in flight (dotted: with those not arrived yet)";

/** @type {{ name: string, client: Level[], server: Level[], title: string }[]} */
const BOTH_SIDES = [
  {
    name: "a few that are late all the time",
    client: [[0, 9]],
    server: [[0, 5]],
    title: DOTTED,
  },
  {
    name: "all, late once",
    client: [[0, 5]],
    server: [[0, 0], [1, 5]],
    title: DOTTED,
  },
  {
    name: "many, for too short to draw a line",
    client: [[0, 197]],
    server: [[0, 0], [0.2, 197]],
    title: "in flight",
  },
  {
    name: "others at the server, which are no client's",
    client: [[0, 5]],
    server: [[0, 9]],
    title: "in flight",
  },
  {
    name: "no server that is seen",
    client: [[0, 9]],
    server: [],
    title: "in flight",
  },
];

for (const { name, client, server, title } of BOTH_SIDES) {
  Deno.test(`a title explains the dotted line if there is one: ${name}`, () => {
    const run = runOf({ now: 4, levels: { client, server } });
    const content = contentOf(run, IN_FLIGHT, { from: 0, seconds: 4 }, 4);
    assert.equal(stripTitle("in flight", content, null, 900), title);
    assert.equal(stripTitle("in flight", content, null, 220), "in flight");
  });
}

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

Deno.test("client and server that are nearly always the same are one line", () => {
  /** @param {number} apart The server sees the first requests so much later. */
  const runApart = (apart) =>
    runOf({
      now: 4,
      levels: { client: [[0, 5]], server: [[0, 0], [apart, 5]] },
    });
  const range = { from: 0, seconds: 4 };
  const names = [0.2, 1].map((apart) => {
    const { lines } = contentOf(runApart(apart), IN_FLIGHT, range, 4);
    return lines.map(({ name }) => name).filter((name) => name !== "limit");
  });
  assert.deepEqual(names, [["server"], ["client", "server"]]);
});

Deno.test("the client is drawn only where the server saw something else", () => {
  const client = stepsOf(content(IN_FLIGHT, 2).lines, "client");
  const apart = client.filter(({ level }) => level !== null);
  assert.ok(apart.length > 0);
  assert.ok(
    apart.every(({ time, level }) => level === 6 && time >= 0.99 && time < 1.5),
  );
});

Deno.test("a run that is over ends at its last level, not at a column's longest one", () => {
  const over = runOf({ now: 5.03, levels: { server: [[0, 3], [5.02, 0]] } });
  const { lines } = contentOf(over, IN_FLIGHT, timeRangeTo(12, true), 5.03);
  assert.deepEqual(stepsOf(lines, "server").slice(-2), [
    { time: 5, level: 3 },
    { time: 5.03, level: 0 },
  ]);
});

Deno.test("what must stay below a quota is drawn at its highest", () => {
  const burst = runOf({ now: 9, live: true });
  burst.levels.rate = [
    { time: 0, lowest: 0, highest: 0, last: 0 },
    { time: 4, lowest: 90, highest: 113, last: 90 },
    { time: 4.01, lowest: 88, highest: 90, last: 88 },
  ];
  const { lines } = contentOf(burst, SENT, timeRangeTo(9, true), 9);
  const levels = stepsOf(lines, "rate").map(({ level }) => level ?? 0);
  assert.equal(Math.max(...levels), 113);
  assert.equal(levels[levels.length - 1], 88);
  assert.equal(axisMaximumOf(burst, SENT, 9), 113);
});

/** @param {number} level */
const up = (level) => 200 - 10 * level;

/**
 * @param {typeof IN_FLIGHT} spec
 * @param {DrawnLine[]} lines
 */
function namesOf(spec, lines) {
  const strip = { spec, y: 22, top: 60, bottom: 200 };
  return namesBeside(strip, { lines, marks: [] }, up);
}

/** @type {DrawnLine[]} */
const LINES = [
  { name: "limit", steps: [{ time: 0, level: 7 }] },
  { name: "client", steps: [{ time: 0, level: 9 }, { time: 1, level: null }] },
  { name: "server", steps: [{ time: 0, level: 6 }] },
];

Deno.test("a line that ended has its name beside its peak, and a ceiling its number", () => {
  const names = namesOf(IN_FLIGHT, LINES);
  assert.deepEqual(names.map(({ words }) => words), ["client", "limit 7", "server"]);
  assert.deepEqual(names.map(({ y }) => y), [119, 134, 149]);
});

Deno.test("a name of marks pushes down the names of lines", () => {
  const strip = { spec: IN_FLIGHT, y: 100, top: 130, bottom: 200 };
  /** @type {Content} */
  const content = {
    lines: LINES,
    marks: [
      { name: "refused", any: true, groups: [] },
      { name: "failed", any: false, groups: [] },
    ],
  };
  const names = namesBeside(strip, content, up);
  assert.deepEqual(names.map(({ words }) => words), [
    "refused",
    "client",
    "limit 7",
    "server",
  ]);
  const gaps = names.slice(1).map(({ y }, i) => y - names[i].y);
  assert.ok(gaps.every((gap) => gap >= 15));
});

Deno.test("a line that is the only one has its strip's name", () => {
  /** @type {DrawnLine[]} */
  const lines = [
    { name: "token_quota", steps: [{ time: 0, level: 12_000 }] },
    { name: "tokens", steps: [{ time: 0, level: 5 }] },
  ];
  const names = namesOf(TOKENS, lines);
  assert.deepEqual(names.map(({ words }) => words), ["12k"]);
});

Deno.test("where only one side is seen its line has no name either", () => {
  const client = LINES.map((line) =>
    line.name === "server" ? { ...line, steps: [] } : line
  );
  assert.deepEqual(namesOf(IN_FLIGHT, client).map(({ words }) => words), ["limit 7"]);
});

Deno.test("a quota that has ended has no name any more", () => {
  assert.deepEqual(namesOf(SENT, content(SENT, 3).lines), []);
  assert.equal(namesOf(SENT, content(SENT, 1.5).lines)[0].words, "9");
});

Deno.test("strips are computed a twentieth of a real second ahead, at most", () => {
  assert.equal(computedUntil(1.01, { now: 9, slow: 1 }).toFixed(4), "1.0500");
  assert.equal(computedUntil(1.01, { now: 9, slow: 20 }).toFixed(4), "1.0100");
  assert.equal(computedUntil(1.01, { now: 1.02, slow: 1 }), 1.02);
});

Deno.test("no mark is drawn before its time, and no number of marks", () => {
  const run = runOf({ now: 9, levels: { refused: [[2, 31], [2.4, 7], [3, 53]] } });
  const content = contentOf(run, IN_FLIGHT, { from: 0, seconds: 9 }, 9);
  const [strip] = layoutOnPage([IN_FLIGHT], WINDOW).strips;
  /** @param {number} drawnTo */
  function drawnUpTo(drawnTo) {
    const drawn = new DrawnPen();
    const pen = drawn.asPen();
    let right = 0;
    pen.bar = (name, x, _y, w) => {
      if (name === "refused") right = Math.max(right, x + w);
    };
    drawStrip(pen, strip, content, {
      title: "",
      x: (time) => 100 * time,
      rightPixel: 900,
      drawnToPixel: 100 * drawnTo,
      untilTime: 9,
      highest: 4,
      magnification: 1,
    });
    return {
      right: Math.round(right),
      numbers: drawn.words.filter((word) => Number(word) > 30),
    };
  }
  assert.deepEqual(drawnUpTo(1.99), { right: 0, numbers: [] });
  assert.deepEqual(drawnUpTo(2.3), { right: 232, numbers: ["38"] });
  assert.deepEqual(drawnUpTo(3), { right: 302, numbers: ["38", "53"] });
});

Deno.test("a ceiling goes from end to end before a run, too", () => {
  const run = runOf({ levels: { limit: [[0, 3]] } });
  const drawn = new DrawnPen().asPen();
  /** @type {number[]} */
  const widths = [];
  drawn.inside = ({ w }) => widths.push(w);
  const [strip] = layoutOnPage([IN_FLIGHT], WINDOW).strips;
  drawStrip(drawn, strip, contentOf(run, IN_FLIGHT, { from: 0, seconds: 4 }, 0), {
    title: "",
    x: (time) => 52 + 100 * time,
    rightPixel: 452,
    drawnToPixel: 52,
    untilTime: 5,
    highest: 4,
    magnification: 1,
  });
  assert.deepEqual(widths.map(Math.round), [400, 1]);
});
