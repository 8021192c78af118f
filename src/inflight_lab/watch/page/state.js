// How the script is doing: in a word, with a sign, and in the title of the tab.

/**
 * @typedef {import("./diagnosis.js").Conclusion} Conclusion
 *
 * @typedef {object} State
 * @property {"running" | "finished" | "failed" | "lost"} kind
 * @property {string} sign Another shape for each kind.
 * @property {string} words
 */

/** @type {State} */
export const RUNNING = { kind: "running", sign: "▶", words: "Running" };

/** @type {State} */
export const LOST = {
  kind: "lost",
  sign: "?",
  words: "Watch has ended: this is the last that it sent to this page",
};

/**
 * How a script has ended.
 *
 * @param {Conclusion} conclusion
 * @returns {State}
 */
export function endedState({ status }) {
  if (status === 0) return { kind: "finished", sign: "✓", words: "Finished" };
  const how = status > 0 ? `with exit status ${status}` : `by signal ${-status}`;
  return { kind: "failed", sign: "✕", words: `Ended ${how}` };
}

/**
 * What the tab says: the sign first, for there is little room.
 *
 * @param {State} state
 * @param {string} script
 */
export function tabTitle({ kind, sign }, script) {
  return `${sign} ${kind}: ${script}`;
}
