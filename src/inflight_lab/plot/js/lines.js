// @ts-nocheck: without types so far.
// Lines over time: strips above one axis of seconds, which scrolls.

import {
  axisNumbers,
  axisTop,
  BIN,
  grouped,
  highestOf,
  meanLevels,
  niceStep,
  short,
  trace,
  whereApart,
} from "./levels.js";
import { FRAME, Picture } from "./picture.js";

const SHORTEST = 4; // seconds across the plot at the start of a run; it widens until ...
const WIDEST = 12; // ... here, and scrolls from then on
const KEPT = 60; // seconds kept; older points are dropped, and the time axis says so
const COLUMNS = 420; // across the plot: a level is drawn as its mean over the time of one
const DELAY = 0.08; // seconds that the picture lags behind, so that its points have arrived
const ALIKE = 4; // times as high: plots side by side that differ by more have a height axis each
const LEFT = 52, RIGHT = 98, TOP = 22, GAP = 30, MARK = 17; // pixels
const GRID = 0.16;
const LETTER = 14; // pixels: before a class, as large as the panel's letters, or as the height allows
const LEAST = 0.44; // of their usual height: if the strips have less, letters are smaller
const LOW = 0.65; // of it, below which the number of those that wait must do

const STRIPS = [
  {
    name: "in flight",
    height: 250,
    lines: ["client", "server"],
    ceiling: "limit",
    marks: ["refused", "failed"],
  },
  { name: "waiting", height: 56, lines: ["waiting"], marks: [] },
  {
    name: "sent in the last period",
    height: 84,
    lines: ["rate"],
    ceiling: "quota",
    marks: [],
  },
  {
    name: "tokens in the last period",
    height: 84,
    lines: ["tokens"],
    ceiling: "token_quota",
    marks: [],
  }, // where they are counted
];
const CEILING = { wide: 1.5, dashes: [10, 6] };
const STYLES = {
  limit: CEILING,
  quota: CEILING,
  token_quota: CEILING,
  client: { dashes: [3, 4] },
};

/** `mates` are those side by side, which have their axes in common. */
export class Lines extends Picture {
  constructor(parent, signal, mates) {
    super(parent, "ifl-lines", DELAY, FRAME, signal);
    Object.assign(this, {
      mates,
      strips: STRIPS.map((about) => ({ ...about })),
      tokens: false,
      frames: 0,
    });
    this.canvas.setAttribute("aria-label", "Requests over time");
    mates.push(this);
  }

  reset() {
    const drawn = this.strips.flatMap((
      { lines, ceiling, marks },
    ) => [...lines, ...marks, ...(ceiling ? [ceiling] : [])]);
    this.series = Object.fromEntries(drawn.map((name) => [name, []]));
    for (const strip of this.strips) strip.need = 4;
  }

  hear({ series, now, rules }) {
    for (const name in this.series) {
      const points = this.series[name];
      points.push(...(series[name] ?? []));
      // The last point before what is kept still gives the level there.
      points.splice(0, points.findIndex(([time]) => time >= now - KEPT) - 1);
    }
    Object.assign(this, { now, stale: true }); // there are points that are in no line yet
    if (this.tokens !== (rules?.tokens > 0)) {
      this.tokens = !this.tokens;
      this.layout();
    }
    for (const mate of this.mates) mate.redraw();
    return 0;
  }

  fit(width, height, presented) {
    const letters = parseFloat(getComputedStyle(this.root).fontSize);
    const needed = (strips, share) =>
      strips.reduce((sum, strip) => sum + GAP + share * strip.height, TOP);
    const counted = this.strips.filter(({ ceiling }) =>
      this.tokens || ceiling !== "token_quota"
    );
    const few = counted.filter(({ name }) => name !== "waiting");
    const zoom = presented
      ? Math.max(1, Math.min(letters / LETTER, height / needed(few, LEAST)))
      : 1;
    const shown = presented && height / zoom < needed(counted, LOW) ? few : counted,
      fixed = needed(shown, 0);
    const grow = presented
      ? Math.max(0.3, (height / zoom - fixed) / (needed(shown, 1) - fixed))
      : 1;
    let y = TOP;
    for (const strip of shown) {
      const marks = strip.marks.length && strip.marks.length * MARK + 8;
      Object.assign(strip, { y, top: y + marks, bottom: y + strip.height * grow });
      y = strip.bottom + GAP;
    }
    Object.assign(this, { shown, wide: width / zoom, right: width / zoom - RIGHT });
    return [y, zoom];
  }

  // From when on, and for how many seconds, the plot shows what was until `now`.  Side by side all have the
  // same axis, and once one of them has ended it does not scroll: what has ended would scroll away.
  stretch(now) {
    if (!this.live) now = Math.max(...this.mates.map((mate) => mate.now));
    const from = Math.max(
      0,
      now - (this.mates.every(({ live }) => live) ? WIDEST : KEPT),
    );
    return [from, Math.max(SHORTEST, now - from) * 1.02];
  }

