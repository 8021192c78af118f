// No dot crosses what stands beside its way, in any size of the picture.

import assert from "node:assert/strict";

import {
  contains,
  roomIn,
  spotFromLeft,
} from "../../../../src/inflight_lab/plot/js/flow/grid.js";
import { spotOn } from "../../../../src/inflight_lab/plot/js/flow/path.js";
import {
  landingIn,
  placesFor,
} from "../../../../src/inflight_lab/plot/js/flow/places.js";
import {
  wayBack,
  wayIntoTally,
  wayOut,
} from "../../../../src/inflight_lab/plot/js/flow/ways.js";

/**
 * @import { Region, Spot } from "../../../../src/inflight_lab/plot/js/flow/grid.js"
 * @import { Places } from "../../../../src/inflight_lab/plot/js/flow/places.js"
 *
 * @typedef {object} Way
 * @property {Spot[]} spots
 * @property {Region[]} through The regions where it begins and ends.
 */

const DOT_PIXELS = 5;

/** Pixels: how far headings reach whose numbers have three digits, and how high they are. */
const REACHES = { queue: 100, slots: 80, flying: 95, pool: 110, crowd: 110, api: 150 };
const IN_TWO_LINES = { w: 65, h: 32 };
const LETTERS = { above: 12, below: 3 };

const ACROSS = [588, 600, 640, 682, 760, 880, 976, 1352, 1900];
const DOWN = [284, 330, 366, 390, 446, 520, 589];
const SIZES = [
  ...ACROSS.map((width) => ({ width, height: 0, down: false })),
  ...DOWN.map((width) => ({ width, height: 0, down: true })),
  { width: 900, height: 600, down: false },
  { width: 400, height: 900, down: true },
];

/**
 * Some spots all over a region, its corners among them.
 *
 * @param {Region} region
 * @returns {Spot[]}
 */
function spotsIn(region) {
  const last = roomIn(region, 9) - 1;
  const shares = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1];
  return shares.map((share) => spotFromLeft(region, Math.floor(share * last), 9));
}

/**
 * @param {Places} places
 * @param {(keyof typeof REACHES)[]} names
 * @returns {Region[]}
 */
function headings({ words, tightPool }, names) {
  const { above, below } = LETTERS;
  return names.map((name) => {
    const [x, y] = words[name];
    const isOfPool = name === "pool" || name === "crowd";
    if (isOfPool && tightPool) return { x, y: y - above, ...IN_TWO_LINES };
    return { x, y: y - above, w: REACHES[name], h: above + below };
  });
}

/**
 * Where no dot belongs that does not begin or end there.
 *
 * @param {Places} places
 * @param {boolean} limited
 */
function obstaclesOn(places, limited) {
  const { queue, slots, pool, quota, tallies } = places;
  const quotaAndTitle = { ...quota, y: quota.y - 20, h: quota.h + 20 };
  const words = headings(places, ["queue", "flying", "api"]);
  const always = [queue, quotaAndTitle, ...tallies, ...words];
  if (!limited) return [...always, ...headings(places, ["crowd"])];
  return [...always, slots, pool, ...headings(places, ["slots", "pool"])];
}

/**
 * @param {Places} places
 * @returns {Way[]}
 */
function waysWithSlots(places) {
  const { slots, pool, work, tallies } = places;
  /** @type {Way[]} */
  const ways = [];
  for (const slot of spotsIn(slots)) {
    for (const seat of spotsIn(work)) {
      ways.push({ spots: wayOut(places, slot, seat), through: [slots] });
      ways.push({ spots: wayBack(places, seat, slot), through: [slots] });
    }
  }
  for (const from of spotsIn(pool)) {
    for (const seat of spotsIn(work)) {
      ways.push({ spots: wayOut(places, from, seat), through: [pool] });
    }
  }
  for (const region of [slots, pool, work]) {
    ways.push(...fallsFrom(places, spotsIn(region), [region], tallies));
  }
  return ways;
}

/**
 * @param {Places} places
 * @returns {Way[]}
 */
function waysWithoutSlots(places) {
  const { crowd, back, work, tallies } = places;
  const home = back[back.length - 1];
  /** @type {Way[]} */
  const ways = [];
  for (const seat of spotsIn(work)) {
    ways.push({ spots: wayBack(places, seat, home), through: [] });
    for (const from of spotsIn(crowd)) {
      ways.push({ spots: wayOut(places, from, seat), through: [crowd] });
    }
  }
  for (const region of [crowd, work]) {
    ways.push(...fallsFrom(places, spotsIn(region), [region], tallies));
  }
  return [...ways, ...fallsFrom(places, [home], [], tallies)];
}

