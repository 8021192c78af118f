// Draws what the kernel's Recorder sends, and nothing else.  Lines are SVG paths in data coordinates
// (seconds, requests); a transform scales and scrolls them, so a frame in which no point arrived only
// moves what is there.

const NS = "http://www.w3.org/2000/svg";
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
const PRESENTED = { left: 100, gap: 46, top: 34, mark: 26, row: 34 }; // ... and with the letters of a full screen

const STRIPS = [
  { name: "in flight", height: 240, lines: ["client", "server", "limit"], marks: ["refused", "failed"] },
  { name: "each request at the server", height: 150, lines: ["open", "accepted", "rejected", "lost"], bars: true },
  { name: "waiting", height: 56, lines: ["waiting"] },
  { name: "sent in the last period", height: 84, lines: ["rate", "quota"] },
];
const LEGEND = [
  ["server", "in flight (server)"], ["client", "in flight (client)"], ["limit", "limit"],
  ["waiting", "waiting"], ["rate", "rate"], ["quota", "quota"], ["refused", "429 or 503"], ["failed", "failed"],
];
const TILES = [
  ["in_flight", "in flight"], ["waiting", "waiting"], ["accepted", "accepted"],
  ["refused", "refused"], ["failed", "failed"], ["rate", "last period"],
];

