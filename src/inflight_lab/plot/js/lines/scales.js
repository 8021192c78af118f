// Round numbers for axes.

/** Pixels from one number of a height axis to the next, at the least. */
const LABEL = 24;

/** How many numbers a height axis has besides its highest, at most. */
const NUMBERS = 5;

/**
 * The smallest of 1, 2, 5, 10 ... (or 0.1, 0.2 ...) that fits into `range` at most `most` times.
 *
 * @param {number} range
 * @param {number} most
 */
export function niceStep(range, most) {
  const rough = Math.max(range / most, 1e-9);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5].find((each) => each * power >= rough) ?? 10;
  return factor * power;
}

/**
 * Where a height axis ends that has to reach `need`.
 *
 * @param {number} need
 */
export function axisTop(need) {
  const step = Math.max(1, niceStep(need, NUMBERS));
  return Math.ceil((need * 1.04) / step) * step;
}

/**
 * The numbers beside a height axis that is so many pixels high: the highest always.
 *
 * @param {number} top
 * @param {number} pixels
 */
export function axisNumbers(top, pixels) {
  const most = Math.max(1, Math.min(NUMBERS, Math.floor(pixels / LABEL)));
  const step = Math.max(1, niceStep(top, most));
  const numbers = [0];
  for (let number = step; number < top; number += step) {
    const below = (pixels * (top - number)) / top;
    if (below >= 0.8 * LABEL) numbers.push(number);
  }
  return [...numbers, top];
}

/**
 * A number as it fits beside an axis: 2000, 30k.
 *
 * @param {number} number
 */
export function short(number) {
  return number < 10_000 ? `${number}` : `${Number((number / 1000).toFixed(1))}k`;
}
