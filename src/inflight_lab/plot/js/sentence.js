// One sentence that says what happens in a run, and why.

import { WHEN_OVER } from "./sentence/finished.js";
import { RunSoFar } from "./sentence/run_so_far.js";
import { planned } from "./sentence/ready.js";
import { WHILE_RUNNING } from "./sentence/running.js";
import { rounded, unbroken, withCommas } from "./words.js";

/**
 * @import { Phase } from "./phase.js"
 * @import { Run } from "./run.js"
 * @import { Sentence, Situation } from "./sentence/run_so_far.js"
 *
 * @type {Record<Phase, Situation[]>}
 */
const SITUATIONS = {
  ready: [planned],
  running: WHILE_RUNNING,
  playing: WHILE_RUNNING,
  frozen: WHEN_OVER,
};

/**
 * What a view says of a run at a time.  A frozen view speaks of the whole run, and so does
 * one in which a run is played beside others that take longer.
 *
 * @param {Run} run
 * @param {number} time
 * @param {Phase} phase
 * @returns {Sentence}
 */
export function sentenceOf(run, time, phase) {
  const isPlayedToItsEnd = phase === "playing" && time >= run.now;
  const isOver = phase === "frozen" || isPlayedToItsEnd;
  const soFar = new RunSoFar(run, isOver ? Infinity : time);
  for (const situation of isOver ? WHEN_OVER : SITUATIONS[phase]) {
    const sentence = situation(soFar);
    if (sentence) return inOnePiece(sentence, run.slow);
  }
  throw new Error(`no situation of a ${phase} view applies`);
}

/**
 * @param {Sentence} sentence
 * @param {number} slow
 * @returns {Sentence}
 */
function inOnePiece({ text, tone }, slow) {
  const speed = slow === 1 ? "" : ` (${withCommas(rounded(slow, 1))} × slower)`;
  return { text: unbroken(text + speed), tone };
}