  rebuild() {
    const { series, now } = this, [from, span] = this.stretch(now);
    const column = BIN * 2 ** Math.max(0, Math.ceil(Math.log2(span / BIN / COLUMNS)));
    this.stale = false;
    for (const strip of this.strips) {
      const { lines, ceiling, marks } = strip, levels = {};
      if (ceiling) {
        levels[ceiling] = series[ceiling].map(([time, , , level]) => [time, level]);
      }
      for (const name of lines) {
        levels[name] = meanLevels(series[name], from, now + BIN, column);
      }
      strip.need = Math.max(strip.need, ...Object.values(levels).map(highestOf)); // never less: axes that jump cannot be read
      if (levels.client && levels.server.length) {
        levels.client = whereApart(levels.client, levels.server);
      }
      strip.levels = Object.entries(levels).map((
        [name, each],
      ) => [name, each.at(-1)?.[1] ?? highestOf(each), each]);
      strip.groups = marks.map((
        name,
      ) => [name, series[name].length, grouped(series[name], from)]);
    }
  }

  draw(time) {
    if (!this.visible) return;
    if (this.stale) this.rebuild();
    const now = this.live ? Math.max(0, time) : this.now,
      [from, span] = this.stretch(now);
    const perSecond = (this.right - LEFT) / span,
      x = (moment) => LEFT + (moment - from) * perSecond;
    this.pen.clear();
    this.drawTimes(from, span, x);
    for (const strip of this.shown) this.drawStrip(strip, x, x(now));
    this.parent.dataset.frames = this.frames += 1;
  }

  drawTimes(from, span, x) {
    const { pen, wide, right, shown } = this, { bottom } = shown.at(-1);
    const step = Math.max(0.5, niceStep(span, Math.max(2, wide / (1.6 * LEFT))));
    for (let tick = Math.ceil(from / step) * step; tick < from + span; tick += step) {
      pen.bar("ink", x(tick), TOP, 1, bottom - TOP, GRID);
      pen.text(`${+tick.toFixed(1)} s`, x(tick), bottom + 22, { align: "center" });
    }
    if (from > 0) {
      pen.text("older points left out", right, TOP - 6, { align: "right", soft: true });
    }
  }

  drawStrip(strip, x, now) {
    const { pen, right } = this, { name, y, top, bottom, groups } = strip;
    const { highest, times } = this.axisOf(strip),
      up = (level) => bottom - ((bottom - top) * level) / highest;
    const reach = pen.text(name, LEFT, y - 6, { bold: true });
    if (times > 1) pen.text(`enlarged ${times} times`, reach + 12, y - 6);
    for (const number of axisNumbers(highest, bottom - top)) {
      pen.bar("ink", LEFT, up(number), right - LEFT, 1, GRID);
      pen.text(short(number), LEFT - 8, up(number) + 5, { align: "right" });
    }
    pen.inside(
      { x: LEFT, y, w: Math.max(0, now - LEFT), h: bottom + 2 - y },
      () => this.drawLines(strip, x, up),
    );
    this.nameLines(strip, up);
    groups.forEach((each, i) => this.drawMarks(...each, y + MARK * i + 2, x));
  }

  // Side by side the height axes are the same, but for one that would be too low to be read: how many times enlarged.
  axisOf({ name, need }) {
    const needs = this.mates.map(({ strips }) =>
      strips.find((each) => each.name === name).need
    );
    const highest = axisTop(Math.max(...needs.filter((each) => each <= ALIKE * need)));
    return { highest, times: Math.round(axisTop(Math.max(...needs)) / highest) };
  }

  drawLines({ ceiling, levels, top }, x, up) {
    const until = this.now + 5;
    for (const [name, , each] of levels) {
      const line = (context) => trace(context, each, until, x, up);
      const below = (context) => {
        line(context);
        for (const time of [until, each[0][0]]) context.lineTo(x(time), top);
      };
      if (name === ceiling && each.length) this.pen.shape(below, { fill: 0.07 });
      this.pen.shape(line, { name, line: 1, wide: 2.5, ...STYLES[name] });
    }
  }

  // Beside the end of each line its name, or beside its peak if it ended before: a ceiling's above it, all apart from each other.
  // A line that is the only one has its strip's name.
  nameLines({ lines, ceiling, levels }, up) {
    let free = -Infinity;
    const named = levels.filter(([name, level]) =>
      (name === ceiling || lines.length > 1) && level >= 0
    );
    const placed = named.map((
      [name, level],
    ) => (name === ceiling
      ? [up(level) - 1, `${name.replace("token_", "")} ${short(level)}`, name]
      : [up(level) + 9, name, name])
    );
    for (const [y, words, name] of placed.sort(([one], [two]) => one - two)) {
      free = Math.max(y, free + 15);
      this.pen.text(words, this.right + 6, free, { name, bold: true });
    }
  }

  drawMarks(name, any, groups, y, x) {
    const { pen, right } = this, style = { name, bold: true };
    if (any) pen.text(name, right + 6, y + 12, style);
    for (const [begin, last, count] of groups) {
      pen.bar(name, x(begin) - 1, y, x(last) - x(begin) + 3, MARK - 6);
      const late = x(last) > right - MARK; // there its number would cover the name
      pen.text(Math.round(count), late ? x(begin) - 5 : x(last) + 6, y + 12, {
        ...style,
        align: late ? "right" : "left",
      });
    }
  }
}
