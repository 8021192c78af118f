// @ts-nocheck: without types so far.
// What the rows of a run say: where each request is at a moment, who holds which slot, what the API let in.
// Nothing is drawn here.  All times are seconds since the recording began.

const FLY = 0.14; // seconds over the wire at most, of the latency that was measured
const LAND = 0.32; // from the client into a tally: the only motion that no request made
const NEARBY = 0.025; // one that arrives later than this after it was sent waited for a connection
const NAP = 0.03; // a slot that is kept longer than this after the answer is in a pause

const isRefusal = (status) => status === 429 || status === 503;

// The value that a line of the plot has at a time: the last of its points up to then.
function levelAt(points, time) {
  while (points.length > 1 && points[1][0] <= time) points.shift();
  return points.length && points[0][0] <= time ? points[0][3] : 0;
}

// How far along a way of `long` seconds one is that began at `from`, from 0 to 1.
const part = (time, from, long) => Math.min(1, long > 0 ? (time - from) / long : 1);

export class Model {
  // `gone` counts the outcomes that were too long ago to be drawn; nothing flies if all is to be `still`.
  constructor(gone, still = false) {
    Object.assign(this, {
      requests: new Map(),
      holds: [],
      limits: [],
      queue: [],
      arrivals: [],
      cancels: [],
    });
    Object.assign(this, { fly: still ? 0 : FLY, land: still ? 0 : LAND, begun: false });
    this.tallies = { ok: 0, refused: 0, lost: 0, ...gone };
  }

  // The rows come in the order of their time: [time, what, number of the request, slot or status].
  hear(rows, series) {
    this.limits.push(...(series.limit ?? []));
    this.queue.push(...(series.waiting ?? []));
    for (const [time, what, number, detail] of rows) {
      const request = this.requests.get(number);
      if (what === "taken") this.take(detail, time);
      else if (what === "freed") {
        Object.assign(this.hold(detail).at(-1) ?? {}, { until: time });
      } else if (what === "sent") this.send(time, number, detail);
      else if (what === "arrived") {
        const arrival = [time, detail];
        this.arrivals.push(arrival);
        Object.assign(request ?? {}, { arrived: time, verdict: detail, arrival });
      } else if (number === null) this.cancels.push([time, detail]);
      else if (request) {
        const status = what === "answered" ? detail : 0;
        Object.assign(request, { home: time, status });
        if (request.arrival) request.arrival[1] ??= status; // where only the client is seen, its answer is the verdict
        Object.assign(request.lent ?? {}, { until: time });
      }
    }
  }

  hold(slot) {
    return (this.holds[slot] ??= []);
  }

  take(slot, time) {
    const held = { from: time, until: Infinity, sent: [] };
    this.hold(slot).push(held);
    return held;
  }

  send(time, number, slot) {
    const request = { number, sent: time, arrived: Infinity, home: Infinity, slot };
    this.begun = true;
    this.requests.set(number, request);
    if (slot === null && this.limits.length) { // nobody says which slot it has: the lowest that is free, until its answer
      request.slot = 0;
      while (this.hold(request.slot).at(-1)?.until > time) request.slot += 1;
      request.lent = this.take(request.slot, time);
    }
    if (request.slot !== null) this.hold(request.slot).at(-1)?.sent.push(request);
  }

  // Forget what is over, count what has landed, and say how things stand.
  at(time) {
    const limit = levelAt(this.limits, time), slots = [];
    this.holds.forEach((holds, slot) => {
      while (holds.length && holds[0].until <= time) holds.shift();
      if (holds.length && holds[0].from <= time) {
        slots[slot] = this.stateOf(holds[0], time);
      }
    });
    for (const [number, request] of this.requests) {
      if (time < request.home + this.land) continue;
      this.tallies[this.kind(request)] += 1;
      this.requests.delete(number);
    }
    while (this.cancels.length && this.cancels[0][0] <= time) {
      this.tallies.lost += this.cancels.shift()[1];
    }
    const [unsent, asleep] = ["unsent", "asleep"].map((name) =>
      slots.filter((state) => state === name).length
    );
    // One that holds a slot and is not sent yet has left the queue.
    return {
      limit,
      slots,
      unsent,
      asleep,
      waiting: Math.max(0, levelAt(this.queue, time) - unsent),
    };
  }

  stateOf(hold, time) {
    const request = hold.sent.findLast(({ sent }) => sent <= time);
    if (!request) return "unsent";
    return time < request.home ? "away" : time > request.home + NAP ? "asleep" : "held";
  }

  // What became of a request, or will: the picture is behind its time, so it may know already.
  kind({ status, verdict }) {
    if (isRefusal(status ?? verdict)) return "refused";
    return status === undefined ? "flying" : status > 0 && status < 400 ? "ok" : "lost";
  }

  // On which leg of its way a request is, and how far along it, from 0 to 1.
  leg(request, time) {
    const { sent, arrived, home } = request,
      leave = arrived - sent < NEARBY ? sent : arrived;
    if (time >= home) return ["land", part(time, home, this.land)];
    if (time < leave) return ["pool", 0];
    request.fly ??= Math.min(this.fly, (home - leave) / 3);
    if (time < leave + request.fly) return ["out", part(time, leave, request.fly)];
    const back = this.kind(request) === "lost"
      ? 0
      : Math.min(this.fly, (home - leave - request.fly) / 2);
    return time >= home - back ? ["back", part(time, home - back, back)] : ["api", 0];
  }
}

// What the API has counted, as it counts: from the requests that it let in.
export class Counted {
  constructor() {
    Object.assign(this, {
      admitted: [],
      tokens: null,
      at: 0,
      due: 0,
      refusedAt: -Infinity,
    });
  }

  // Take those of `arrivals` that came up to `time`.
  read(arrivals, time, { rate, period, burst }) {
    const spacing = period / rate;
    while (arrivals.length && arrivals[0][0] <= time) {
      const arrival = arrivals.shift(),
        [came, status] = arrival,
        left = this.left(came, burst, spacing);
      if (isRefusal(status)) {
        Object.assign(this, { refusedAt: came, tokens: Math.min(left, 1), at: came });
      } else {
        this.admitted.push([came, Math.max(this.due, came), arrival]);
        Object.assign(this, {
          tokens: left - 1,
          at: came,
          due: Math.max(this.due, came) + spacing,
        });
      }
    }
    const held = this.admitted.filter(([, , [, verdict]]) => !isRefusal(verdict));
    if (held.length < this.admitted.length) this.refusedAt = time; // as their answers say, where only the client is seen
    this.admitted = held.filter(([came]) => came >= time - period);
  }

  // Those let in within the window that counts at a time: the last period, or the clock's own.
  inside(time, { kind, period, phase }) {
    const age = kind === "fixed-window" ? (time + phase) % period : period;
    return { age, inside: this.admitted.filter(([came]) => time - came < age) };
  }

  // How many tokens a bucket has at a time.
  left(time, burst, spacing) {
    return Math.min(burst, (this.tokens ?? burst) + (time - this.at) / spacing);
  }
}
