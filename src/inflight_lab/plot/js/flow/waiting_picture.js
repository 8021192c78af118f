// Those who wait: in the queue for a slot, and, sent, for a connection or the network.

import { withCommas } from "../words.js";
import { hasSlots } from "./packing.js";
import { queuedAt } from "./places.js";

/** The largest ring, in pixels from its middle. */
const RING_PIXELS = 4.4;

/**
 * @import { Pen } from "../pen.js"
 * @import { Spot } from "./grid.js"
 * @import { Pack } from "./packing.js"
 * @import { Scene } from "./scene.js"
 */

/**
 * Rings stand so close that they do not touch.
 *
 * @param {number} gap
 */
export const ringSize = (gap) => Math.min(RING_PIXELS, gap * 0.38);

/**
 * @param {Pen} pen
 * @param {Scene} scene
 */
export function drawQueue(pen, { model, standing, places, packs }) {
  const { waiting } = standing;
  const observed = model.run.levels.waiting.length > 0;
  const number = observed ? waiting : "–";
  pen.heading("waiting", number, ...places.words.queue, "waiting");
  const dots = Math.ceil(waiting / model.bundleSize);
  const spots = [];
  for (let i = 0; i < Math.min(dots, packs.queue.room); i += 1) {
    spots.push(queuedAt(packs.queue, i));
  }
  pen.mark("waiting", spots, ringSize(packs.queue.gap));
  drawMore(pen, packs.queue);
}

/**
 * The words about those that are sent but have not arrived: they wait for a connection in
 * httpx's pool or, on a busy machine, for the network.
 *
 * @param {Pen} pen
 * @param {Scene} scene
 */
export function drawPool(pen, { standing, places, packs, dots }) {
  const { words } = places;
  const limited = hasSlots(standing);
  if (standing.unlimited && !limited) {
    pen.text("no limit", ...words.noLimit, { soft: true });
  }
  if (!dots.inPool) return;
  const spot = limited ? words.pool : words.crowd;
  drawNotArrived(pen, dots.inPool, spot, places.tightPool);
  drawMore(pen, packs.pool);
}

/**
 * The number stands below its name where there is no room beside it.
 *
 * @param {Pen} pen
 * @param {number} number
 * @param {Spot} spot
 * @param {boolean} tight
 */
function drawNotArrived(pen, number, [x, y], tight) {
  if (!tight) {
    pen.heading("not arrived", number, x, y, "waiting");
    return;
  }
  pen.text("not arrived", x, y, { soft: true, size: 12 });
  pen.text(withCommas(number), x, y + 17, { bold: true, size: 17, name: "waiting" });
}

/**
 * How many are not drawn, below those that are.
 *
 * @param {Pen} pen
 * @param {Pack} pack
 */
export function drawMore(pen, { region, more }) {
  if (!more) return;
  const { x, y, h } = region;
  pen.text(`+ ${withCommas(more)} more`, x, y + h + 14, {
    name: "waiting",
    bold: true,
  });
}
