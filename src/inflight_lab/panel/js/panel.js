// A panel: controls above, and below them a lane for each runner, side by side.

import { div } from "../../plot/js/dom.js";
import { Playback } from "../../plot/js/playback.js";
import { widget } from "../../plot/js/widget.js";
import { addControls } from "./controls.js";
import { KernelWatch } from "./kernel_watch.js";
import { addLane } from "./lane.js";

/** @import { Lines } from "../../plot/js/lines/lines.js" */

export default widget("ifl-panel", ({ root, views, model, layout, signal }) => {
  const kernel = new KernelWatch(model, signal);
  addControls(root, model, kernel, layout, signal);
  const parent = div("ifl-lanes", root);
  const playback = new Playback(() => views.map(({ run }) => run), signal);
  /** @type {Lines[]} The plots that share their axes. */
  const siblings = [];
  const lanes = model.get("_headings").length;
  for (let number = 0; number < lanes; number += 1) {
    views.push(addLane(parent, model, number, { siblings, playback }, signal));
  }
});
