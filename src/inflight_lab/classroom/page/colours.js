// How a phone looks: on its own page, and on the wall.

/** Hues of OKLCH, far from the green of answers and the red of refusals. */
const HUES = [255, 310, 75, 215, 340, 285, 100, 235];

/** @param {number} number A phone's, from 1. @returns {string} */
export function colourOf(number) {
  return `oklch(0.52 0.15 ${HUES[(number - 1) % HUES.length]})`;
}

/** What stands in its circle. @param {number} number @param {string} name */
export function initialsOf(number, name) {
  const words = name.split(/\s+/).filter(Boolean);
  if (words.length === 0) return `${number}`;
  const letters = words.length > 1
    ? [words[0], words[1]].map((word) => [...word][0])
    : [...words[0]].slice(0, 2);
  return letters.join("").toUpperCase();
}
