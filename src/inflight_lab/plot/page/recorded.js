// Recorded runs on a page, side by side.

import { make } from "../../stage/dom.js";
import { Player, playerBar } from "../../stage/player.js";
import { createStage } from "../../stage/stage.js";
import { runFrom } from "../../stage/wire.js";

/** @import { Columns } from "../../stage/wire.js" */

/**
 * They stand at their end, and play when somebody says so.
 *
 * @param {HTMLElement} root
 * @param {string} recording As `inflight_lab.runs.recording` writes it.
 * @param {AbortSignal} signal Aborted when the page closes.
 */
export function showRecorded(root, recording, signal) {
  /** @type {{ runs: Record<string, Columns> }} */
  const { runs } = JSON.parse(recording);
  const places = make("div", { className: "ifl-stages" });
  root.append(places);
  const stages = Object.keys(runs).map((title) => createStage(places, { title }));
  const player = new Player(stages, signal);
  root.append(playerBar(player));
  player.showEnd(Object.values(runs).map(runFrom));
  signal.addEventListener("abort", () => stages.forEach((each) => each.destroy()));
}
