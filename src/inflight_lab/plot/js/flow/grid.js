// Regions of the picture, and the places in them: column by column for dots, row by row for
// slots.

/**
 * @typedef {object} Region In pixels.
 * @property {number} x
 * @property {number} y
 * @property {number} w
 * @property {number} h
 *
 * @typedef {[x: number, y: number]} Spot
 */

/**
 * The i-th place in a region, from its right end.
 *
 * @param {Region} region
 * @param {number} i
 * @param {number} gap Pixels from one place to the next.
 * @returns {Spot}
 */
export function spotFromRight({ x, y, w, h }, i, gap) {
  const [across, down] = offset(h, i, gap);
  return [x + w - across, y + down];
}

/**
 * The i-th place in a region, from its left end.
 *
 * @param {Region} region
 * @param {number} i
 * @param {number} gap
 * @returns {Spot}
 */
export function spotFromLeft({ x, y, h }, i, gap) {
  const [across, down] = offset(h, i, gap);
  return [x + across, y + down];
}

/**
 * The i-th place in a region, row by row, from its left end.
 *
 * @param {Region} region
 * @param {number} i
 * @param {{ gap: number, columns: number }} how
 * @returns {Spot}
 */
export function spotInRows({ x, y }, i, { gap, columns }) {
  const row = Math.floor(i / columns);
  const column = i % columns;
  return [x + (column + 0.5) * gap, y + (row + 0.5) * gap];
}

/**
 * In how many columns all rows are full, or the last one as nearly as possible.
 *
 * @param {Region} region
 * @param {number} count
 * @param {number} gap
 */
export function columnsFor({ w, h }, count, gap) {
  const most = columnsIn(w, gap);
  const fewest = Math.max(1, Math.ceil(count / rowsIn(h, gap)));
  let best = most;
  for (let columns = most; columns >= fewest; columns -= 1) {
    if (emptyPlaces(count, columns) < emptyPlaces(count, best)) best = columns;
  }
  return best;
}

/**
 * How many places of the last row are empty.
 *
 * @param {number} count
 * @param {number} columns
 */
function emptyPlaces(count, columns) {
  return Math.ceil(count / columns) * columns - count;
}

/**
 * @param {Region} region
 * @param {Spot} spot
 */
export function contains({ x, y, w, h }, [left, top]) {
  return left >= x && left <= x + w && top >= y && top <= y + h;
}

/**
 * How many places a region has.
 *
 * @param {Region} region
 * @param {number} gap
 */
export function roomIn({ w, h }, gap) {
  return columnsIn(w, gap) * rowsIn(h, gap);
}

/**
 * The widest of `gaps` at which a region has `count` places, or else the narrowest.
 *
 * @param {Region} region
 * @param {number} count
 * @param {number[]} gaps From the widest on.
 */
export function gapFor(region, count, gaps) {
  const wide = gaps.find((gap) => roomIn(region, gap) >= count);
  return wide ?? gaps[gaps.length - 1];
}

/**
 * @param {number} w
 * @param {number} gap
 */
const columnsIn = (w, gap) => Math.max(1, Math.floor(w / gap));

/**
 * @param {number} h
 * @param {number} gap
 */
const rowsIn = (h, gap) => Math.max(1, Math.floor(h / gap));

/**
 * @param {number} h
 * @param {number} i
 * @param {number} gap
 */
function offset(h, i, gap) {
  const rows = rowsIn(h, gap);
  const column = Math.floor(i / rows);
  const row = i % rows;
  return [(column + 0.5) * gap, (row + 0.5) * gap];
}
