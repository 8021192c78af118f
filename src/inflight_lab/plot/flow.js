// Each request as a dot: waiting, in a slot, on its way, at the API, and back as what became of it.
// The picture is LAG behind the messages, so the end of a flight is known when it begins: a dot is out for
// exactly as long as its request was in flight.

import { div } from "./dom.js";
import { kernelClock } from "./clock.js";
import { Counted, Model } from "./flow_model.js";
import { Pen } from "./flow_pen.js";
import { NARROW, TURNED, WIDE, bezier, gapFor, placesFor, roomIn, spot } from "./flow_places.js";
import { drawQuota } from "./flow_quota.js";

const LAG = 0.25; // seconds
const SINGLY = 240; // more requests than this are drawn in bundles: one dot for ...
const CROWDED = 200; // requests let in in a period, from which on there are fewer frames
const BUNDLES = [1, 5, 20, 100];
const QUEUE_GAP = 14, SLOT_GAPS = [37, 28, 22, 18, 15, 12, 10, 8], WORK_GAPS = [15, 13, 11, 9, 8]; // pixels
const NUMBERED = { queue: 26, work: [30, 26, 22, 18] }; // pixels, where a dot has its number beside it
const TALLIES = { ok: ["answered", "answered"], refused: ["refused: 429, 503", "refused"], lost: ["failed, cancelled", "failed"] };

