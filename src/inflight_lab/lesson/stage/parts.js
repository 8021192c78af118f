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
  const { counts, ...counted } = countsOf(title);
  const { flow, ...inFlow } = flowOf();
  const { strip, ...inStrip } = stripOf();
  const sentence = make("p", { className: "ifl-sentence", ariaLive: "polite" });
  const stage = make(
    "div",
    { className: "ifl-stage", role: "group", ariaLabel: title || "Requests" },
    ...(title ? [counts, sentence] : [sentence, counts]),
    flow,
    strip,
  );
  const numbers = { ...counted.numbers, ...inFlow.numbers, ...inStrip.numbers };
  return { stage, sentence, flow, ...inFlow, ...inStrip, numbers };
}

/** How many there are of each, beside the title. @param {string} title */
function countsOf(title) {
  /** @param {typeof COUNTED[number]} name */
  const numberOf = (name) => [name, make("b")];
  /** @type {Record<typeof COUNTED[number], HTMLElement>} */
  const numbers = Object.fromEntries(COUNTED.map(numberOf));
  const heading = title ? [make("b", { className: "ifl-title" }, title)] : [];
  const each = COUNTED.map((name) =>
    part("span", `count-${name}`, numbers[name], ` ${name}`)
  );
  return { counts: part("p", "counts", ...heading, ...each), numbers };
}

/** The requests, the way, and the API; a canvas over all of it. */
function flowOf() {
  const numbers = {
    slots: make("b"),
    quota: make("b"),
    tokens: make("b"),
    pause: make("b"),
  };
  const boxes = {
    requests: part("div", "box-requests"),
    slots: part("div", "box-slots"),
    api: part("div", "box-api"),
    wall: part("div", "box-wall"),
  };
  const slotsLabel = make("p", {}, numbers.slots, " slots");
  const pacerLabel = part("p", "pacer", "pacer");
  const apiLabel = part(
    "p",
    "api-label",
    make("b", {}, "API"),
    part("span", "quota", numbers.quota),
    part("span", "tokens", numbers.tokens),
  );
  const flowCanvas = make("canvas", { ariaHidden: "true" });
  const flow = part(
    "div",
    "flow",
    part("div", "requests", boxes.requests),
    part("div", "slots", slotsLabel, pacerLabel, boxes.slots),
    part("div", "way", numbers.pause),
    part("div", "api", boxes.wall, apiLabel, boxes.api),
    flowCanvas,
  );
  return { flow, flowCanvas, boxes, numbers };
}

/** Its head, the button, and the chart with its labels. */
function stripOf() {
  const numbers = { time: part("span", "time"), length: part("span", "length") };
  const levels = Object.keys(LEVELS).map((what) => {
    const count = make("b");
    const unit = make("span");
    const button = make("button", { type: "button" }, count, " ", unit);
    return { what: /** @type {What} */ (what), button, count, unit };
  });
  const group = part("div", "levels", ...levels.map(({ button }) => button));
  Object.assign(group, { role: "group", ariaLabel: "What the strip shows" });
  const speed = make(
    "select",
    { className: "ifl-speed", title: "Speed", ariaLabel: "Speed" },
    ...SPEEDS.map((each) =>
      make("option", { value: each, textContent: speedInWords(each) })
    ),
  );
  const clock = part("span", "clock", numbers.time, " ", numbers.length);
  const play = make("button", { type: "button", className: "ifl-play" });
  const stripCanvas = make("canvas", {
    tabIndex: 0,
    role: "slider",
    ariaLabel: "Look back, in seconds",
    ariaValueMin: "0",
  });
  const labels = {
    marks: part("span", "label ifl-marks"),
    line: part("span", "label ifl-line"),
    before: part("span", "label ifl-was"),
  };
  const strip = part(
    "div",
    "strip",
    part("div", "strip-head", group, speed, clock),
    play,
    part("div", "chart", stripCanvas, ...Object.values(labels)),
  );
  return { strip, stripCanvas, levels, labels, play, speed, numbers };
}

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className Without its prefix.
 * @param {(Node | string)[]} children
 */
function part(name, className, ...children) {
  return make(name, { className: `ifl-${className}` }, ...children);
}

/** @param {number} speed */
function speedInWords(speed) {
  return `${FRACTIONS[speed] ?? speed}× speed`;
}
