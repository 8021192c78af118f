// A panel: controls above, and below them a view for each lane, side by side.

import { add, div, followTheme } from "../plot/dom.js";
import { connect, view } from "../plot/view.js";
import { controls } from "./controls.js";

export default {
  render({ model, el }) {
    const root = div("ifl-panel", el), views = [], goals = [];
    const layout = () => views.forEach((each) => each.layout());
    const ends = [controls(model, root, layout)];
    const lanes = div("ifl-lanes", root);
    for (const { name } of model.get("_lanes")) {
      const lane = div("ifl-lane", lanes);
      if (name) div("ifl-name", lane, name);
      goals.push(div("ifl-goals", lane));
      views.push(view(lane, model));
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
    model.on("change:_lanes", judge);
    judge();
    ends.push(followTheme(root, layout), connect(model, views));
    return () => {
      model.off("change:_lanes", judge);
      for (const end of ends) end();
    };
  },
};
