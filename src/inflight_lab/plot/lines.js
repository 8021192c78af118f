// Lines over time.  They are SVG paths in data coordinates (seconds, requests); a transform scales and
// scrolls them, so a frame in which no point arrived only moves what is there.

import { div, make } from "./dom.js";

const SHORTEST = 4; // seconds across the plot at the start of a run; it widens until ...
const WIDEST = 12; // ... here, and scrolls from then on
const KEPT = 60; // seconds kept; older points are dropped, and the time axis says so
const FRAME = 30; // milliseconds between two frames at the least: smooth enough, and half the work
const BUSY = 200; // requests in a period from which on ...
const BUSY_FRAME = 45; // ... it is these: drawing takes processor time away from whoever sends them
const BIN = 0.01; // seconds that one point stands for, or twice that, or four times ...
const POINTS = 420; // ... so that there are no more than these across the plot, which a screen can show
const DELAY = 0.08; // seconds that the picture lags behind, so that its points have arrived
const RIGHT = 12;
const USUAL = { left: 64, gap: 30, top: 22, mark: 16, row: 24 }; // pixels ...
const PRESENTED = { left: 84, gap: 42, top: 30, mark: 24, row: 34 }; // ... and with the letters of a full screen

const STRIPS = [
  { name: "in flight", height: 240, lines: ["client", "server", "limit"], marks: ["refused", "failed"] },
  { name: "waiting", height: 56, lines: ["waiting"] },
  { name: "sent in the last period", height: 84, lines: ["rate", "quota"] },
];
const LEGEND = [
  ["server", "in flight (server)"], ["client", "in flight (client)"], ["limit", "limit"],
  ["waiting", "waiting"], ["rate", "rate"], ["quota", "quota"], ["refused", "429 or 503"], ["failed", "failed"],
];

// A point is [time, lowest, highest, last]: all that happened to a level within one bin.  This makes one
// point of those in a wider bin, from the last one before `from` on.  No peak is lost.
function fold(points, from, bin) {
  let first = points.length - 1;
  while (first > 0 && points[first][0] > from) first -= 1;
  const folded = [];
  for (const [time, low, high, last] of points.slice(Math.max(first, 0))) {
    const before = folded.at(-1);
    if (before && Math.floor(time / bin) === Math.floor(before[0] / bin)) {
      before.splice(1, 3, Math.min(before[1], low), Math.max(before[2], high), last);
    } else folded.push([time, low, high, last]);
  }
  return folded;
}

// The line keeps to the highest, so that a plateau looks like one; `dipPath` tells how low it went.
function stepPath(points, bin, until) {
  let path = "";
  for (const [time, , high, last] of points) {
    path += (path ? `H${time}` : `M${time} ${last}`) + `V${high}` + (last === high ? "" : `H${time + bin}V${last}`);
  }
  return path && path + `H${until}`;
}

const dipPath = (points) =>
  points.filter(([, low, high]) => low < high).map(([time, low, high]) => `M${time} ${low}V${high}`).join("");

const tickPath = (points, from) => points.filter(([time]) => time >= from).map(([time]) => `M${time} 0v1`).join("");