export function flow(parent) {
  const root = div("ifl-flow", parent), canvas = document.createElement("canvas");
  canvas.setAttribute("role", "img");
  root.append(canvas);
  const pen = new Pen(canvas), clock = kernelClock(), calm = matchMedia("(prefers-reduced-motion: reduce)");
  let model, counted, bundle, seats, rules = null, live = false, numbered = false;
  let places = placesFor(WIDE.w, false), frame = 0, frames = 0, drawnAt = 0, heardAt = 0, toldAt = 0;
  reset();

  function reset(gone) {
    [model, counted, bundle, seats] = [new Model(gone), new Counted(), 1, []];
    clock.reset();
  }

  function receive(message) {
    if (message.reset) reset(message.gone);
    model.hear(message.rows ?? [], message.series);
    ({ rules, live, numbered } = message);
    clock.hear(message.now);
    heardAt = performance.now();
    redraw();
  }

  function layout() {
    const width = root.clientWidth, [across, down] = [WIDE, NARROW].map(({ w, h }) => Math.min(width / w, root.clientHeight / h));
    if (!width) return; // hidden
    const presented = root.closest(".ifl-presented"), zoom = presented ? Math.max(1, Math.min(2, Math.max(across, down))) : 1;
    places = placesFor(width / zoom, presented ? down > across : width < TURNED);
    pen.fit(width, places.height * zoom, zoom); // large enough for the last row of a class
    redraw();
  }

  function redraw() { frame ||= requestAnimationFrame(draw); }

  function draw(now) {
    frame = 0;
    const busy = model.requests.size > SINGLY || counted.admitted.length > CROWDED;
    const pause = calm.matches ? 200 : busy ? 28 : 0; // drawing takes time from who sends: 30 frames a second will do
    if (now - drawnAt < pause) { redraw(); return; }
    drawnAt = now;
    const time = clock.now() - LAG;
    if (!root.clientWidth || !pen.colours) { advance(time); rest(now); return; } // not shown, or not yet
    const state = scene(time);
    root.dataset.frames = frames += 1;
    tell(state, now);
    rest(now);
  }

  // Go on while there is something to draw.
  function rest(now) {
    const settling = now - heardAt < 1000 * (LAG + (rules?.period ?? 0) + 1);
    if (live || settling) redraw();
  }

  // How things stand at a time that is later than the last one.
  function advance(time) {
    model.calm = calm.matches;
    const state = model.at(time);
    if (rules) counted.read(model.arrivals, time, rules);
    else model.arrivals.length = 0;
    seats.forEach((request, seat) => { if (!model.requests.has(request.number)) delete seats[seat]; });
    while (seats.length && !seats.at(-1)) seats.pop();
    return state;
  }

  function scene(time) {
    const state = advance(time), out = [...model.requests.values()].filter(({ sent }) => sent <= time);
    bundle = Math.max(bundle, BUNDLES.find((size) => out.length / size <= SINGLY) ?? BUNDLES.at(-1));
    Object.assign(state, {
      time, legs: { pool: 0, out: 0, api: 0, back: 0, land: 0 },
      gap: numbered ? NUMBERED.queue : QUEUE_GAP,
      poolGap: numbered ? NUMBERED.queue : gapFor(crowd(state), out.length / bundle, [QUEUE_GAP, 11, 9]),
      slotGap: gapFor(places.slots, Math.max(state.limit, state.slots.length), SLOT_GAPS),
      workGap: gapFor(places.work, seats.length, numbered ? NUMBERED.work : WORK_GAPS),
    });
    for (const request of out) move(request, state);
    pen.clear();
    drawQueue(state);
    if (hasSlots(state)) drawSlots(state);
    drawWay(state);
    drawApi(state);
    drawTallies();
    for (const request of out) if (request.number % bundle === 0 && !request.hidden) drawDot(request, state);
    return state;
  }

  const slotAt = (slot, { slotGap }) => spot(places.slots, slot, slotGap, true);

  // One step of a request's dot.  On the wire it is where its time says, elsewhere it closes ranks.
  function move(request, state) {
    const [leg, share] = model.leg(request, state.time), single = request.number % bundle === 0;
    const home = request.slot === null ? places.home : slotAt(request.slot, state);
    if (request.x === undefined) [request.x, request.y] = request.slot === null ? spot(places.queue, 0, state.gap, places.down) : home;
    if (leg !== request.leg) {
      Object.assign(request, { leg, from: [request.x, request.y] });
      if ((leg === "back" || leg === "land") && seats[request.seat] === request) delete seats[request.seat];
      else if (leg !== "pool" && request.seat === undefined) request.seat = single ? takeSeat(request) : 0;
    }
    const rank = Math.floor(state.legs[leg] / bundle);
    state.legs[leg] += 1;
    request.hidden = leg === "pool" && rank >= roomIn(crowd(state), state.poolGap);
    const target = leg === "pool" ? spot(crowd(state), rank, state.poolGap, places.down) : spot(places.work, request.seat ?? 0, state.workGap, true);
    if (leg === "out") [request.x, request.y] = bezier([request.from, ...places.out, target], share);
    else if (leg === "back") [request.x, request.y] = bezier([request.from, ...places.back, home], share);
    else if (leg === "land") [request.x, request.y] = fall(request, share);
    else {
      const pull = calm.matches ? 1 : 0.3;
      request.x += (target[0] - request.x) * pull;
      request.y += (target[1] - request.y) * pull;
    }
  }

  const hasSlots = ({ limit, slots }) => limit > 0 || slots.length > 0;
  const crowd = (state) => (hasSlots(state) ? places.pool : places.crowd);

  function takeSeat(request) {
    let seat = 0;
    while (seats[seat]) seat += 1;
    seats[seat] = request;
    return seat;
  }

  function fall(request, share) {
    const bin = places.tallies[Object.keys(TALLIES).indexOf(model.kind(request))], end = [bin.x + 18, bin.y + 28];
    return bezier([request.from, ...places.fall(request.from, end), end], share);
  }

  function drawDot(request, { slotGap, workGap }) {
    const kind = model.kind(request), { leg } = request;
    const name = leg === "pool" ? "waiting" : leg === "out" || (leg === "api" && kind !== "refused") ? "flying" : kind;
    const small = Math.min(leg === "api" || leg === "back" ? workGap * 0.36 : 5, request.slot !== null && slotGap < 18 ? 3.8 : 5);
    pen.mark(name, [[request.x, request.y]], bundle > 1 ? 1.25 * small : small);
    if (numbered) pen.text(request.number + 1, request.x + 7, request.y - 5, { size: 12, bold: true });
  }

  function drawQueue({ waiting, gap }) {
    const { queue } = places, shown = Math.min(waiting, roomIn(queue, gap));
    pen.heading("waiting", waiting, queue.x, queue.y - 16, "waiting");
    const spots = Array.from({ length: shown }, (_, i) => spot(queue, i, gap, places.down));
    const tail = waiting > shown ? 16 : 0; // which fades, because there are more
    pen.mark("waiting", spots.slice(0, shown - tail), 4.4);
    spots.slice(shown - tail).forEach((at, i) => pen.mark("waiting", [at], 4.4, 1 - i / tail));
  }

  function drawSlots(state) {
    const { limit, slots, slotGap, unsent, asleep } = state, { x, y, w } = places.slots, half = slotGap * 0.42;
    pen.heading("slots", limit || slots.length, x, y - 16);
    const idle = asleep ? [`${asleep} asleep`] : unsent ? [`${unsent} unsent`] : [];
    pen.text(idle.join(""), x + w + 8, y - 16, { name: "waiting", bold: true, align: "right" });
    for (let slot = 0; slot < Math.max(limit, slots.length); slot += 1) {
      const held = slots[slot], [left, top] = slotAt(slot, state);
      if (!held && slot >= limit) continue; // one above a lowered limit goes when its request is home
      const name = held === "away" || held === "held" ? "flying" : held ? "waiting" : "ink";
      const frame_ = { name, fill: held ? 0.16 : 0.03, line: held ? 0.9 : 0.35, round: 7, dashes: slot < limit ? [] : [3, 3] };
      pen.box({ x: left - half, y: top - half, w: 2 * half, h: 2 * half }, frame_);
      if (held === "asleep") pen.text(half > 8 ? "zz" : "z", left, top + half * 0.35, { size: half, bold: true, align: "center", name });
      else if (held === "unsent") pen.mark("waiting", [[left, top]], Math.min(4.4, half * 0.55));
    }
  }

  function drawWay(state) {
    for (const [[x, y], [end, bottom], sign] of [[...places.out, "»"], [...places.back, "«"]]) {
      const way = places.down ? { x: x - 13, y: Math.min(y, bottom), w: 26, h: Math.abs(bottom - y) } : { x: Math.min(x, end), y: y - 13, w: Math.abs(end - x), h: 26 };
      pen.box(way, { fill: 0.06, round: 13 });
      if (!places.down) pen.text(sign, end + (end > x ? -14 : 14), y + 6, { size: 20, align: "center", soft: true });
    }
    // In httpx's pool they wait for a connection, on a busy machine for the network.
    const { x, y } = crowd(state), free = model.begun && !hasSlots(state), left = free ? pen.text("no limit", x, y - 16, { soft: true }) + 18 : x;
    if (state.legs.pool) pen.heading("not arrived", state.legs.pool, left, y - 16, "waiting");
  }

  function drawApi({ legs, time }) {
    const { api, quota } = places;
    const refused = time - counted.refusedAt < LAG;
    pen.box(api, { name: refused ? "refused" : "ink", fill: 0.05, line: refused ? 1 : 0.35, wide: refused ? 3 : 1.5, round: 10 });
    const reach = pen.heading("API, working on", legs.out + legs.api + legs.back, api.x + 16, api.y + 24, "flying");
    if (bundle > 1) pen.text(`each dot: ${bundle} requests`, reach + 20, api.y + 24, { bold: true });
    drawQuota(pen, quota, rules, counted, time);
  }

  function drawTallies() {
    Object.entries(TALLIES).forEach(([name, [words, short]], i) => {
      const { x, y, w, h } = places.tallies[i], number = model.tallies[name], alarm = number > 0;
      const colour = alarm && name !== "lost" ? name : "ink";
      pen.box({ x, y, w, h }, { name: colour, fill: alarm ? 0.09 : 0.04, line: alarm ? 0.6 : 0.25 });
      pen.mark(name, [[x + 18, y + h * 0.34]], 6);
      pen.text(number, x + 36, y + h * 0.34 + 11, { size: Math.min(32, h * 0.5), bold: true, name: colour });
      pen.text(w > 140 ? words : short, x + 12, y + h - 11, { size: 14, soft: true });
    });
  }

  // The same in words, and as data.
  function tell({ waiting, limit, asleep, legs }, now) {
    if (live && now - toldAt < 250) return;
    toldAt = now;
    const { ok, refused, lost } = model.tallies, flying = legs.out + legs.api + legs.back;
    const held = limit ? `${limit} slots, ${asleep} of them asleep` : "no limit";
    canvas.setAttribute("aria-label", `Requests on their way: ${waiting} waiting, ${held}, ${legs.pool} sent and not arrived, ` +
      `${flying} at the API; ${ok} answered, ${refused} refused, ${lost} failed or cancelled.`);
    Object.assign(root.dataset, { waiting, limit, asleep, pool: legs.pool, flying, ok, refused, lost, bundle });
  }

  return { receive, layout, close: () => cancelAnimationFrame(frame) };
}
