// Numbers in words, the same wherever they stand.

/** Made once, because to make one takes longer than to use it a hundred times. */
const NUMBERS = new Intl.NumberFormat("en");

/**
 * What a rate is per: "second", or "2 s" if the period is another.
 *
 * @param {number} period In seconds.
 */
export function perWords(period) {
  return period === 1 ? "second" : seconds(period);
}

/**
 * How often something comes: "a second", or "every 2 s".
 *
 * @param {number} period In seconds.
 */
export function everyPeriod(period) {
  return period === 1 ? "a second" : `every ${seconds(period)}`;
}

/**
 * How fast requests may follow each other: "one every 10 ms".
 *
 * @param {{ rate: number, period: number }} policy
 */
export function spacing({ rate, period }) {
  return `one every ${withCommas(rounded((1000 * period) / rate, 1))} ms`;
}

/**
 * The latest period: "the last second", or "the last 2 s".
 *
 * @param {number} period In seconds.
 */
export const lastPeriod = (period) => `the last ${perWords(period)}`;

/**
 * Any one period: "in one second", or "within 2 s".
 *
 * @param {number} period In seconds.
 */
export function inOnePeriod(period) {
  return period === 1 ? "in one second" : `within ${seconds(period)}`;
}

/**
 * A time with at most two decimals: "2 s", "0.25 s".
 *
 * @param {number} time
 */
export const seconds = (time) => `${withCommas(rounded(time, 2))} s`;

/**
 * A measured time, rounded to what a listener can keep in mind: "0.3 s", "0.05 s".
 *
 * @param {number} time
 */
export const plainSeconds = (time) => `${withCommas(plainTime(time))} s`;

/**
 * A moment of a run: "at 5.7 s".
 *
 * @param {number} time
 */
export const atTime = (time) => `at ${rounded(time, 1)} s`;

/**
 * The number in `plainSeconds`.
 *
 * @param {number} time
 */
export function plainTime(time) {
  if (time >= 1) return rounded(time, 1);
  if (time >= 0.2) return rounded(Math.round(time * 20) / 20, 2);
  return rounded(time, time >= 0.02 ? 2 : 3);
}

/**
 * A measured rate: one decimal below 5, none above.
 *
 * @param {number} rate
 */
export const plainRate = (rate) => rounded(rate, rate < 4.95 ? 1 : 0);

/**
 * The same in words: "10 a second".
 *
 * @param {number} rate
 */
export const ratePerSecond = (rate) => `${withCommas(plainRate(rate))} a second`;

/**
 * A number with commas between its thousands: "2,000".
 *
 * @param {number} number
 */
export const withCommas = (number) => NUMBERS.format(number);

/**
 * A number without superfluous zeros.  A tie is rounded up.
 *
 * @param {number} number
 * @param {number} digits After the point, at most.
 */
export const rounded = (number, digits) => Number(number.toFixed(digits));

/**
 * A number of things: "1 request", "200 requests".
 *
 * @param {number} number
 * @param {string} noun
 */
export function many(number, noun) {
  return `${withCommas(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/**
 * How many are allowed: "1 is allowed", "100 are allowed".
 *
 * @param {number} number
 */
export function areAllowed(number) {
  return `${withCommas(number)} ${number === 1 ? "is" : "are"} allowed`;
}

/**
 * How many the API lets in at once: "at most 4 at once".
 *
 * @param {number} number
 */
export const atMostAtOnce = (number) => `at most ${withCommas(number)} at once`;

/**
 * How many wait: "1 waits", "200 wait".
 *
 * @param {number} number
 */
export function waitInWords(number) {
  return `${withCommas(number)} ${number === 1 ? "waits" : "wait"}`;
}

/**
 * What the client has sent: "3 in flight", "3 in flight, 197 not arrived".  The server has
 * not seen the latter.
 *
 * @param {number} sent And not answered.
 * @param {number} notArrived How many of them.
 */
export function underWay(sent, notArrived) {
  const inFlight = `${withCommas(Math.max(0, sent - notArrived))} in flight`;
  if (!notArrived) return inFlight;
  const others = `${withCommas(notArrived)} not arrived`;
  return sent > notArrived ? `${inFlight}, ${others}` : others;
}

/**
 * The same words, but no line ends between a number and its unit.
 *
 * @param {string} words
 */
export const unbroken = (words) => words.replace(/(?<=\d) (?=(m?s\b|×))/g, "\u00a0");
