// Recorded runs that play: a view for each, side by side, and one clock for all of them.

import { div } from "../dom.js";
import { Playback } from "../playback.js";
import { followTheme } from "../theme.js";
import { View } from "../view.js";
import { playWhileSeen } from "./attention.js";
import { addBar } from "./bar.js";
import { listenToKeys } from "./keys.js";
import { addLimits } from "./limits.js";
import { addTrack, makeScrubBars } from "./scrub.js";

/**
 * @import { Lines } from "../lines/lines.js"
 * @import { NamedRun } from "./recording.js"
 * @import { ViewSettings } from "../view_settings.js"
 *
 * @typedef {object} Recorded Runs that were recorded together.
 * @property {NamedRun[]} runs Side by side.
 * @property {number | null} limit At which it was recorded.
 */

/**
 * Add a player to `parent`.
 *
 * @param {HTMLElement} parent
 * @param {Recorded[]} all One, or one for each of several limits; all with the same names.
 * @param {ViewSettings} settings
 * @param {AbortSignal} signal Removes it again.
 */
export function addPlayer(parent, all, settings, signal) {
  const root = addRoot(parent, signal);
  /** @type {View[]} */
  const views = [];
  followTheme(root, () => views.forEach((view) => view.layout()), signal);
  const playback = new Playback(() => views.map(({ run }) => run), signal);
  const bar = div("ifl-bar", root);
  const limits = div("ifl-limits", root);
  const lanes = div("ifl-lanes", root);
  /** @type {Lines[]} The plots side by side. */
  const siblings = [];
  const neighbours = { siblings, playback, isControlled: true };
  for (const { name } of all[0].runs) {
    const lane = div("ifl-lane", lanes);
    if (name) div("ifl-name", lane, name);
    views.push(new View(lane, settings, signal, neighbours));
  }
  load(views, all[0]);
  const attention = playWhileSeen(root, playback, signal);
  addBar(bar, playback, attention, signal);
  if (settings.view === "requests") addTrack(bar, playback, attention, signal);
  else makeScrubBars(siblings, playback, attention, signal);
  listenToKeys(root, playback, attention, signal);
  addLimits(limits, all, (recorded) => {
    load(views, recorded);
    attention.playFromStart();
  });
  return attention;
}

/**
 * @param {HTMLElement} parent
 * @param {AbortSignal} signal
 */
function addRoot(parent, signal) {
  const root = div("ifl-player", parent);
  root.setAttribute("role", "group");
  root.setAttribute("aria-label", "A recorded run");
  signal.addEventListener("abort", () => root.remove());
  return root;
}

/**
 * Give each view its run.
 *
 * @param {View[]} views
 * @param {Recorded} recorded
 */
function load(views, { runs }) {
  views.forEach((view, lane) => {
    view.receive({ run: runs[lane].columns, reset: true });
  });
}
