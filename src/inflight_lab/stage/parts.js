// What a stage is made of.

import { make } from "./dom.js";
import { SPEEDS } from "./player.js";
import { LEVELS } from "./strip.js";

/** @import { What } from "./strip.js" */

/** @type {Record<number, string>} */
const FRACTIONS = { 0.25: "¼", 0.5: "½" };

/** What is counted beside the sentence, in this order. */
export const COUNTED = /** @type {const} */ ([
  "waiting",
  "answered",
  "refused",
  "failed",
  "cancelled",
]);

/** What stands beside the strip. */
export const LABELLED = /** @type {const} */ (["marks", "line", "before"]);

/** @param {string} title */
export function partsOf(title) {
  const number = (text = "0") => make("b", { textContent: text });
  const numbers = {
    waiting: number(),
    answered: number(),
    refused: number(),
    failed: number(),
    cancelled: number(),
    slots: number(""),
    quota: number(""),
    tokens: number(""),
    pause: number(""),
    time: make("span", { className: "ifl-time" }),
    length: make("span", { className: "ifl-length" }),
  };
  const box = (/** @type {string} */ name) =>
    make("div", { className: `ifl-box-${name}` });
  const boxes = {
    requests: box("requests"),
    slots: box("slots"),
    api: box("api"),
    wall: box("wall"),
  };
  const count = (/** @type {typeof COUNTED[number]} */ name) =>
    make("span", { className: `ifl-count-${name}` }, numbers[name], ` ${name}`);
  const heading = title ? [make("b", { className: "ifl-title" }, title)] : [];
  const counts = make(
    "p",
    { className: "ifl-counts" },
    ...heading,
    ...COUNTED.map(count),
  );
  const apiLabel = make(
    "p",
    { className: "ifl-api-label" },
    make("b", {}, "API"),
    make("span", { className: "ifl-quota" }, numbers.quota),
    make("span", { className: "ifl-tokens" }, numbers.tokens),
  );
  const slotsLabel = make("p", {}, numbers.slots, " slots");
  const pacerLabel = make("p", { className: "ifl-pacer" }, "pacer");
  const flowCanvas = make("canvas", { ariaHidden: "true" });
  const flow = make(
    "div",
    { className: "ifl-flow" },
    make("div", { className: "ifl-requests" }, boxes.requests),
    make("div", { className: "ifl-slots" }, slotsLabel, pacerLabel, boxes.slots),
    make("div", { className: "ifl-way" }, numbers.pause),
    make("div", { className: "ifl-api" }, boxes.wall, apiLabel, boxes.api),
    flowCanvas,
  );
  const levels = Object.keys(LEVELS).map((what) => {
    const count = number();
    const unit = make("span");
    const button = make("button", { type: "button" }, count, " ", unit);
    return { what: /** @type {What} */ (what), button, count, unit };
  });
  const stripCanvas = make("canvas", {
    tabIndex: 0,
    role: "slider",
    ariaLabel: "Look back, in seconds",
    ariaValueMin: "0",
  });
  const label = (/** @type {string} */ name) =>
    make("span", { className: `ifl-label ifl-${name}` });
  const labels = {
    marks: label("marks"),
    line: label("line"),
    before: label("was"),
  };
  const play = make("button", { type: "button", className: "ifl-play" });
  const speed = make(
    "select",
    { className: "ifl-speed", title: "Speed", ariaLabel: "Speed" },
    ...SPEEDS.map((each) =>
      make("option", { value: each, textContent: speedInWords(each) })
    ),
  );
  const strip = make(
    "div",
    { className: "ifl-strip" },
    make(
      "div",
      { className: "ifl-strip-head" },
      make(
        "div",
        { className: "ifl-levels", role: "group", ariaLabel: "What the strip shows" },
        ...levels.map(({ button }) => button),
      ),
      speed,
      make("span", { className: "ifl-clock" }, numbers.time, " ", numbers.length),
    ),
    play,
    make("div", { className: "ifl-chart" }, stripCanvas, ...Object.values(labels)),
  );
  const sentence = make("p", { className: "ifl-sentence", ariaLive: "polite" });
  const stage = make(
    "div",
    { className: "ifl-stage", role: "group", ariaLabel: title || "Requests" },
    ...(title ? [counts, sentence] : [sentence, counts]),
    flow,
    strip,
  );
  return {
    stage,
    flow,
    flowCanvas,
    stripCanvas,
    sentence,
    numbers,
    boxes,
    levels,
    labels,
    play,
    speed,
  };
}

/** @param {number} speed */
function speedInWords(speed) {
  return `${FRACTIONS[speed] ?? speed}× speed`;
}