function niceStep(range, most) {
  const rough = Math.max(range / most, 1e-9), power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

/** The strips, their lines and the legend: all that is there before the first point. */
function furnish(parent) {
  const svg = make("svg", { role: "img", width: "100%", class: "ifl-lines", "aria-label": "Requests over time" }, parent);
  // Not crypto.randomUUID: a page served over plain http, as in a school's network, has none.
  const id = `ifl-${Math.random().toString(36).slice(2)}`, usual = { "vector-effect": "non-scaling-stroke" };
  const clip = make("rect", { y: 0, height: "100%" }, make("clipPath", { id }, make("defs", {}, svg)));
  const times = make("g", { class: "ifl-axis" }, svg), cut = make("text", { class: "ifl-cut" }, times), paths = {};
  cut.textContent = "older points left out";
  const strips = STRIPS.map((about) => {
    const group = make("g", {}, svg), axis = make("g", { class: "ifl-axis" }, group);
    const title = make("text", { class: "ifl-title" }, group), marks = about.marks ?? [];
    title.textContent = about.name;
    const labels = marks.map((_, i) => make("text", { class: "ifl-axis", "text-anchor": "end" }, group));
    labels.forEach((label, i) => { label.textContent = ["429", "failed"][i]; });
    const strip = { ...about, max: 0, need: 4, group, axis, title, labels };
    for (const name of [...marks, ...about.lines]) {
      const inside = make("g", { "clip-path": `url(#${id})` }, group);
      paths[name] = { strip, mark: marks.indexOf(name) };
      if (name === "server") paths[name].dips = make("path", { class: `ifl-line ifl-${name} ifl-dips`, ...usual }, inside);
      paths[name].path = make("path", { class: `ifl-line ifl-${name}`, ...usual }, inside);
    }
    return strip;
  });
  const legend = div("ifl-legend", parent);
  for (const [name, label] of LEGEND) {
    const item = div(`ifl-key ifl-key-${name}`, legend);
    const swatch = make("svg", { width: 34, height: 12, "aria-hidden": "true" }, item);
    make("path", { class: `ifl-line ifl-${name}`, d: name in { refused: 1, failed: 1 } ? "M17 0v12" : "M1 6h32" }, swatch);
    item.append(label);
  }
  return { svg, clip, times, cut, paths, strips };
}

const drawn = new WeakMap(); // the picture of each svg: those side by side have their axes in common

export function lines(parent) {
  const { svg, clip, times, cut, paths, strips } = furnish(parent), ticks = [];
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const picture = { strips, end: 0, redraw() { frame ||= requestAnimationFrame(draw); } };
  let series, end, live, offset, frame = 0, frames = 0, drawnAt = 0;
  let stale = false; // whether points came that are in no line yet
  let width = 0, height = 0, place = USUAL;
  drawn.set(svg, picture);
  reset();

  function reset() {
    series = Object.fromEntries(Object.keys(paths).map((name) => [name, []]));
    end = 0; live = false; offset = null;
  }

  function receive(message) {
    if (message.reset) reset();
    for (const name in series) {
      const points = series[name];
      points.push(...(message.series[name] ?? []));
      let old = 0; // the last point before what is kept still gives the level there
      while (old + 1 < points.length && points[old + 1][0] < message.now - KEPT) old += 1;
      if (old) points.splice(0, old);
    }
    end = message.now; live = message.live;
    const seen = performance.now() / 1000 - message.now;
    // Follow the kernel's clock smoothly; jump when it is far away (a slept laptop, a new run).
    offset = offset === null || Math.abs(seen - offset) > 0.5 ? seen : offset + (seen - offset) * 0.05;
    stale = true;
    for (const mate of mates()) mate.redraw();
  }

  function mates() {
    const plots = parent.closest(".ifl-lanes")?.querySelectorAll("svg.ifl-lines") ?? [svg];
    return [...plots].map((plot) => drawn.get(plot)).filter(Boolean);
  }

  function layout() {
    const presented = parent.closest(".ifl-presented") !== null;
    place = presented ? PRESENTED : USUAL;
    const tight = presented && svg.clientHeight < 520; // then the number of those that wait must do
    const shown = strips.filter(({ name }) => !tight || name !== "waiting");
    const fixed = place.top + place.gap * shown.length;
    const natural = shown.reduce((sum, strip) => sum + strip.height, 0);
    if (!presented) svg.setAttribute("height", fixed + natural);
    width = svg.clientWidth;
    height = presented ? svg.clientHeight : fixed + natural;
    const grow = Math.max(0.3, (height - fixed) / natural);
    let y = place.top;
    for (const strip of strips) {
      strip.group.setAttribute("visibility", shown.includes(strip) ? "visible" : "hidden");
      if (!shown.includes(strip)) { strip.max = strip.tall = 0; continue; }
      const marks = strip.marks ? 2 * place.mark + 10 : 0;
      Object.assign(strip, { max: 0, top: y + marks, tall: strip.height * grow - marks, marksAt: y });
      for (const [name, value] of [["x", place.left], ["y", y - 6]]) strip.title.setAttribute(name, value);
      strip.labels.forEach((label, i) => {
        label.setAttribute("x", place.left - 8);
        label.setAttribute("y", y + place.mark * (i + 0.7));
      });
      y += strip.height * grow + place.gap;
    }
    clip.setAttribute("x", place.left);
    cut.setAttribute("x", width - RIGHT);
    cut.setAttribute("y", place.top - 6);
    rebuild();
    picture.redraw();
  }

  function window_(now) {
    if (!live) for (const mate of mates()) now = Math.max(now, mate.end);
    const from = Math.max(0, now - (live ? WIDEST : KEPT));
    return [from, Math.max(SHORTEST, live ? Math.min(now, WIDEST) : now - from) * 1.02];
  }

  function rebuild() {
    picture.end = live ? 0 : end;
    const [from, span] = window_(end), until = end + 5; // beyond now, where the clip ends it
    const bin = BIN * 2 ** Math.max(0, Math.ceil(Math.log2(span / BIN / POINTS)));
    for (const name in paths) {
      const { path, dips, mark } = paths[name];
      const points = mark < 0 ? fold(series[name], from, bin) : [];
      path.setAttribute("d", mark < 0 ? stepPath(points, bin, until) : tickPath(series[name], from));
      dips?.setAttribute("d", dipPath(points));
    }
    strips.forEach((strip, index) => {
      strip.need = 4;
      for (const name of strip.lines) {
        for (let i = series[name].length - 1; i >= 0; i--) {
          strip.need = Math.max(strip.need, series[name][i][2]);
          if (series[name][i][0] < from) break;
        }
      }
      if (strip.tall) scaleStrip(strip, Math.max(...mates().map((mate) => mate.strips[index].need)));
    });
  }

  function scaleStrip(strip, need) {
    const round = Math.max(1, niceStep(need, 5)), max = Math.ceil(need * 1.04 / round) * round;
    if (max === strip.max) return;
    const step = Math.max(1, niceStep(max, Math.max(1, Math.min(5, Math.floor(strip.tall / place.row)))));
    const values = Array.from({ length: Math.ceil(max / step) }, (_, i) => i * step);
    while (values.length > 1 && (strip.tall * (max - values.at(-1))) / max < place.row * 0.8) values.pop();
    strip.max = max;
    strip.axis.replaceChildren();
    for (const value of [...values, max]) { // the highest is always labelled
      const at = strip.top + strip.tall * (1 - value / max);
      make("line", { x1: place.left, x2: "100%", y1: at, y2: at }, strip.axis);
      make("text", { x: place.left - 8, y: at, dy: "0.35em", "text-anchor": "end" }, strip.axis).textContent = value;
    }
  }

  function draw(clock) {
    frame = 0;
    const pause = calm.matches ? 500 : series.rate.at(-1)?.[3] > BUSY ? BUSY_FRAME : FRAME;
    if (live && clock - drawnAt < pause) { frame = requestAnimationFrame(draw); return; }
    drawnAt = clock;
    if (stale) { rebuild(); stale = false; }
    const now = live ? Math.max(0, performance.now() / 1000 - offset - DELAY) : end;
    const [from, span] = window_(now);
    const perSecond = (width - place.left - RIGHT) / span;
    for (const { path, dips, strip, mark } of Object.values(paths)) {
      if (!strip.max) continue; // not shown
      const scale = mark < 0 ? -strip.tall / strip.max : place.mark - 5;
      const zero = mark < 0 ? strip.top + strip.tall : strip.marksAt + place.mark * mark;
      const transform = `matrix(${perSecond} 0 0 ${scale} ${place.left - from * perSecond} ${zero})`;
      path.setAttribute("transform", transform);
      dips?.setAttribute("transform", transform);
    }
    clip.setAttribute("width", Math.max(0, (now - from) * perSecond));
    drawTimes(from, span, perSecond);
    parent.dataset.frames = frames += 1;
    if (live) frame = requestAnimationFrame(draw);
  }

  function drawTimes(from, span, perSecond) {
    const step = Math.max(0.5, niceStep(span, Math.max(2, width / (1.4 * place.left))));
    let used = 0;
    for (let tick = Math.ceil(from / step) * step; tick < from + span; tick += step, used += 1) {
      const x = place.left + (tick - from) * perSecond;
      ticks[used] ??= [make("line", {}, times), make("text", {}, times)];
      const [line, text] = ticks[used];
      line.setAttribute("y1", place.top);
      line.setAttribute("y2", height - place.gap);
      text.setAttribute("y", height - place.gap / 3);
      line.setAttribute("transform", `translate(${x} 0)`);
      text.setAttribute("transform", `translate(${x} 0)`);
      text.setAttribute("text-anchor", x > width - 40 ? "end" : "middle");
      const label = `${+tick.toFixed(1)} s`;
      if (text.textContent !== label) text.textContent = label;
    }
    for (const element of ticks.splice(used).flat()) element.remove();
    cut.setAttribute("visibility", from > 0 ? "visible" : "hidden");
  }

  return { receive, layout, close: () => cancelAnimationFrame(frame) };
}
