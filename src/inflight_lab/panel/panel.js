// @ts-nocheck: without types so far.
// A panel: controls above, and below them a view for each lane, side by side.

import { add, div, follow } from "../plot/js/dom.js";
import { View } from "../plot/js/view.js";
import { widget } from "../plot/js/widget.js";
import { controls } from "./controls.js";

/** What to press, over a plot that has nothing to show yet. */
function hint(model) {
  const [limit, quota, rate] = ["limit", "quota", "rate"].map((name) =>
    model.get(name)
  );
  if (quota === undefined) return "Press Play, or Space";
  const limited = model.get("_page").adjustable
    ? `at most ${limit} in flight`
    : "no limit";
  return `Press Run, or Space: ${limited}, ${
    quota === "none" ? "no quota" : `quota ${rate}`
  }`;
}

/** The goals of a lane, judged once its run is over. */
function judge(parent, goals) {
  parent.textContent = goals.length ? "goals:" : "";
  for (const { text, met } of goals) {
    add("span", parent, {
      textContent: text,
      className: { true: "ifl-met", false: "ifl-missed" }[met] ?? "",
    });
  }
}

export default widget("ifl-panel", ({ root, views, model, layout, signal }) => {
  controls(model, root, layout, signal);
  const lanes = div("ifl-lanes", root), mates = [];
  model.get("_lanes").forEach(({ name }, i) => {
    const lane = div("ifl-lane", lanes);
    if (name) div("ifl-name", lane, name);
    const goals = div("ifl-goals", lane);
    views.push(new View(lane, model, signal, { mates }));
    const hinted = div("ifl-hint", lane);
    follow(model, ["_lanes"], () => judge(goals, model.get("_lanes")[i].goals), signal);
    follow(model, ["limit", "quota", "rate"], () => {
      hinted.textContent = hint(model);
    }, signal);
  });
});
