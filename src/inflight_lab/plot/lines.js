// Lines over time.  They are SVG paths in data coordinates (seconds, requests); a transform scales and
// scrolls them, so a frame in which no point arrived only moves what is there.

import { kernelClock } from "./clock.js";
import { make } from "./dom.js";

const SHORTEST = 4; // seconds across the plot at the start of a run; it widens until ...
const WIDEST = 12; // ... here, and scrolls from then on
const KEPT = 60; // seconds kept; older points are dropped, and the time axis says so
const FRAME = 30; // milliseconds between two frames at the least: smooth enough, and half the work
const BUSY = 200; // requests in a period from which on ...
const BUSY_FRAME = 45; // ... it is these: drawing takes processor time away from whoever sends them
const BIN = 0.01; // seconds in which the kernel folds all that happens into one point
const COLUMNS = 420; // across the plot: a level is drawn as its mean over the time of one
const DELAY = 0.08; // seconds that the picture lags behind, so that its points have arrived
const APART = 0.6; // seconds between two refusals that are not counted as one group
const USUAL = { left: 52, right: 88, gap: 30, top: 22, mark: 17, row: 24, text: 15 }; // pixels ...
const PRESENTED = { left: 72, right: 128, gap: 42, top: 30, mark: 24, row: 34, text: 22 }; // ... in large letters

const STRIPS = [
  { name: "in flight", height: 250, lines: ["client", "server"], ceiling: "limit", marks: ["refused", "failed"] },
  { name: "waiting", height: 56, lines: ["waiting"] },
  { name: "sent in the last period", height: 84, lines: ["rate"], ceiling: "quota" },
];
const NAMED = ["limit", "quota", "client", "server"]; // beside their ends; the other lines have their strip's name

/** The level over time: its mean, weighted by time, in each column of `width` seconds.  So a plateau is one,
    however briefly a slot is empty, and what lasts for a column is there.  A point is [time, lowest, highest,
    last]; its last level begins when its bin ends. */
function meanLevels(points, from, until, width) {
  const first = Math.floor(from / width), sums = [], times = [];
  points.forEach(([time, , , level], i) => {
    const end = Math.min((points[i + 1]?.[0] ?? until) + BIN, until);
    for (let at = Math.max(time + BIN, first * width); at < end;) {
      const column = Math.floor(at / width + 1e-9), next = Math.min(end, (column + 1) * width);
      sums[column - first] = (sums[column - first] ?? 0) + level * (next - at);
      times[column - first] = (times[column - first] ?? 0) + next - at;
      at = next > at ? next : end;
    }
  });
  return sums.flatMap((sum, i) => [[(first + i) * width, Math.round((100 * sum) / times[i]) / 100]]);
}

/** A path of steps through [time, level]; a null for what is not drawn ends a piece. */
function stepPath(levels, until) {
  let path = "", before = null;
  for (const [time, level] of levels) {
    if (level === before) continue;
    if (before !== null) path += `H${time}`;
    if (level !== null) path += before === null ? `M${time} ${level}` : `V${level}`;
    before = level;
  }
  return before === null ? path : path + `H${until}`;
}

/** Marks that are near to each other, as [begin, end, how many]. */
function grouped(marks, from) {
  const groups = [];
  for (const [time, , , weight] of marks) {
    const last = groups.at(-1);
    if (time < from) continue;
    if (last && time - last[1] < APART) { last[1] = time; last[2] += weight; }
    else groups.push([time, time, weight]);
  }
  return groups;
}

