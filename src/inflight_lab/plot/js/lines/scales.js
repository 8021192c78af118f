// Round numbers for axes.

/** The least distance from one number of a height axis to the next, in pixels. */
const NUMBER_GAP_PIXELS = 24;

/** How many numbers a height axis has besides 0, about. */
const MOST_NUMBERS = 5;
const FEWEST_NUMBERS = 2;

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
 * The top of a height axis that has to reach `level`.
 *
 * @param {number} level
 */
export function axisTop(level) {
  const step = Math.max(1, niceStep(level, MOST_NUMBERS));
  return Math.ceil((level * 1.04) / step) * step;
}

/**
 * The numbers beside a height axis of this height in pixels: 0 and what follows in round
 * steps.  The top need not be one of them.
 *
 * @param {number} top
 * @param {number} pixels
 */
export function axisNumbers(top, pixels) {
  const fitting = pixels / NUMBER_GAP_PIXELS;
  const most = Math.min(MOST_NUMBERS, Math.max(FEWEST_NUMBERS, fitting));
  const step = Math.max(1, niceStep(top, most));
  const numbers = [];
  for (let number = 0; number <= top; number += step) numbers.push(number);
  return numbers;
}

/**
 * A number in the short form that fits beside an axis: 2000, 30k.
 *
 * @param {number} number
 */
export function short(number) {
  return number < 10_000 ? `${number}` : `${Number((number / 1000).toFixed(1))}k`;
}
