// Recorded runs as a widget, which plays in a saved notebook too.

import { make } from "../../stage/dom.js";
import { showRecorded } from "./recorded.js";
import { widget } from "./widget.js";

export default widget("ifl-plot", ({ root, model, signal }) => {
  showRecorded(root, model.get("_recording"), signal);
  const image = `img[src*="${model.get("_mark")}"]`;
  const twins = `inflight-run:has(${image}), .jp-OutputArea-child:has(${image})`;
  const style = make("style", {
    textContent: `${twins} { display: none !important; }`,
  });
  document.head.append(style);
  signal.addEventListener("abort", () => style.remove());
});
