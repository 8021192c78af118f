// The ways of the dots: to the API, back, and into a tally.  None crosses what stands beside it.

import { contains } from "./grid.js";

/**
 * @import { Spot } from "./grid.js"
 * @import { Places } from "./places.js"
 */

/**
 * @param {Places} places
 * @param {Spot} from
 * @param {Spot} seat At the API.
 */
export function wayOut({ down, out, enter }, from, seat) {
  const [start, ...road] = out;
  return [from, joining(start, from, down), ...road, ...enter, seat];
}

/**
 * @param {Places} places
 * @param {Spot} seat
 * @param {Spot} home
 */
export function wayBack({ leave, back }, seat, home) {
  return [seat, ...leave, ...back, home];
}

/**
 * A request that was given up at the API uses the road back, too.
 *
 * @param {Places} places
 * @param {Spot} from
 * @param {Spot} tally
 */
export function wayIntoTally(places, from, tally) {
  const { api, leave, back, fall } = places;
  const isAtApi = contains(api, from);
  const toClient = isAtApi ? [...leave, ...back] : outOfPool(places, from);
  const corners = fall(toClient.at(-1) ?? from, tally);
  return [from, ...toClient, ...corners, tally];
}

/**
 * Where a dot joins the road to the API.  From left to right it is the start of the road,
 * unless the dot stands farther to the right; from top to bottom the road is straight beside
 * the dot.
 *
 * @param {Spot} start
 * @param {Spot} from
 * @param {boolean} down
 * @returns {Spot}
 */
function joining([x, y], [fromX, fromY], down) {
  return down ? [x, fromY] : [Math.max(x, fromX), y];
}

/**
 * A dot that is right of the road back first goes left, to that road's end.
 *
 * @param {Places} places
 * @param {Spot} from
 * @returns {Spot[]}
 */
function outOfPool({ back }, [x, y]) {
  const [left] = back[back.length - 1];
  return x > left ? [[left, y]] : [];
}