function niceStep(range, most) {
  const rough = Math.max(range / most, 1e-9), power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

const place = (element, attributes) => { for (const name in attributes) element.setAttribute(name, attributes[name]); };

/** Texts of which there are now more, now fewer. */
function texts(parent) {
  const made = [];
  return (wanted) => {
    wanted.forEach(([textContent, x, y, anchor], i) => {
      const text = made[i] ??= make("text", {}, parent);
      if (text.textContent !== textContent) text.textContent = textContent;
      place(text, { x, y, "text-anchor": anchor });
    });
    for (const text of made.splice(wanted.length)) text.remove();
  };
}

/** The strips and their lines: all that is there before the first point. */
function furnish(parent) {
  const svg = make("svg", { role: "img", width: "100%", class: "ifl-lines", "aria-label": "Requests over time" }, parent);
  // Not crypto.randomUUID: a page served over plain http, as in a school's network, has none.
  const id = `ifl-${Math.random().toString(36).slice(2)}`;
  const clip = make("rect", { y: 0, height: "100%" }, make("clipPath", { id }, make("defs", {}, svg)));
  const grid = make("path", { class: "ifl-grid" }, svg), times = texts(make("g", { class: "ifl-axis" }, svg));
  const cut = make("text", { class: "ifl-cut" }, svg);
  cut.textContent = "older points left out";
  const strips = STRIPS.map((about) => {
    const group = make("g", {}, svg), title = make("text", { class: "ifl-title" }, group);
    const inside = () => make("g", {}, make("g", { "clip-path": `url(#${id})` }, group));
    const path = (name, into) => make("path", { class: `ifl-line ifl-${name}`, "vector-effect": "non-scaling-stroke" }, into);
    title.textContent = about.name;
    const strip = { ...about, group, title, grid: make("path", { class: "ifl-grid" }, group), data: inside(), paths: {} };
    strip.axis = texts(make("g", { class: "ifl-axis" }, group));
    strip.shade = about.ceiling && make("path", { class: "ifl-shade" }, strip.data);
    for (const name of [...about.lines, ...[about.ceiling ?? []].flat()]) strip.paths[name] = path(name, strip.data);
    strip.names = NAMED.filter((name) => strip.paths[name]).map((name) => [name, make("text", { class: `ifl-name-of ifl-${name}` }, group)]);
    strip.rows = (about.marks ?? []).map((name) => {
      const row = make("g", { class: `ifl-mark ifl-${name}` }, group), bars = inside();
      return { name, label: make("text", {}, row), path: path(name, bars), bars, counts: texts(row), groups: [] };
    });
    return strip;
  });
  return { svg, clip, grid, times, cut, strips };
}

const drawn = new WeakMap(); // the picture of each svg: those side by side have their axes in common

export function lines(parent) {
  const { svg, clip, grid, times, cut, strips } = furnish(parent), clock = kernelClock();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const picture = { strips, end: 0, redraw() { frame ||= requestAnimationFrame(draw); } };
  let series, end, live, frame = 0, frames = 0, drawnAt = 0, at = USUAL, width = 0, height = 0;
  let stale = false; // whether points came that are in no line yet
  drawn.set(svg, picture);
  reset();

  function reset() {
    series = Object.fromEntries(strips.flatMap(({ paths, rows }) => [...Object.keys(paths), ...rows.map((row) => row.name)]).map((name) => [name, []]));
    [end, live] = [0, false];
    for (const strip of strips) strip.need = 4;
    clock.reset();
  }

  function receive(message) {
    if (message.reset) reset();
    for (const name in series) {
      const points = series[name], fresh = message.series[name] ?? [];
      points.push(...fresh);
      let old = 0; // the last point before what is kept still gives the level there
      while (old + 1 < points.length && points[old + 1][0] < message.now - KEPT) old += 1;
      if (old) points.splice(0, old);
    }
    end = message.now; live = message.live; stale = true;
    clock.hear(end);
    for (const mate of mates()) mate.redraw();
  }

  function mates() {
    const plots = parent.closest(".ifl-lanes")?.querySelectorAll("svg.ifl-lines") ?? [svg];
    return [...plots].map((plot) => drawn.get(plot)).filter(Boolean);
  }

  function layout() {
    const presented = parent.closest(".ifl-presented") !== null;
    at = presented ? PRESENTED : USUAL;
    const tight = presented && svg.clientHeight < 520; // then the number of those that wait must do
    const shown = strips.filter(({ name }) => !tight || name !== "waiting");
    const fixed = at.top + at.gap * shown.length, natural = shown.reduce((sum, strip) => sum + strip.height, 0);
    if (!presented) svg.setAttribute("height", fixed + natural);
    [width, height] = [svg.clientWidth, presented ? svg.clientHeight : fixed + natural];
    const grow = Math.max(0.3, (height - fixed) / natural);
    let y = at.top;
    for (const strip of strips) {
      strip.group.setAttribute("visibility", shown.includes(strip) ? "visible" : "hidden");
      strip.max = strip.tall = 0;
      if (!shown.includes(strip)) continue;
      const marks = strip.rows.length * at.mark + (strip.rows.length && 8);
      Object.assign(strip, { top: y + marks, tall: strip.height * grow - marks, marksAt: y });
      place(strip.title, { x: at.left, y: y - 6 });
      strip.rows.forEach(({ label }, i) => place(label, { x: width - at.right + 6, y: y + at.mark * (i + 0.8) }));
      y += strip.height * grow + at.gap;
    }
    place(clip, { x: at.left });
    place(cut, { x: width - at.right, y: at.top - 6 });
    stale = true;
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
    const column = BIN * 2 ** Math.max(0, Math.ceil(Math.log2(span / BIN / COLUMNS)));
    strips.forEach((strip, index) => {
      const levels = {};
      for (const name of strip.lines) levels[name] = meanLevels(series[name], from, end + BIN, column);
      const all = [...Object.values(levels).flat(), ...series[strip.ceiling]?.map((point) => [0, point[3]]) ?? []];
      strip.need = Math.max(strip.need, ...all.map(([, level]) => level)); // never less: axes that jump cannot be read
      if (!strip.tall) return;
      scaleStrip(strip, Math.max(...mates().map((mate) => mate.strips[index].need)));
      if (levels.client && levels.server.length) levels.client = whereApart(levels.client, levels.server);
      for (const name of strip.lines) strip.paths[name].setAttribute("d", stepPath(levels[name], until));
      if (strip.ceiling) drawCeiling(strip, series[strip.ceiling], until);
      nameLines(strip, levels);
      for (const row of strip.rows) {
        row.groups = grouped(series[row.name], from);
        row.path.setAttribute("d", row.groups.map(([begin, last]) => `M${begin} 0V1H${last}V0z`).join(""));
        row.label.textContent = series[row.name].length ? row.name : "";
      }
    });
  }

  function drawCeiling(strip, points, until) {
    const path = stepPath(points.map(([time, , , level]) => [time, level]), until);
    strip.paths[strip.ceiling].setAttribute("d", path);
    strip.shade.setAttribute("d", path && `${path}V${strip.max}H${points[0][0]}z`);
  }

  // The client's line is drawn only where it tells something else than the server's.
  function whereApart(client, server) {
    const other = new Map(server);
    return client.map(([time, level]) => [time, Math.abs(level - (other.get(time) ?? 0)) > 0.5 ? level : null]);
  }

  function scaleStrip(strip, need) {
    const round = Math.max(1, niceStep(need, 5)), max = Math.ceil((need * 1.04) / round) * round;
    if (max === strip.max) return;
    const step = Math.max(1, niceStep(max, Math.max(1, Math.min(5, Math.floor(strip.tall / at.row)))));
    const values = Array.from({ length: Math.ceil(max / step) }, (_, i) => i * step);
    while (values.length > 1 && (strip.tall * (max - values.at(-1))) / max < at.row * 0.8) values.pop();
    strip.max = max;
    const marks = [...values, max].map((value) => [value, heightOf(strip, value)]); // the highest is always labelled
    strip.axis(marks.map(([value, y]) => [`${value}`, at.left - 8, y + at.text / 3, "end"]));
    strip.grid.setAttribute("d", marks.map(([, y]) => `M${at.left} ${y}H${width - at.right}`).join(""));
  }

  const heightOf = (strip, value) => strip.top + strip.tall * (1 - value / strip.max);

  // Beside the end of each line its name: a ceiling's above it, all apart from each other.
  function nameLines(strip, levels) {
    let free = -Infinity;
    const named = strip.names.map(([name, text]) => {
      const ceiling = name === strip.ceiling, level = ceiling ? series[name].at(-1)?.[3] : levels[name].at(-1)?.[1];
      text.textContent = level === undefined || level === null ? "" : ceiling ? `${name} ${level}` : name;
      return [text, heightOf(strip, level ?? 0) + (ceiling ? -0.1 : 0.6) * at.text];
    });
    for (const [text, y] of named.filter(([text]) => text.textContent).sort((one, two) => one[1] - two[1])) {
      free = Math.max(y, free + at.text);
      place(text, { x: width - at.right + 6, y: free });
    }
  }

  function draw(now) {
    frame = 0;
    const pause = calm.matches ? 500 : series.rate.at(-1)?.[3] > BUSY ? BUSY_FRAME : FRAME;
    if (live && now - drawnAt < pause) { frame = requestAnimationFrame(draw); return; }
    drawnAt = now;
    if (stale) { rebuild(); stale = false; }
    const time = live ? Math.max(0, clock.now() - DELAY) : end;
    const [from, span] = window_(time), perSecond = (width - at.left - at.right) / span;
    const shift = (tall, y) => `matrix(${perSecond} 0 0 ${tall} ${at.left - from * perSecond} ${y})`;
    for (const strip of strips) {
      if (!strip.max) continue; // not shown
      strip.data.setAttribute("transform", shift(-strip.tall / strip.max, strip.top + strip.tall));
      strip.rows.forEach((row, i) => drawCounts(row, strip.marksAt + at.mark * i, from, perSecond, shift));
    }
    place(clip, { width: Math.max(0, (time - from) * perSecond) });
    drawTimes(from, span, perSecond);
    parent.dataset.frames = frames += 1;
    if (live) frame = requestAnimationFrame(draw);
  }

  function drawCounts(row, y, from, perSecond, shift) {
    row.bars.setAttribute("transform", shift(at.mark - 6, y + 2));
    row.counts(row.groups.map(([, last, count]) => [`${Math.round(count)}`, at.left + (last - from) * perSecond + 5, y + at.mark * 0.8, "start"]));
  }

  function drawTimes(from, span, perSecond) {
    const step = Math.max(0.5, niceStep(span, Math.max(2, width / (1.6 * at.left)))), ticks = [];
    for (let tick = Math.ceil(from / step) * step; tick < from + span; tick += step) {
      ticks.push([`${+tick.toFixed(1)} s`, at.left + (tick - from) * perSecond, height - at.gap / 5, "middle"]);
    }
    times(ticks);
    grid.setAttribute("d", ticks.map(([, x]) => `M${x} ${at.top}V${height - at.gap}`).join(""));
    cut.setAttribute("visibility", from > 0 ? "visible" : "hidden");
  }

  return { receive, layout, close: () => cancelAnimationFrame(frame) };
}