function make(name, attributes, parent) {
  const element = document.createElementNS(NS, name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  parent?.append(element);
  return element;
}

function div(className, parent, text = "") {
  const element = document.createElement("div");
  element.className = className;
  element.textContent = text; // never innerHTML: texts may come from a server
  parent.append(element);
  return element;
}

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

// Bars by what became of them.  A point is [time, lane, -1] where one begins, [time, lane, status] where it ends.
function barPaths(points, from, until) {
  const paths = { open: "", accepted: "", rejected: "", lost: "" }, open = new Map();
  const bar = (begin, end, lane) => `M${begin} ${lane + 0.12}H${end}V${lane + 0.88}H${begin}z`;
  for (const [time, lane, status] of points) {
    if (status < 0) open.set(lane, time);
    else if (open.has(lane)) {
      const name = status === 429 || status === 503 ? "rejected" : status === 0 || status >= 400 ? "lost" : "accepted";
      if (time >= from) paths[name] += bar(open.get(lane), time, lane);
      open.delete(lane);
    }
  }
  for (const [lane, begin] of open) paths.open += bar(begin, until, lane);
  return paths;
}

const tickPath = (points, from) => points.filter(([time]) => time >= from).map(([time]) => `M${time} 0v1`).join("");

function niceStep(range, most) {
  const rough = Math.max(range / most, 1e-9), power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

function render({ model, el }) {
  const root = div("inflight-lab", el);
  const tiles = {};
  const head = div("ifl-tiles", root);
  for (const [key, label] of TILES) {
    const tile = div(`ifl-tile ifl-${key}`, head);
    tiles[key] = div("ifl-number", tile, "0");
    div("ifl-label", tile, label);
  }
  const bar = div("ifl-bar", div("ifl-progress", root));
  const svg = make("svg", { role: "img", width: "100%" }, root);
  // Not crypto.randomUUID: a page served over plain http, as in a school's network, has none.
  const clip = make("rect", { y: 0, height: "100%" }, make("clipPath", { id: `ifl-${Math.random().toString(36).slice(2)}` }, make("defs", {}, svg)));
  const clipped = `url(#${clip.parentNode.id})`;
  const times = make("g", { class: "ifl-axis" }, svg), ticks = [];
  const cut = make("text", { class: "ifl-cut" }, times);
  cut.textContent = "older points left out";
  const paths = {}, strips = [];
  for (const about of STRIPS) {
    const strip = { ...about, max: 0, need: 4, group: make("g", {}, svg) };
    strip.axis = make("g", { class: "ifl-axis" }, strip.group);
    strip.title = make("text", { class: "ifl-title" }, strip.group);
    strip.title.textContent = strip.name;
    strip.labels = (strip.marks ?? []).map((name) => make("text", { class: "ifl-axis", "text-anchor": "end" }, strip.group));
    strip.labels.forEach((label, i) => { label.textContent = ["429", "failed"][i]; });
    for (const name of [...(strip.marks ?? []), ...strip.lines]) {
      const group = make("g", { "clip-path": clipped }, strip.group), usual = { "vector-effect": "non-scaling-stroke" };
      const mark = strip.marks?.indexOf(name) ?? -1;
      paths[name] = { strip, mark };
      if (name === "server") paths[name].dips = make("path", { class: `ifl-line ifl-${name} ifl-dips`, ...usual }, group);
      paths[name].path = make("path", { class: `${strip.bars ? "ifl-bar-of" : "ifl-line"} ifl-${name}`, ...usual }, group);
    }
    strips.push(strip);
  }
  const legend = div("ifl-legend", root);
  for (const [name, label] of LEGEND) {
    const item = div(`ifl-key ifl-key-${name}`, legend);
    const swatch = make("svg", { width: 34, height: 12, "aria-hidden": "true" }, item);
    make("path", { class: `ifl-line ifl-${name}`, d: name in { refused: 1, failed: 1 } ? "M17 0v12" : "M1 6h32" }, swatch);
    item.append(label);
  }
  const readout = div("ifl-readout", root);
  const spoken = div("ifl-spoken", root);
  spoken.setAttribute("role", "status");

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let series, counts, end, live, offset, frame = 0, frames = 0, drawnAt = 0, spokenAt = 0;
  let stale = false; // whether points came that are in no line yet
  let width = 0, height = 0, place = USUAL, following = false;
  reset();

  function reset() {
    series = Object.fromEntries([...Object.keys(paths), "bars"].map((name) => [name, []]));
    counts = { started: 0, waiting: 0, in_flight: 0, accepted: 0, refused: 0, failed: 0, cancelled: 0 };
    end = 0; live = false; offset = null;
  }

  // A view that comes late asks for what it missed; again, if the answer is lost while a page loads.  Until
  // the answer it shows what comes: ipykernel 6 hears the question only when the running cell has ended.
  let greeting, greeted = false;
  function greet() {
    if (greeted) return;
    model.send({ hello: true });
    greeting = setTimeout(greet, 1000);
  }

  function receive(message) {
    if (message.reset) { reset(); greeted = true; }
    for (const name in message.series) {
      const points = series[name];
      points.push(...message.series[name]);
      let old = 0; // the last point before what is kept still gives the level there
      while (old + 1 < points.length && points[old + 1][0] < message.now - KEPT) old += 1;
      if (old) points.splice(0, old);
    }
    Object.assign(counts, message.counts);
    end = message.now; live = message.live;
    const seen = performance.now() / 1000 - message.now;
    // Follow the kernel's clock smoothly; jump when it is far away (a slept laptop, a new run).
    offset = offset === null || Math.abs(seen - offset) > 0.5 ? seen : offset + (seen - offset) * 0.05;
    if (following !== series.bars.length > 0) { following = !following; layout(); }
    tell(); stale = true;
    for (const mate of mates()) mate.redraw?.();
  }

  // The plots side by side in one panel have their axes in common.
  function mates() { return root.closest(".ifl-lanes")?.querySelectorAll(".inflight-lab") ?? [root]; }
  root.redraw = () => { frame ||= requestAnimationFrame(draw); };

  function layout() {
    const presented = document.fullscreenElement?.contains(root) ?? false;
    root.classList.toggle("ifl-presented", presented);
    place = presented ? PRESENTED : USUAL;
    const tight = presented && svg.clientHeight < 460; // then the number of those that wait must do
    const shown = strips.filter(({ name, bars }) => bars ? following : !tight || name !== "waiting");
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
    cut.setAttribute("x", place.left);
    cut.setAttribute("y", place.top - 8 > 14 ? place.top - 14 : 14);
    rebuild();
    root.redraw();
  }

  function window_(now) {
    if (!live) for (const mate of mates()) now = Math.max(now, mate.end ?? 0);
    const from = Math.max(0, now - (live ? WIDEST : KEPT));
    return [from, Math.max(SHORTEST, live ? Math.min(now, WIDEST) : now - from) * 1.02];
  }

  function rebuild() {
    root.end = live ? 0 : end;
    const [from, span] = window_(end), until = end + 5; // beyond now, where the clip ends it
    const bin = BIN * 2 ** Math.max(0, Math.ceil(Math.log2(span / BIN / POINTS)));
    const bars = following ? barPaths(series.bars, from, until) : {};
    for (const name in paths) {
      const { path, dips, strip, mark } = paths[name];
      const points = mark < 0 && !strip.bars ? fold(series[name], from, bin) : [];
      const d = strip.bars ? bars[name] ?? "" : mark < 0 ? stepPath(points, bin, until) : tickPath(series[name], from);
      path.setAttribute("d", d);
      dips?.setAttribute("d", dipPath(points));
    }
    strips.forEach((strip, index) => {
      strip.need = strip.bars ? 1 : 4;
      for (const name of strip.bars ? ["bars"] : strip.lines) {
        for (let i = series[name].length - 1; i >= 0; i--) {
          strip.need = Math.max(strip.need, strip.bars ? series[name][i][1] + 1 : series[name][i][2]);
          if (series[name][i][0] < from) break;
        }
      }
      let max = strip.need;
      for (const mate of mates()) max = Math.max(max, mate.strips?.[index].need ?? 0);
      if (!strip.tall) return; // not shown
      const round = Math.max(1, niceStep(max, 5));
      max = strip.bars ? max : Math.ceil(max * 1.04 / round) * round;
      if (max === strip.max) return;
      const step = Math.max(1, niceStep(max, Math.max(1, Math.min(5, Math.floor(strip.tall / place.row)))));
      strip.max = max;
      strip.axis.replaceChildren();
      for (let value = 0; value <= max; value += step) {
        const at = strip.top + strip.tall * (1 - value / max);
        make("line", { x1: place.left, x2: "100%", y1: at, y2: at }, strip.axis);
        make("text", { x: place.left - 8, y: at, dy: "0.35em", "text-anchor": "end" }, strip.axis).textContent = value;
      }
    });
  }
  root.strips = strips;

  function draw(clock) {
    frame = 0;
    const pause = calm.matches ? 500 : last("rate") > BUSY ? BUSY_FRAME : FRAME;
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
    root.dataset.frames = frames += 1;
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

  function last(name) { return series[name].at(-1)?.[3] ?? null; }

  function tell() {
    const rate = last("rate") ?? 0, limit = last("limit"), quota = last("quota");
    const ended = counts.accepted + counts.refused + counts.failed + counts.cancelled;
    for (const key in tiles) {
      const text = key === "rate" ? `${rate}` : `${counts[key]}`;
      if (tiles[key].textContent !== text) tiles[key].textContent = text;
    }
    for (const key of ["refused", "failed"]) tiles[key].parentNode.classList.toggle("ifl-alarm", counts[key] > 0);
    bar.style.width = `${counts.started ? (100 * ended) / counts.started : 0}%`;
    const text = [
      `${live ? "running" : end ? "finished" : "ready"}: ${ended} of ${counts.started} done`,
      `in flight ${counts.in_flight} (client ${last("client") ?? "not observed"})`, `limit ${limit ?? "none"}`,
      `waiting ${counts.waiting}`, `accepted ${counts.accepted}`, `refused ${counts.refused}`,
      `failed ${counts.failed}`, `cancelled ${counts.cancelled}`,
      `${rate} sent in the last period${quota === null ? "" : `, ${quota} permitted`}`,
    ].join(" · ");
    readout.textContent = text;
    svg.setAttribute("aria-label", `Requests over time. ${text}`);
    if (!live || performance.now() - spokenAt > 5000) { spoken.textContent = text; spokenAt = performance.now(); }
    Object.assign(root.dataset, {
      live, limit: limit ?? "", inFlight: counts.in_flight, waiting: counts.waiting, accepted: counts.accepted,
      refused: counts.refused, failed: counts.failed, cancelled: counts.cancelled, started: counts.started,
    });
  }

  // Light text means a dark page, in whatever front end this is.
  function theme() {
    const [r, g, b] = getComputedStyle(root).color.match(/[\d.]+/g).map(Number);
    root.classList.toggle("ifl-dark", 0.3 * r + 0.6 * g + 0.1 * b > 128);
  }
  const themes = new MutationObserver(theme);
  themes.observe(document.body, { attributes: true });
  const sizes = new ResizeObserver(() => { theme(); layout(); });
  sizes.observe(svg);
  document.addEventListener("fullscreenchange", layout);

  model.on("msg:custom", receive);
  layout(); tell();
  greet();
  return () => {
    model.off("msg:custom", receive);
    sizes.disconnect(); themes.disconnect();
    document.removeEventListener("fullscreenchange", layout);
    cancelAnimationFrame(frame);
    clearTimeout(greeting);
  };
}

export default { render };
