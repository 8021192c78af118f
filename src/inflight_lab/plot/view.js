// The view of one lane: its numbers, and the pictures that are drawn of what the kernel sends.

import { add, div } from "./dom.js";
import { flow } from "./flow.js";
import { lines } from "./lines.js";

const TILES = [
  ["in_flight", "in flight"], ["waiting", "waiting"], ["accepted", "accepted"],
  ["refused", "refused"], ["failed", "failed"], ["rate", "last period"],
];
const ENDS = ["accepted", "refused", "failed", "cancelled"];

/** Tiles with the numbers of a run, and a bar of what became of its requests. */
function numbers(root) {
  const tiles = {}, parts = {}, head = div("ifl-tiles", root);
  for (const [key, label] of TILES) {
    const tile = div(`ifl-tile ifl-${key}`, head);
    tiles[key] = div("ifl-number", tile, "0");
    div("ifl-label", tile, label);
  }
  const bar = div("ifl-progress", root);
  for (const end of ENDS) parts[end] = div(`ifl-part ifl-${end}`, bar);
  return (counts, rate) => {
    for (const key in tiles) {
      const text = `${key === "rate" ? rate : counts[key]}`;
      if (tiles[key].textContent !== text) tiles[key].textContent = text;
    }
    for (const key of ["refused", "failed"]) tiles[key].parentNode.classList.toggle("ifl-alarm", counts[key] > 0);
    for (const end of ENDS) parts[end].style.width = `${(100 * counts[end]) / (counts.started || 1)}%`;
  };
}

/** How a run stands, in words. */
function inWords(counts, levels, live) {
  const done = counts.accepted + counts.refused + counts.failed, { client, limit, quota, rate = 0 } = levels;
  const ended = counts.cancelled ? "stopped" : "finished";
  return [
    `${live ? "running" : counts.started ? ended : "ready"}: ${done} of ${counts.started} done`,
    `in flight ${counts.in_flight} (client ${client ?? "not observed"})`, `limit ${limit ?? "none"}`,
    ...["waiting", ...ENDS].map((name) => `${name} ${counts[name]}`),
    `${rate} sent in the last period${quota === undefined ? "" : `, ${quota} allowed`}`,
  ].join(" · ");
}

const NOTHING = { started: 0, waiting: 0, in_flight: 0, accepted: 0, refused: 0, failed: 0, cancelled: 0 };

/** A picture is `{ receive(message), layout(), close() }` on a parent of its own.  The model says which are shown. */
export function view(parent, model) {
  const root = div("inflight-lab", parent), tell = numbers(root);
  const pictures = [flow(root), lines(root)];
  const spoken = div("ifl-spoken", root);
  spoken.setAttribute("role", "status");
  const plain = add("style", document.head); // hides the plain picture, which front ends show in their own ways
  let counts = { ...NOTHING }, levels = {}, spokenAt = -Infinity;

  function receive(message) {
    const { series, reset, picture, live } = message;
    if (reset) { counts = { ...NOTHING }; levels = {}; }
    if (picture) {
      const is = `img[src*="${picture}"]`;
      plain.textContent = `svg.${picture}, ${is}, .jp-OutputArea-child:has(${is}) { display: none !important; }`;
    }
    for (const name in series) if (series[name].length) levels[name] = series[name].at(-1).at(-1);
    Object.assign(counts, message.counts);
    for (const each of pictures) each.receive(message);
    tell(counts, levels.rate ?? 0);
    if (!live || performance.now() - spokenAt > 5000) { // not more than a person can listen to
      spoken.textContent = inWords(counts, levels, live);
      if (live) spokenAt = performance.now();
    }
    Object.assign(root.dataset, {
      live, limit: levels.limit ?? "", inFlight: counts.in_flight, waiting: counts.waiting, accepted: counts.accepted,
      refused: counts.refused, failed: counts.failed, cancelled: counts.cancelled, started: counts.started,
    });
  }

  function layout() {
    root.dataset.view = model.get?.("view") ?? "both"; // a page that is not Jupyter's has no settings
    for (const each of pictures) each.layout();
  }
  model.on("change:view", layout);
  const sizes = new ResizeObserver(layout);
  sizes.observe(root);
  receive({ series: {}, counts, now: 0, live: false, reset: true });
  return {
    root, receive, layout,
    close() {
      sizes.disconnect();
      model.off("change:view", layout);
      plain.remove();
      for (const each of pictures) each.close();
    },
  };
}

/** Pass each message to the view of its lane.  Returns the end of it. */
export function connect(model, views) {
  const greeted = new Set();
  let greeting;
  function receive(message) {
    const lane = message.lane ?? 0;
    if (message.reset) greeted.add(lane);
    views[lane].receive(message);
  }
  // A page that comes late asks for what it missed; again, if the answer is lost while it loads.  Until the
  // answer it shows what comes: ipykernel 6 hears the question only when the running cell has ended.
  function greet() {
    if (greeted.size === views.length) return;
    model.send({ hello: true });
    greeting = setTimeout(greet, 1000);
  }
  model.on("msg:custom", receive);
  greet();
  return () => {
    model.off("msg:custom", receive);
    clearTimeout(greeting);
    for (const each of views) each.close();
  };
}
