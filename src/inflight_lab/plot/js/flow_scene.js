// @ts-nocheck: without types so far.
// The picture of the flow, as its `state` says: how things stand at a moment, and where each request's dot is.

import { roomIn, spot } from "./flow_places.js";
import { drawQuota } from "./flow_quota.js";

export const TALLIES = {
  ok: ["answered", "answered"],
  refused: ["refused: 429, 503", "refused"],
  lost: ["failed, cancelled", "failed"],
};

export const hasSlots = ({ limit, slots }) => limit > 0 || slots.length > 0;
export const middleOf = ({ x, y, h }) => [x + 18, y + h * 0.34]; // of a tally's mark
export const slotAt = (slot, places, gap) => spot(places.slots, slot, gap, true);

export function drawFlow(pen, places, state) {
  pen.clear();
  drawQueue(pen, places, state);
  if (hasSlots(state)) drawSlots(pen, places, state);
  drawWay(pen, places, state);
  drawApi(pen, places, state);
  drawTallies(pen, places, state);
  for (const request of state.out) {
    if (request.number % state.bundle === 0 && !request.hidden) {
      drawDot(pen, request, state);
    }
  }
}

function drawDot(pen, request, { model, bundle, numbered, slotGap, workGap }) {
  const kind = model.kind(request), { leg } = request;
  const name = leg === "pool"
    ? "waiting"
    : leg === "out" || (leg === "api" && kind !== "refused")
    ? "flying"
    : kind;
  const small = Math.min(
    leg === "api" || leg === "back" ? workGap * 0.36 : 5,
    request.slot !== null && slotGap < 18 ? 3.8 : 5,
  );
  pen.mark(name, [request.at], bundle > 1 ? 1.25 * small : small);
  if (numbered) {
    pen.text(request.number + 1, request.at[0] + 7, request.at[1] - 5, {
      size: 12,
      bold: true,
    });
  }
}

function drawQueue(pen, { queue, down }, { waiting, gap }) {
  const shown = Math.min(waiting, roomIn(queue, gap));
  pen.heading("waiting", waiting, queue.x, queue.y - 16, "waiting");
  pen.mark(
    "waiting",
    Array.from({ length: shown }, (_, i) => spot(queue, i, gap, down)),
    4.4,
  );
}

function drawSlots(pen, places, state) {
  const { limit, slots, slotGap, unsent, asleep } = state,
    { x, y } = places.slots,
    half = slotGap * 0.42;
  const reach = pen.heading("slots", limit || slots.length, x, y - 16);
  const idle = asleep ? `${asleep} asleep` : unsent ? `${unsent} unsent` : "";
  pen.text(idle, reach + 10, y - 16, { name: "waiting", bold: true });
  const alike = {}; // by what they do: a path for each would cost more
  for (let slot = 0; slot < Math.max(limit, slots.length); slot += 1) {
    const held = slots[slot], above = slot >= limit; // one above a lowered limit goes when its request is home
    if (held || !above) {
      (alike[[held, above]] ??= { held, above, spots: [] }).spots.push(
        slotAt(slot, places, slotGap),
      );
    }
  }
  for (const { held, above, spots } of Object.values(alike)) {
    const name = held === "away" || held === "held"
      ? "flying"
      : held
      ? "waiting"
      : "ink";
    const style = {
      name,
      fill: held ? 0.16 : 0.03,
      line: held ? 0.9 : 0.35,
      round: half > 8 ? 7 : 0,
      dashes: above ? [3, 3] : [],
    };
    pen.box(
      spots.map(([left, top]) => ({
        x: left - half,
        y: top - half,
        w: 2 * half,
        h: 2 * half,
      })),
      style,
    );
    if (held === "unsent") pen.mark("waiting", spots, Math.min(4.4, half * 0.55));
    const sleep = { size: half, bold: true, align: "center", name };
    if (held === "asleep") {
      for (const [left, top] of spots) {
        pen.text(half > 8 ? "zz" : "z", left, top + half * 0.35, sleep);
      }
    }
  }
}

function drawWay(pen, places, { crowd, legs, ...state }) {
  for (
    const [[x, y], [end, bottom], sign] of [[...places.out, "»"], [...places.back, "«"]]
  ) {
    const way = places.down
      ? { x: x - 13, y: Math.min(y, bottom), w: 26, h: Math.abs(bottom - y) }
      : { x: Math.min(x, end), y: y - 13, w: Math.abs(end - x), h: 26 };
    pen.box(way, { fill: 0.06, round: 13 });
    if (!places.down) {
      pen.text(sign, end + (end > x ? -14 : 14), y + 6, {
        size: 20,
        align: "center",
        soft: true,
      });
    }
  }
  // In httpx's pool they wait for a connection, on a busy machine for the network.
  const { x, y } = crowd,
    free = state.model.begun && !hasSlots(state),
    left = free ? pen.text("no limit", x, y - 16, { soft: true }) + 18 : x;
  if (legs.pool) pen.heading("not arrived", legs.pool, left, y - 16, "waiting");
}

function drawApi(pen, { api, quota }, { legs, time, refused, bundle, rules, counted }) {
  pen.box(api, {
    name: refused ? "refused" : "ink",
    fill: 0.05,
    line: refused ? 1 : 0.35,
    wide: refused ? 3 : 1.5,
    round: 10,
  });
  const reach = pen.heading(
    "API, working on",
    legs.out + legs.api + legs.back,
    api.x + 16,
    api.y + 24,
    "flying",
  );
  if (bundle > 1) {
    pen.text(`each dot: ${bundle} requests`, reach + 20, api.y + 24, { bold: true });
  }
  drawQuota(pen, quota, rules, counted, time, refused);
}

function drawTallies(pen, { tallies }, { model }) {
  Object.entries(TALLIES).forEach(([name, [words, short]], i) => {
    const { x, y, w, h } = tallies[i], number = model.tallies[name], alarm = number > 0;
    const colour = alarm && name !== "lost" ? name : "ink";
    pen.box({ x, y, w, h }, {
      name: colour,
      fill: alarm ? 0.09 : 0.04,
      line: alarm ? 0.6 : 0.25,
    });
    pen.mark(name, [middleOf(tallies[i])], 6);
    pen.text(number, x + 36, y + h * 0.34 + 11, {
      size: Math.min(32, h * 0.5),
      bold: true,
      name: colour,
    });
    pen.text(w > 140 ? words : short, x + 12, y + h - 11, { size: 14, soft: true });
  });
}