/**
 * @param {Places} places
 * @param {Spot[]} spots
 * @param {Region[]} through
 * @param {Region[]} tallies
 * @returns {Way[]}
 */
function fallsFrom(places, spots, through, tallies) {
  return spots.flatMap((from) =>
    tallies.map((tally) => ({
      spots: wayIntoTally(places, from, landingIn(tally, places.down)),
      through: [...through, tally],
    }))
  );
}

/**
 * The first spot of a way at which a dot touches one of these regions.
 *
 * @param {Way} way
 * @param {Region[]} obstacles
 */
function touched({ spots, through }, obstacles) {
  const others = obstacles.filter((region) => !through.includes(region));
  for (let i = 0; i <= 50; i += 1) {
    const [x, y] = spotOn(spots, i / 50);
    const region = others.find((each) => contains(wider(each), [x, y]));
    if (region) return { spots, at: [x, y], region };
  }
  return null;
}

/** @param {Region} region */
function wider({ x, y, w, h }) {
  return {
    x: x - DOT_PIXELS,
    y: y - DOT_PIXELS,
    w: w + 2 * DOT_PIXELS,
    h: h + 2 * DOT_PIXELS,
  };
}

/**
 * How far a way is from its start to its end.
 *
 * @param {Spot[]} spots
 */
function lengthOf(spots) {
  let length = 0;
  for (let i = 1; i < spots.length; i += 1) {
    const [[fromX, fromY], [x, y]] = [spots[i - 1], spots[i]];
    length += Math.hypot(x - fromX, y - fromY);
  }
  return length;
}

Deno.test("on the way down an answered dot passes no other tally", () => {
  for (const { width, height } of SIZES.filter(({ down }) => down)) {
    const places = placesFor(width, height, true);
    const end = places.back[places.back.length - 1];
    const lengths = places.tallies.map((tally) =>
      lengthOf(wayIntoTally(places, end, landingIn(tally, true)))
    );
    assert.equal(Math.min(...lengths), lengths[0]);
    const [, last] = end;
    const [answered] = places.tallies;
    assert.ok(last <= answered.y, "the road back ends above it");
  }
});

Deno.test("no dot flies over the number of a tally on its way into it", () => {
  for (const { width, height, down } of SIZES) {
    const places = placesFor(width, height, down);
    const ways = [...waysWithSlots(places), ...waysWithoutSlots(places)];
    for (const tally of places.tallies) {
      const number = numberIn(tally, down);
      for (const { spots } of ways.filter(({ through }) => through.includes(tally))) {
        assert.equal(touched({ spots, through: [] }, [number]), null);
      }
    }
  }
});

/**
 * Where a number of three digits and its words stand in a tally.
 *
 * @param {Region} tally
 * @param {boolean} down
 */
function numberIn({ x, y, h }, down) {
  return down ? { x: x + 24, y, w: 105, h } : { x: x + 36, y, w: 60, h };
}

for (const { width, height, down } of SIZES) {
  const places = placesFor(width, height, down);
  const size = `${width} wide, ${down ? "from top to bottom" : "from left to right"}`;

  Deno.test(`no dot crosses a card, a heading or another's region: ${size}`, () => {
    const limited = obstaclesOn(places, true);
    const unlimited = obstaclesOn(places, false);
    for (const way of waysWithSlots(places)) assert.equal(touched(way, limited), null);
    for (const way of waysWithoutSlots(places)) {
      assert.equal(touched(way, unlimited), null);
    }
  });

  Deno.test(`dots go in and out of the API where a road meets its frame: ${size}`, () => {
    const doors = [places.out[places.out.length - 1], places.back[0]];
    for (const { spots } of [...waysWithSlots(places), ...waysWithoutSlots(places)]) {
      for (let i = 1; i <= 200; i += 1) {
        const before = spotOn(spots, (i - 1) / 200);
        const after = spotOn(spots, i / 200);
        if (contains(places.api, before) === contains(places.api, after)) continue;
        const near = doors.some(([x, y]) =>
          Math.hypot(after[0] - x, after[1] - y) < 20
        );
        assert.ok(near, `${after} is not at a door`);
      }
    }
  });
}
