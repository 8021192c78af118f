// A panel: controls above, and below them a view for each lane, side by side.

import { add, div, follow, followTheme } from "../plot/dom.js";
import { connect, view } from "../plot/view.js";
import { controls } from "./controls.js";

export default {
  render({ model, el }) {
    const life = new AbortController(), { signal } = life, views = [], goals = [], hints = [], mates = [];
    const root = div("ifl-panel", el), layout = () => views.forEach((each) => each.layout());
    controls(model, root, layout, signal);
    const lanes = div("ifl-lanes", root);
    for (const { name } of model.get("_lanes")) {
      const lane = div("ifl-lane", lanes);
      if (name) div("ifl-name", lane, name);
      goals.push(div("ifl-goals", lane));
      views.push(view(lane, model, signal, mates));
      hints.push(div("ifl-hint", lane));
    }
    // Over a plot that has nothing to show yet.
    function hint() {
      const [limit, quota, rate] = ["limit", "quota", "rate"].map((name) => model.get(name));
      const limited = model.get("_page").adjustable ? `at most ${limit} in flight` : "no limit";
      const text = quota === undefined ? "Press Play, or Space" : `Press Run, or Space: ${limited}, ${quota === "none" ? "no quota" : `quota ${rate}`}`;
      for (const each of hints) each.textContent = text;
    }
    function judge() {
      model.get("_lanes").forEach((lane, i) => {
        goals[i].replaceChildren();
        if (lane.goals.length) add("span", goals[i], { textContent: "goals:" });
        for (const [text, met] of lane.goals) {
          add("span", goals[i], { textContent: text, className: { true: "ifl-met", false: "ifl-missed" }[met] ?? "" });
        }
      });
    }
    follow(model, ["limit", "quota", "rate"], hint, signal);
    follow(model, ["_lanes"], judge, signal);
    followTheme(root, layout, signal);
    connect(model, views, signal);
    return () => life.abort();
  },
};
