// @ts-nocheck: without types so far.
// The view of one lane: its numbers, and the pictures that are drawn of what the kernel sends; and a widget of them.

import { add, div, follow, followTheme } from "./dom.js";
import { Flow } from "./flow.js";
import { Lines } from "./lines.js";
import { framed, SELDOM } from "./picture.js";

const TILES = {
  in_flight: "in flight",
  waiting: "waiting",
  accepted: "accepted",
  refused: "refused",
  failed: "failed",
  rate: "last period",
};
const ENDS = ["accepted", "refused", "failed", "cancelled"];
const NOTHING = {
  started: 0,
  waiting: 0,
  in_flight: 0,
  accepted: 0,
  refused: 0,
  failed: 0,
  cancelled: 0,
};

/** Tiles with the numbers of a run, and a bar of what became of its requests. */
function numbers(root) {
  const head = div("ifl-tiles", root),
    bar = div("ifl-progress", root),
    tiles = {},
    parts = {};
  for (const key in TILES) {
    const tile = div(`ifl-tile ifl-${key}`, head);
    tiles[key] = div("ifl-number", tile);
    div("ifl-label", tile, TILES[key]);
  }
  for (const end of ENDS) parts[end] = div(`ifl-part ifl-${end}`, bar);
  return (counts) => {
    for (const key in tiles) tiles[key].textContent = counts[key];
    for (const key of ["refused", "failed"]) {
      tiles[key].parentNode.classList.toggle("ifl-alarm", counts[key] > 0);
    }
    for (const end of ENDS) {
      parts[end].style.width = `${(100 * counts[end]) / (counts.started || 1)}%`;
    }
  };
}

/** How a run stands, in words. */
function inWords(
  counts,
  { client, limit, quota, rate = 0, tokens, token_quota },
  live,
) {
  const done = counts.accepted + counts.refused + counts.failed,
    ended = counts.cancelled ? "stopped" : "finished";
  return [
    `${
      live ? "running" : counts.started ? ended : "ready"
    }: ${done} of ${counts.started} done`,
    `in flight ${counts.in_flight} (client ${client ?? "not observed"})`,
    `limit ${limit ?? "none"}`,
    ...["waiting", ...ENDS].map((name) => `${name} ${counts[name]}`),
    `${rate} sent in the last period${quota === undefined ? "" : `, ${quota} allowed`}`,
    ...(token_quota
      ? [`${tokens} tokens in the last period, ${token_quota} allowed`]
      : []),
  ].join(" · ");
}

/** A lane, until `signal` ends it; `mates` are the plots beside it.  The model says which pictures are shown. */
export function view(parent, model, signal, mates = []) {
  const root = div("inflight-lab", parent), show = numbers(root);
  const tell = framed(
    () => SELDOM,
    () => show({ rate: 0, ...levels, ...counts }),
    signal,
  );
  const pictures = [new Flow(root, signal), new Lines(root, signal, mates)];
  const spoken = add("div", root, { className: "ifl-spoken", role: "status" });
  const plain = add("style", document.head); // hides the plain picture, which front ends show in their own ways
  let counts = NOTHING, levels = {}, spokenAt = -Infinity;

  function receive(message) {
    const { series, reset, picture: mark, live } = message;
    if (reset) levels = {};
    if (mark) {
      const is = `img[src*="${mark}"]`;
      plain.textContent =
        `svg.${mark}, ${is}, .jp-OutputArea-child:has(${is}) { display: none !important; }`;
    }
    for (const name in series) {
      if (series[name].length) levels[name] = series[name].at(-1).at(-1);
    }
    counts = message.counts;
    for (const each of pictures) each.receive(message);
    tell();
    if (!live || performance.now() - spokenAt > 5000) { // not more than a person can listen to
      spoken.textContent = inWords(counts, levels, live);
      spokenAt = live ? performance.now() : spokenAt;
    }
    Object.assign(root.dataset, {
      live,
      limit: levels.limit ?? "",
      inFlight: counts.in_flight,
    });
    for (const name of ["started", "waiting", ...ENDS]) {
      root.dataset[name] = counts[name];
    }
  }

  function layout() {
    root.dataset.view = model.get?.("view") ?? "both"; // a page that is not Jupyter's has no settings
    for (const each of pictures) each.layout();
  }
  const sizes = new ResizeObserver(layout);
  receive({ series: {}, counts, now: 0, live: false, reset: true });
  follow(model, ["view"], layout, signal);
  sizes.observe(root);
  signal.addEventListener("abort", () => {
    sizes.disconnect();
    plain.remove();
  });
  return { receive, layout };
}

/** A widget whose `root` is what `fill` puts there, a view for each lane included; `layout` is for a new size. */
export const widget = (className, fill) => ({
  render({ model, el }) {
    const life = new AbortController(),
      { signal } = life,
      views = [],
      root = div(className, el);
    const layout = () => views.forEach((each) => each.layout());
    followTheme(root, layout, signal); // first: what is drawn takes its colours
    fill({ root, views, model, layout, signal });
    connect(model, views, signal);
    return () => life.abort();
  },
});

/** Pass each message to the view of its lane. */
function connect(model, views, signal) {
  const greeted = new Set();
  let greeting;
  function receive(message) {
    if (message.settled) return; // that is for the controls
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
  signal.addEventListener("abort", () => {
    model.off("msg:custom", receive);
    clearTimeout(greeting);
  });
}
