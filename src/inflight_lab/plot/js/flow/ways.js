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
  const [begin, ...road] = out;
  return [from, joining(begin, from, down), ...road, ...enter, seat];
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
 * Who never came back from the API takes the road back too.
 *
 * @param {Places} places
 * @param {Spot} from
 * @param {Spot} tally
 */
export function wayIntoTally(places, from, tally) {
  const { api, leave, back, fall } = places;
  const before = contains(api, from) ? [...leave, ...back] : besidePool(places, from);
  const last = before.length ? before[before.length - 1] : from;
  return [from, ...before, ...fall(last, tally), tally];
}

/**
 * From left to right all come to the begin of the road, unless they stand beside it; from top
 * to bottom they come straight to its side.
 *
 * @param {Spot} begin
 * @param {Spot} from
 * @param {boolean} down
 * @returns {Spot}
 */
function joining([x, y], [fromX, fromY], down) {
  return down ? [x, fromY] : [Math.max(x, fromX), y];
}

/**
 * Who stands between the roads, which lie one above the other, goes to their begin first.
 *
 * @param {Places} places
 * @param {Spot} from
 * @returns {Spot[]}
 */
function besidePool({ down, back }, [x, y]) {
  const [begin] = back[back.length - 1];
  return down || x <= begin ? [] : [[begin, y]];
}
