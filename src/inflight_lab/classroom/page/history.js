// What was let in and refused lately, second by second.

/**
 * @import { Pen } from "../../stage/pen.js"
 * @import { Run } from "../../stage/run.js"
 */

/** In seconds. */
export const SPAN = 20;

/** Between two bars, in pixels. */
const GAP = 3;

/** @param {Pen} pen @param {Run} run @param {number} time */
export function drawHistory({ context, colours, width, height }, run, time) {
  const { quota } = run.settingAt(time);
  const allowed = quota ? quota.rate / quota.period : 0;
  const bars = secondsOf(run, time);
  const most = Math.max(allowed, ...bars.map((each) => each.letIn + each.turned)) * 1.1;
  const scale = height / Math.max(most, 1);
  const bar = width / SPAN;
  for (const { begin, letIn, turned } of bars) {
    const x = (begin - time + SPAN) * bar;
    context.fillStyle = colours.answered;
    context.fillRect(x, height - letIn * scale, bar - GAP, letIn * scale);
    context.fillStyle = colours.refused;
    const top = height - (letIn + turned) * scale;
    context.fillRect(x, top, bar - GAP, turned * scale);
  }
  if (!quota) return;
  context.strokeStyle = colours.counted;
  context.setLineDash([6, 5]);
  context.beginPath();
  context.moveTo(0, height - allowed * scale);
  context.lineTo(width, height - allowed * scale);
  context.stroke();
  context.setLineDash([]);
}

/** @param {Run} run @param {number} time */
export function secondsOf({ letIn, turned }, time) {
  const first = Math.floor(time) - SPAN;
  return Array.from({ length: SPAN + 1 }, (_, index) => {
    const begin = first + index;
    const end = Math.min(begin + 1, time);
    return {
      begin,
      letIn: letIn.within(begin, end),
      turned: turned.within(begin, end),
    };
  });
}
