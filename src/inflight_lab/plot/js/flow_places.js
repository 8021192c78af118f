// @ts-nocheck: without types so far.
// Where things stand in the picture of the flow: from left to right, on a narrow page from top to bottom.

// Pixels that the two layouts are made for.
export const WIDE = { w: 880, h: 300 };
export const NARROW = { w: 400, h: 516 };
export const TURNED = 600; // in a page narrower than this it goes down

/** Of a picture so wide and so high, or as high as its layout is at the least. */
export function placesFor(width, height, down) {
  const natural = (down ? NARROW : WIDE).h,
    tall = Math.max(1, height / natural),
    w = width - 24,
    inside = w * 0.41 - 32;
  const area = (x, y, long, high) => ({ x, y: y * tall, w: long, h: high * tall });
  const at = (share, y) => [12 + w * share, y * tall],
    column = (share, y, part, h) => area(12 + w * share, y, w * part, h);
  return {
    height: natural * tall,
    down,
    ...(down
      ? {
        queue: column(0, 36, 0.54, 64),
        slots: column(0, 140, 0.54, 62),
        pool: column(0, 234, 0.54, 28),
        crowd: column(0, 140, 0.54, 104),
        out: [at(0.2, 236), at(0.2, 282)],
        back: [at(0.8, 282), at(0.8, 236)],
        home: at(0.76, 216),
        api: column(0, 282, 1, 226),
        work: area(26, 318, w - 28, 52),
        quota: area(26, 398, w - 28, 100),
        tallies: [0, 1, 2].map((i) => column(0.6, 8 + i * 66, 0.4, 58)),
        fall: ([, y], [, end]) => [at(0.56, y / tall), at(0.55, end / tall)],
      }
      : {
        queue: column(0, 44, 0.17, 112),
        slots: column(0.205, 44, 0.16, 112),
        pool: column(0.38, 44, 0.1, 56),
        crowd: column(0.205, 44, 0.18, 112),
        out: [at(0.39, 72), at(0.58, 72)],
        back: [at(0.58, 132), at(0.39, 132)],
        home: at(0.49, 132),
        api: column(0.59, 8, 0.41, 284),
        work: area(28 + w * 0.59, 46, inside, 70),
        quota: area(28 + w * 0.59, 152, inside, 122),
        tallies: [0, 1, 2].map((i) => column(i * 0.192, 208, 0.178, 84)),
        fall: ([x], [end, y]) => [[x, y - 36], [end, y - 54]],
      }),
  };
}

// The i-th place in a region, column by column, from the end at which its requests go on.
export function spot({ x, y, w, h }, i, gap, fromLeft = false) {
  const rows = Math.max(1, Math.floor(h / gap)),
    across = (Math.floor(i / rows) + 0.5) * gap;
  return [fromLeft ? x + across : x + w - across, y + ((i % rows) + 0.5) * gap];
}

export const roomIn = ({ w, h }, gap) =>
  Math.max(1, Math.floor(w / gap)) * Math.max(1, Math.floor(h / gap));

// The widest of `gaps` at which `count` things have room in a region.
export const gapFor = (region, count, gaps) =>
  gaps.find((gap) => roomIn(region, gap) >= count) ?? gaps.at(-1);

export function bezier(points, share) {
  const u = share * share * (3 - 2 * share), v = 1 - u; // gently off, gently home
  const weights = [v * v * v, 3 * v * v * u, 3 * v * u * u, u * u * u];
  return [0, 1].map((axis) =>
    points.reduce((sum, point, i) => sum + weights[i] * point[axis], 0)
  );
}
