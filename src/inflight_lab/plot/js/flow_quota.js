// @ts-nocheck: without types so far.
// The API's quota, drawn as what it is: a window, a bucket, or evenly spaced ticks.

const perWords = (period) => (period === 1 ? "second" : `${+period.toFixed(2)} s`);

const TITLES = {
  "sliding-window": ({ rate, period }) => `${rate} in any ${perWords(period)}`,
  "fixed-window": ({ rate, period }) => `${rate} in each ${perWords(period)}`,
  "token-bucket": ({ rate, period, burst }) =>
    `bucket of ${burst}, refilled with ${rate} a ${perWords(period)}`,
  gcra: ({ rate, period }) => `one each ${+((1000 * period) / rate).toFixed(1)} ms`,
};

// Draws into `area` how `counted` stands at `time`; `refused` is whether it turned one away just now.
export function drawQuota(pen, area, rules, counted, time, refused) {
  const { x, y, w } = area, titled = TITLES[rules?.kind];
  pen.text(
    titled?.(rules) ?? "no quota",
    x,
    y - 9,
    titled ? { bold: true } : { soft: true },
  );
  if (!titled) return;
  if (refused) {
    pen.text("refused", x + w, y - 9, { bold: true, name: "refused", align: "right" });
  }
  const draw = { "token-bucket": drawBucket, gcra: drawTicks }[rules.kind] ??
    drawWindow;
  draw(pen, area, rules, counted, time, refused ? "refused" : null);
}

// Each request that was let in is a block where its time is, on those of the same moment: a burst is a
// tower, an even pace a carpet.  A sliding window ends after a period, a fixed one is emptied then.
function drawWindow(pen, { x, y, w, h }, rules, counted, time, alarm) {
  const { kind, rate, period } = rules,
    fixed = kind === "fixed-window",
    { age, inside } = counted.inside(time, rules);
  const tall = h - 62, wide = 5, bin = (period * (wide + 1.5)) / w, towers = new Map();
  for (const [came] of inside) {
    const at = Math.floor(came / bin);
    towers.set(at, (towers.get(at) ?? 0) + 1);
  }
  const block = Math.min(5, (tall - 6) / Math.max(1, ...towers.values()));
  pen.box({ x, y, w, h: tall }, { fill: 0.06, round: 4 });
  for (const [at, count] of towers) {
    const old = Math.max(0, time - (at + 0.5) * bin),
      left = x + (w * (fixed ? age - old : old)) / period - wide / 2;
    for (let i = 1; i <= count; i += 1) {
      pen.bar("ok", left, y + tall - i * block, wide, block > 2 ? block - 1 : block);
    }
  }
  pen.bar("ink", x, y + tall, w, 1.5);
  if (fixed) pen.bar("ink", x + (age / period) * w - 1, y - 2, 2, tall + 4);
  pen.text(fixed ? "window begins" : "now", x, y + tall + 16, { soft: true });
  pen.text(fixed ? "ends" : `${+period.toFixed(2)} s ago`, x + w, y + tall + 16, {
    soft: true,
    align: "right",
  });
  drawGauge(pen, { x, y: y + h - 24, w, h: 16 }, inside.length, rate, alarm);
}

function drawGauge(pen, { x, y, w, h }, used, rate, alarm) {
  const long = w - 104;
  pen.box({ x, y, w: long, h }, { fill: 0.09, round: 4 });
  if (used) {
    pen.box({ x, y, w: Math.max(4, long * Math.min(1, used / rate)), h }, {
      name: alarm ?? "ok",
      fill: 1,
      round: 4,
    });
  }
  pen.bar("ink", x + long - 1, y - 5, 2.5, h + 10);
  pen.text(`${used} of ${rate}`, x + w, y + 14, {
    bold: true,
    size: 15,
    align: "right",
    name: alarm ?? "ink",
  });
}

function drawBucket(
  pen,
  { x, y, w, h },
  { rate, period, burst },
  counted,
  time,
  alarm,
) {
  const left = Math.max(0, counted.left(time, burst, period / rate)),
    name = alarm ?? "ink";
  const wide = Math.min(120, w * 0.4),
    deep = h - 8,
    bottom = y + h - 2,
    lean = 12,
    up = (deep * left) / burst;
  const side = lean * (1 - up / deep); // how far in the wall stands, so high above the bottom
  const corners = (...places) => places.map(([dx, dy]) => [x + dx, bottom - dy]);
  pen.path(corners([lean, 0], [side, up], [wide - side, up], [wide - lean, 0]), {
    name: "ok",
    fill: 0.75,
  });
  pen.path(corners([0, deep], [lean, 0], [wide - lean, 0], [wide, deep]), {
    name,
    line: 1,
    wide: 2.5,
  });
  pen.text(Math.floor(left), x + wide + 18, y + h * 0.5, {
    size: 28,
    bold: true,
    name,
  });
  pen.text(`of ${burst} tokens left`, x + wide + 18, y + h * 0.5 + 22, { soft: true });
}

// A tick for each moment at which a request is due, and a dot on the tick that a request has used.
function drawTicks(
  pen,
  { x, y, w },
  { rate, period, burst },
  { admitted, due },
  time,
  alarm,
) {
  const spacing = period / rate,
    step = Math.min(26, w / 14),
    middle = x + w / 2,
    base = y + 56;
  const at = (moment) => middle + ((moment - time) / spacing) * step;
  const next = Math.max(due, time - ((time - due) % spacing));
  for (let moment = next - 30 * spacing; at(moment) < x + w; moment += spacing) {
    if (at(moment) > x) pen.bar("ink", at(moment) - 1, base - 12, 2, 24, 0.35);
  }
  const dots = admitted.map(([, used]) => [at(used), base]).filter(([left]) =>
    left > x
  );
  pen.mark("ok", dots, Math.min(6, step * 0.36));
  pen.bar(alarm ?? "ink", middle - 1.2, base - 30, 2.4, 60);
  pen.text("now", middle, base - 36, {
    align: "center",
    bold: true,
    name: alarm ?? "ink",
  });
  pen.text(
    `${
      burst > 1 ? `up to ${burst} at once` : "none may come early"
    }; each dot: one let in`,
    x,
    base + 50,
    { soft: true },
  );
}
