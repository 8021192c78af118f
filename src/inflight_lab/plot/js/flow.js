// @ts-nocheck: without types so far.
// Each request as a dot: waiting, in a slot, on its way, at the API, and back as what became of it.
// The picture is LAG behind the messages, so the end of a flight is known when it begins: a dot is out for
// exactly as long as its request was in flight.

import { Counted, Model } from "./flow_model.js";
import {
  bezier,
  gapFor,
  NARROW,
  placesFor,
  roomIn,
  spot,
  TURNED,
  WIDE,
} from "./flow_places.js";
import { drawFlow, hasSlots, middleOf, slotAt, TALLIES } from "./flow_scene.js";
import { calm, Picture } from "./picture.js";

const LAG = 0.25; // seconds
const SINGLY = 240; // more requests than this are drawn in bundles: one dot for ...
const BUNDLES = [1, 5, 20, 100];
const QUEUE_GAP = 14,
  SLOT_GAPS = [37, 28, 22, 18, 15, 12, 10, 8],
  WORK_GAPS = [15, 13, 11, 9, 8]; // pixels
const NUMBERED = { queue: 26, work: [30, 26, 22, 18] }; // pixels, where a dot has its number beside it

export class Flow extends Picture {
  constructor(parent, signal) {
    super(parent, "ifl-flow", LAG, 0, signal);
    Object.assign(this, { places: placesFor(WIDE.w, WIDE.h, false), toldAt: 0 });
  }

  reset({ gone }) {
    Object.assign(this, {
      model: new Model(gone, calm.matches),
      counted: new Counted(),
      bundle: 1,
    });
  }

  hear({ rows = [], series, rules, numbered }) {
    Object.assign(this, { rules, numbered });
    this.model.hear(rows, series);
    return LAG + (rules?.period ?? 0) + 1;
  }

  fit(width, height, presented) {
    const [across, down] = [WIDE, NARROW].map(({ w, h }) =>
      Math.min(width / w, height / h)
    );
    const zoom = presented ? Math.max(1, across, down) : 1;
    this.places = placesFor(
      width / zoom,
      presented ? height / zoom : 0,
      presented ? down > across : width < TURNED,
    );
    return [this.places.height, zoom];
  }

  draw(time) {
    if (time === this.end) this.model.land = 0; // in a still none is on its way into a tally
    const { model, counted, rules } = this, state = model.at(time);
    if (rules) counted.read(model.arrivals, time, rules);
    else model.arrivals.length = 0;
    if (!this.visible) return;
    this.arrange(state, time);
    drawFlow(this.pen, this.places, state);
    this.tell(state);
  }

  // All that is drawn at a time: how crowded it is, and each request one step further.
  arrange(state, time) {
    const { model, counted, rules, numbered, places } = this,
      out = [...model.requests.values()].filter(({ sent }) => sent <= time);
    const crowd = hasSlots(state) ? places.pool : places.crowd, seats = [];
    for (const request of out) {
      if (request.seat !== undefined) seats[request.seat] = request;
    }
    this.bundle = Math.max(
      this.bundle,
      BUNDLES.find((size) => out.length / size <= SINGLY) ?? BUNDLES.at(-1),
    );
    Object.assign(state, {
      model,
      counted,
      rules,
      numbered,
      out,
      bundle: this.bundle,
      crowd,
      seats,
      time,
      refused: time - counted.refusedAt < LAG,
      legs: { pool: 0, out: 0, api: 0, back: 0, land: 0 },
      gap: numbered ? NUMBERED.queue : QUEUE_GAP,
      poolGap: numbered
        ? NUMBERED.queue
        : gapFor(crowd, out.length / this.bundle, [QUEUE_GAP, 11, 9]),
      slotGap: gapFor(
        places.slots,
        Math.max(state.limit, state.slots.length),
        SLOT_GAPS,
      ),
      workGap: gapFor(places.work, seats.length, numbered ? NUMBERED.work : WORK_GAPS),
    });
    for (const request of out) this.move(request, state);
  }

  // One step of a request's dot.  On the wire it is where its time says, elsewhere it closes ranks.
  move(request, { time, legs, bundle, crowd, seats, gap, poolGap, slotGap, workGap }) {
    const { model, places } = this, [leg, share] = model.leg(request, time);
    const home = request.slot === null
      ? places.home
      : slotAt(request.slot, places, slotGap);
    request.at ??= request.slot === null
      ? spot(places.queue, 0, gap, places.down)
      : home;
    if (leg !== request.leg) Object.assign(request, { leg, from: request.at });
    // At the API it has a seat, the lowest that is free; those that are not drawn have none.
    if (leg !== "out" && leg !== "api") request.seat = undefined;
    else if (request.number % bundle === 0) {
      seats[request.seat ??= [...seats, null].findIndex((taken) => !taken)] = request;
    }
    const rank = Math.floor(legs[leg] / bundle), way = [request.from];
    legs[leg] += 1;
    request.hidden = leg === "pool" && rank >= roomIn(crowd, poolGap);
    const target = leg === "pool"
      ? spot(crowd, rank, poolGap, places.down)
      : spot(places.work, request.seat ?? 0, workGap, true);
    if (leg === "out") way.push(...places.out, target);
    else if (leg === "back") way.push(...places.back, home);
    else if (leg === "land") {
      way.push(...places.fall(request.from, this.bin(request)), this.bin(request));
    } else {request.at = request.at.map((from, axis) =>
        from + (target[axis] - from) * (calm.matches ? 1 : 0.3)
      );}
    if (way.length > 1) request.at = bezier(way, share);
  }

  // The middle of the mark in the tally that counts what became of the request.
  bin(request) {
    return middleOf(
      this.places.tallies[Object.keys(TALLIES).indexOf(this.model.kind(request))],
    );
  }

  // The same in words, and as data.
  tell({ waiting, limit, asleep, legs, bundle }) {
    if (this.live && performance.now() - this.toldAt < 250) return;
    this.toldAt = performance.now();
    const flying = legs.out + legs.api + legs.back,
      held = limit ? `${limit} slots, ${asleep} asleep` : "no limit";
    this.canvas.setAttribute(
      "aria-label",
      `${waiting} waiting, ${held}, ${legs.pool} sent and not arrived, ${flying} at the API`,
    );
    Object.assign(this.root.dataset, {
      waiting,
      limit,
      asleep,
      pool: legs.pool,
      flying,
      ...this.model.tallies,
      bundle,
    });
  }
}
