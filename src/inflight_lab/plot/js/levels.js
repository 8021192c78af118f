// @ts-nocheck: without types so far.
// From the points that the kernel sends to what is drawn of them: levels, marks, and the numbers of an axis.

export const BIN = 0.01; // seconds in which the kernel folds all that happens into one point
const APART = 0.6; // seconds between two refusals that are not counted as one group
const LABEL = 24; // pixels from one number of an axis to the next

/** The level over time: its mean, weighted by time, in each column of `width` seconds.  So a plateau is one,
    however briefly a slot is empty, and what lasts for a column is there.  A point is [time, lowest, highest,
    last]; its last level begins when its bin ends. */
export function meanLevels(points, from, until, width) {
  const first = Math.floor(from / width), sums = [], times = [];
  points.forEach(([time, , , level], i) => {
    const end = Math.min((points[i + 1]?.[0] ?? until) + BIN, until);
    for (let at = Math.max(time + BIN, first * width); at < end;) {
      const column = Math.floor(at / width + 1e-9),
        next = Math.min(end, (column + 1) * width);
      sums[column - first] = (sums[column - first] ?? 0) + level * (next - at);
      times[column - first] = (times[column - first] ?? 0) + next - at;
      at = next > at ? next : end;
    }
  });
  return sums.flatMap((
    sum,
    i,
  ) => [[(first + i) * width, Math.round((100 * sum) / times[i]) / 100]]);
}

/** Go along the steps of [time, level] until a time; where the level is null there is no line. */
export function trace(context, levels, until, x, up) {
  let before = null;
  for (const [time, level] of [...levels, [until, null]]) {
    if (level === before) continue;
    if (before !== null) context.lineTo(x(time), up(before));
    else if (level !== null) context.moveTo(x(time), up(level));
    if (before !== null && level !== null) context.lineTo(x(time), up(level));
    before = level;
  }
}

/** The highest of [time, level], or -1 where nothing is drawn. */
export const highestOf = (levels) =>
  Math.max(-1, ...levels.map(([, level]) => level ?? -1));

/** The client's line only where it tells something else than the server's. */
export function whereApart(client, server) {
  const other = new Map(server);
  return client.map((
    [time, level],
  ) => [time, Math.abs(level - (other.get(time) ?? 0)) > 0.5 ? level : null]);
}

/** Marks that are near to each other, as [begin, end, how many]. */
export function grouped(marks, from) {
  const groups = [];
  for (const [time, , , weight] of marks) {
    const last = groups.at(-1);
    if (time < from) continue;
    if (last && time - last[1] < APART) {
      last[1] = time;
      last[2] += weight;
    } else groups.push([time, time, weight]);
  }
  return groups;
}

export function niceStep(range, most) {
  const rough = Math.max(range / most, 1e-9),
    power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

/** Where a height axis ends that has to reach `need`, and the numbers on it: the highest always. */
export function axisTop(need) {
  const round = Math.max(1, niceStep(need, 5));
  return Math.ceil((need * 1.04) / round) * round;
}

/** As it fits beside an axis: 2000, 30k. */
export const short = (
  number,
) => (number < 1e4 ? number : `${+(number / 1e3).toFixed(1)}k`);

export function axisNumbers(top, pixels) {
  const step = Math.max(
    1,
    niceStep(top, Math.max(1, Math.min(5, Math.floor(pixels / LABEL)))),
  );
  const numbers = Array.from({ length: Math.ceil(top / step) }, (_, i) => i * step);
  while (numbers.length > 1 && (pixels * (top - numbers.at(-1))) / top < LABEL * 0.8) {
    numbers.pop();
  }
  return [...numbers, top];
}
