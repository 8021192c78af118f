// Where things stand in the picture of the flow: from left to right, on a narrow page from top to bottom.

const area = (x, y, w, h) => ({ x, y, w, h });
export const WIDE = { w: 880, h: 300 }, NARROW = { w: 400, h: 516 }; // pixels that the two layouts are made for
export const TURNED = 600; // in a page narrower than this it goes down

export function placesFor(width, down) {
  const w = width - 24, x = (share) => 12 + w * share;
  if (down) {
    const api = area(12, 282, w, 226);
    return {
      height: NARROW.h, down, api, queue: area(12, 36, w * 0.54, 64), slots: area(12, 140, w * 0.54, 62), pool: area(12, 222, w * 0.54, 28),
      crowd: area(12, 140, w * 0.54, 104), out: [[x(0.2), 236], [x(0.2), 282]], back: [[x(0.8), 282], [x(0.8), 236]], home: [x(0.76), 216],
      work: area(26, 318, w - 28, 52), quota: area(26, 398, w - 28, 100), fall: ([, y], [, bottom]) => [[x(0.56), y], [x(0.55), bottom]],
      tallies: [0, 1, 2].map((i) => area(x(0.6), 8 + i * 66, w * 0.4, 58)),
    };
  }
  const api = area(x(0.59), 8, w * 0.41, 284), inside = w * 0.41 - 32;
  return {
    height: WIDE.h, down, api, queue: area(x(0), 44, w * 0.17, 112), slots: area(x(0.205), 44, w * 0.16, 112), pool: area(x(0.38), 44, w * 0.1, 56),
    crowd: area(x(0.205), 44, w * 0.18, 112), out: [[x(0.39), 72], [x(0.58), 72]], back: [[x(0.58), 132], [x(0.39), 132]], home: [x(0.49), 132],
    work: area(api.x + 16, 46, inside, 70), quota: area(api.x + 16, 152, inside, 122), fall: ([left], [right, bottom]) => [[left, bottom - 36], [right, bottom - 54]],
    tallies: [0, 1, 2].map((i) => area(x(i * 0.192), 208, w * 0.178, 84)),
  };
}

// The i-th place in a region, column by column, from the end at which its requests go on.
export function spot({ x, y, w, h }, i, gap, fromLeft = false) {
  const rows = Math.max(1, Math.floor(h / gap)), across = (Math.floor(i / rows) + 0.5) * gap;
  return [fromLeft ? x + across : x + w - across, y + ((i % rows) + 0.5) * gap];
}

export const roomIn = ({ w, h }, gap) => Math.max(1, Math.floor(w / gap)) * Math.max(1, Math.floor(h / gap));

// The widest of `gaps` at which `count` things have room in a region.
export const gapFor = (region, count, gaps) => gaps.find((gap) => roomIn(region, gap) >= count) ?? gaps.at(-1);

export function bezier(points, share) {
  const u = share * share * (3 - 2 * share), v = 1 - u; // gently off, gently home
  const weights = [v * v * v, 3 * v * v * u, 3 * v * u * u, u * u * u];
  return [0, 1].map((axis) => points.reduce((sum, point, i) => sum + weights[i] * point[axis], 0));
}
