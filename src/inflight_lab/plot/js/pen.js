// @ts-nocheck: without types so far.
// Words and marks on a canvas, in the colours of the page.

const FONT = "system-ui, sans-serif";
const COLOURS = { // the page's, by what is drawn in them
  waiting: "--waiting",
  client: "--client",
  server: "--server",
  flying: "--server",
  rate: "--rate",
  tokens: "--rate",
  ok: "--rate",
  refused: "--refused",
};
// Distinct without colours too: a ring waits, a disc flies or is answered, a diamond is refused, a cross failed.
const OUTLINED = { waiting: 1.6, lost: 2.2 }; // pixels; the others are filled
const MARKS = {
  refused(context, x, y, r) {
    context.moveTo(x, y - 1.3 * r);
    for (const [dx, dy] of [[1, 0], [0, 1], [-1, 0]]) {
      context.lineTo(x + 1.3 * r * dx, y + 1.3 * r * dy);
    }
  },
  lost(context, x, y, r) {
    for (const lean of [r, -r]) {
      context.moveTo(x - lean, y - r);
      context.lineTo(x + lean, y + r);
    }
  },
  disc(context, x, y, r) {
    context.moveTo(x + r, y);
    context.arc(x, y, r, 0, 7);
  },
};

export class Pen {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  // Take the page's colours and as many pixels as the screen has; all is drawn `zoom` times as large.
  fit(width, height, zoom) {
    const { canvas, context } = this, style = getComputedStyle(canvas);
    this.colours = { ink: style.color };
    for (const name in COLOURS) {
      this.colours[name] = style.getPropertyValue(COLOURS[name]).trim() || style.color;
    }
    Object.assign(canvas, {
      width: width * devicePixelRatio,
      height: height * devicePixelRatio,
    });
    canvas.style.height = `${height}px`;
    context.setTransform(zoom * devicePixelRatio, 0, 0, zoom * devicePixelRatio, 0, 0);
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  // What is drawn next has this colour, as strongly as `alpha` says.
  ink(name, alpha) {
    const { context, colours } = this;
    context.fillStyle = context.strokeStyle = colours[name] ?? colours.ink;
    context.globalAlpha = alpha;
    return context;
  }

  // Returns how far the words reach.
  text(
    words,
    x,
    y,
    { size = 14, name = "ink", bold = false, align = "left", soft = false } = {},
  ) {
    const context = this.ink(name, soft ? 0.75 : 1);
    context.font = `${bold ? 600 : 400} ${size}px ${FONT}`;
    context.textAlign = align;
    context.fillText(words, x, y);
    return x + context.measureText(words).width;
  }

  // A name with its number.
  heading(words, number, x, y, name = "ink") {
    return this.text(number, this.text(words, x, y, { soft: true }) + 6, y, {
      bold: true,
      size: 17,
      name,
    });
  }

  // Those at many spots are one path: a stroke for each would cost more.
  mark(name, spots, r) {
    const wide = OUTLINED[name], outline = MARKS[name] ?? MARKS.disc;
    const trace = (context) => spots.forEach(([x, y]) => outline(context, x, y, r));
    this.shape(trace, { name, wide, [wide ? "line" : "fill"]: 1 });
  }

  // What `trace` goes around, filled and outlined as strongly as asked.
  shape(trace, { name = "ink", fill = 0, line = 0, wide = 1.5, dashes = [] }) {
    const { context } = this;
    context.beginPath();
    trace(context);
    context.lineWidth = wide;
    context.setLineDash(dashes);
    if (fill) this.ink(name, fill).fill();
    if (line) this.ink(name, line).stroke();
  }

  // One, or many alike as one path.
  box(boxes, { round = 8, ...style }) {
    const trace = (context, { x, y, w, h }) =>
      context.roundRect(x, y, Math.max(0, w), h, Math.min(round, h / 2));
    this.shape(
      (context) => [boxes].flat().forEach((each) => trace(context, each)),
      style,
    );
  }

  path(points, style) {
    this.shape((context) => points.forEach(([x, y]) => context.lineTo(x, y)), style);
  }

  bar(name, x, y, w, h, alpha = 1) {
    this.ink(name, alpha).fillRect(x, y, w, h);
  }

  // Only what `draw` draws in a box is seen.
  inside({ x, y, w, h }, draw) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(x, y, w, h);
    this.context.clip();
    draw();
    this.context.restore();
  }
}
