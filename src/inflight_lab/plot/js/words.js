// Numbers in words, the same wherever they stand.

/**
 * What a rate is per: "second", or "2 s" if the period is another.
 *
 * @param {number} period In seconds.
 */
export function perWords(period) {
  return period === 1 ? "second" : seconds(period);
}

/**
 * A time with at most two decimals: "2 s", "0.25 s".
 *
 * @param {number} time
 */
export const seconds = (time) => `${rounded(time, 2)} s`;

/**
 * A number without superfluous zeros.
 *
 * @param {number} number
 * @param {number} digits After the point, at most.
 */
export const rounded = (number, digits) => Number(number.toFixed(digits));
