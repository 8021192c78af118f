// Draws what the kernel's Recorder sends, and nothing else.  Lines are SVG paths in data coordinates
// (seconds, requests); a transform scales and scrolls them, so a frame in which no point arrived only
// moves what is there.

const NS = "http://www.w3.org/2000/svg";
const SHORTEST = 4; // seconds across the plot at the start of a run; it widens until ...
const WIDEST = 12; // ... here, and scrolls from then on
const KEPT = 60; // seconds kept; older points are dropped, and the time axis says so
const FRAME = 30; // milliseconds between two frames at the least: smooth enough, and half the work
const BIN = 0.01; // seconds that one point stands for
const DELAY = 0.08; // seconds that the picture lags behind, so that its points have arrived
const LEFT = 64, RIGHT = 12, GAP = 30, TOP = 22;

const STRIPS = [
  { name: "in flight", height: 240, lines: ["client", "server", "limit"], lanes: true },
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

// A point is [time, lowest, highest, last]: all that happened to a level within a hundredth of a second.
function stepPath(points, from, until) {
  let first = points.length - 1;
  while (first > 0 && points[first][0] > from) first -= 1;
  let path = "";
  for (let i = Math.max(first, 0); i < points.length; i++) {
    const [time, low, high, last] = points[i];
    path += path ? `H${time}` : `M${time} ${last}`;
    // The line keeps to the highest, so that a plateau looks like one; `dipPath` tells how low it went.
    path += `V${high}` + (last === high ? "" : `H${time + BIN}V${last}`);
  }
  return path && path + `H${until}`;
}

const dipPath = (points, from) =>
  points.filter(([time, low, high]) => time >= from && low < high).map(([time, low, high]) => `M${time} ${low}V${high}`).join("");
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
  const height = TOP + STRIPS.reduce((sum, strip) => sum + strip.height + GAP, 0);
  const svg = make("svg", { role: "img", height, width: "100%" }, root);
  // Not crypto.randomUUID: a page served over plain http, as in a school's network, has none.
  const clip = make("rect", { x: LEFT, y: 0, height }, make("clipPath", { id: `ifl-${Math.random().toString(36).slice(2)}` }, make("defs", {}, svg)));
  const clipped = `url(#${clip.parentNode.id})`;
  const times = make("g", { class: "ifl-axis" }, svg), ticks = [];
  const cut = make("text", { x: LEFT, y: 14, class: "ifl-cut" }, times);
  cut.textContent = "older points left out";
  const paths = {};
  let y = TOP;
  for (const strip of STRIPS) {
    if (strip.lanes) ["refused", "failed"].forEach((name, i) => {
      paths[name] = { top: y + 16 * i, lane: 11 };
      make("text", { class: "ifl-axis", x: LEFT - 8, y: y + 16 * i + 11, "text-anchor": "end" }, svg).textContent =
        name === "refused" ? "429" : "failed";
    });
    const space = strip.lanes ? 42 : 0;
    const own = { name: strip.name, top: y + space, height: strip.height - space, max: 0 };
    make("text", { class: "ifl-title", x: LEFT, y: y - 6 }, svg).textContent = strip.name;
    own.axis = make("g", { class: "ifl-axis" }, svg);
    for (const line of strip.lines) paths[line] = { strip: own };
    y += strip.height + GAP;
  }
  for (const name in paths) {
    const group = make("g", { "clip-path": clipped }, svg);
    if (name === "server") paths[name].dips = make("path", { class: `ifl-line ifl-${name} ifl-dips`, "vector-effect": "non-scaling-stroke" }, group);
    paths[name].path = make("path", { class: `ifl-line ifl-${name}`, "vector-effect": "non-scaling-stroke" }, group);
  }
  const strips = [...new Set(Object.values(paths).map((entry) => entry.strip).filter(Boolean))];
  const legend = div("ifl-legend", root);
  for (const [name, label] of LEGEND) {
    const item = div("ifl-key", legend);
    const swatch = make("svg", { width: 34, height: 12, "aria-hidden": "true" }, item);
    make("path", { class: `ifl-line ifl-${name}`, d: name in { refused: 1, failed: 1 } ? "M17 0v12" : "M1 6h32" }, swatch);
    item.append(label);
  }
  const readout = div("ifl-readout", root);
  const spoken = div("ifl-spoken", root);
  spoken.setAttribute("role", "status");

  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let series, counts, end, live, offset, frame = 0, frames = 0, drawnAt = 0, spokenAt = 0, width = 0;
  reset();

  function reset() {
    series = Object.fromEntries(Object.keys(paths).map((name) => [name, []]));
    counts = { started: 0, waiting: 0, in_flight: 0, accepted: 0, refused: 0, failed: 0, cancelled: 0 };
    end = 0; live = false; offset = null;
  }

  // A view that comes late asks for what it missed; again, if the answer is lost while a page loads.
  let greeting, greeted = false;
  function greet() {
    if (greeted) return;
    model.send({ hello: true });
    greeting = setTimeout(greet, 1000);
  }

  function receive(message) {
    if (message.reset) { reset(); greeted = true; }
    if (!greeted) return;
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
    rebuild(); tell();
    frame ||= requestAnimationFrame(draw);
  }

  function window_(now) {
    const from = Math.max(0, now - (live ? WIDEST : KEPT));
    return [from, Math.max(SHORTEST, live ? Math.min(now, WIDEST) : now - from) * 1.02];
  }

  function rebuild() {
    const [from] = window_(end), until = end + 5; // beyond now, where the clip ends it
    for (const name in paths) {
      const build = paths[name].lane ? tickPath : stepPath;
      paths[name].path.setAttribute("d", build(series[name], from, until));
      paths[name].dips?.setAttribute("d", dipPath(series[name], from));
    }
    for (const strip of strips) {
      let max = 4;
      for (const name in paths) {
        if (paths[name].strip !== strip) continue;
        for (let i = series[name].length - 1; i >= 0; i--) {
          max = Math.max(max, series[name][i][2]);
          if (series[name][i][0] < from) break;
        }
      }
      const step = Math.max(1, niceStep(max, strip.height > 150 ? 5 : 2));
      max = Math.ceil(max * 1.04 / step) * step;
      if (max === strip.max) continue;
      strip.max = max;
      strip.axis.replaceChildren();
      for (let value = 0; value <= max; value += step) {
        const at = strip.top + strip.height * (1 - value / max);
        make("line", { x1: LEFT, x2: "100%", y1: at, y2: at }, strip.axis);
        make("text", { x: LEFT - 8, y: at + 5, "text-anchor": "end" }, strip.axis).textContent = value;
      }
    }
  }

  function draw(clock) {
    frame = 0;
    if (live && clock - drawnAt < (calm.matches ? 500 : FRAME)) { frame = requestAnimationFrame(draw); return; }
    drawnAt = clock;
    const now = live ? Math.max(0, performance.now() / 1000 - offset - DELAY) : end;
    const [from, span] = window_(now);
    const perSecond = (width - LEFT - RIGHT) / span;
    for (const { path, dips, strip, top, lane } of Object.values(paths)) {
      const scale = lane ?? -strip.height / strip.max, zero = lane ? top : strip.top + strip.height;
      const transform = `matrix(${perSecond} 0 0 ${scale} ${LEFT - from * perSecond} ${zero})`;
      path.setAttribute("transform", transform);
      dips?.setAttribute("transform", transform);
    }
    clip.setAttribute("width", Math.max(0, (now - from) * perSecond));
    drawTimes(from, span, perSecond);
    root.dataset.frames = frames += 1;
    if (live) frame = requestAnimationFrame(draw);
  }

  function drawTimes(from, span, perSecond) {
    const step = Math.max(0.5, niceStep(span, Math.max(2, width / 90)));
    let used = 0;
    for (let tick = Math.ceil(from / step) * step; tick < from + span; tick += step, used += 1) {
      const x = LEFT + (tick - from) * perSecond;
      ticks[used] ??= [make("line", { y1: TOP, y2: height - GAP }, times), make("text", { y: height - 10 }, times)];
      const [line, text] = ticks[used];
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
  const sizes = new ResizeObserver(() => {
    width = svg.clientWidth;
    theme();
    frame ||= requestAnimationFrame(draw);
  });
  sizes.observe(svg);

  model.on("msg:custom", receive);
  rebuild(); tell();
  greet();
  return () => {
    model.off("msg:custom", receive);
    sizes.disconnect(); themes.disconnect();
    cancelAnimationFrame(frame);
    clearTimeout(greeting);
  };
}

export default { render };
