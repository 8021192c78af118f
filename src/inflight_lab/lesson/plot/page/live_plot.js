// One plot, as a widget of its own.

import { bringIntoView } from "../../stage/controls.js";
import { Player } from "../../stage/player.js";
import { Run } from "../../stage/run.js";
import { Stage } from "../../stage/stage.js";
import { KernelRuns } from "./kernel_runs.js";
import { Presentation } from "./presentation.js";
import { widget } from "./widget.js";

export default widget("ifl-plot", ({ root, model, signal }) => {
  const stage = new Stage(root);
  const player = new Player([stage], signal);
  let wasOn = false;
  player.addEventListener("change", () => {
    const hasBegun = player.isCatchingUp && !wasOn;
    if (hasBegun) requestAnimationFrame(() => bringIntoView(root));
    wasOn = player.isCatchingUp;
  });
  new KernelRuns(model, player, () => new Run(), signal);
  root.append(new Presentation(root, signal).button);
  signal.addEventListener("abort", () => stage.destroy());
});
