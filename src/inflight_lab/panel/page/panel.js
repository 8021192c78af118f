// A panel: one bar of controls and, below it, a stage for each runner, side by side.

import { KernelRuns } from "../../plot/page/kernel_runs.js";
import { follow, widget } from "../../plot/page/widget.js";
import { bringIntoView, button, settingsFor } from "../../stage/controls.js";
import { make, write } from "../../stage/dom.js";
import { Player } from "../../stage/player.js";
import { Stage } from "../../stage/stage.js";
import { kernelSlider, KernelWatch, Mover } from "./kernel.js";
import { listenToKeys } from "./keys.js";
import { planFor, PLANNED, showGoals } from "./lane.js";
import { Presentation } from "./presentation.js";

/**
 * @import { Setting } from "../../stage/controls.js"
 * @import { PanelPage } from "./kernel.js"
 * @import { Command } from "./keys.js"
 */

const STOP_REACHES = "Space. Cancels what is being awaited. " +
  "Blocking code such as time.sleep has to return first.";

const NO_LIMIT = "this code has no limit to set";

export default widget("ifl-panel", (/** @type {PanelPage} */ page) => {
  const { root, model } = page;
  const { knobs, terms } = model.get("_fixed");
  const settings = settingsFor(terms.quota?.period);
  const always = settings.filter(({ name }) => knobs.includes(name));
  const others = settings.filter(({ name }) => !knobs.includes(name));
  const bar = make("div", { className: "ifl-controls" });
  root.append(bar);
  const player = addLanes(page, always);
  const go = button("go", "Run", "Space");
  const reset = button("reset", "Reset", "R");
  const more = button("more", "⋯", "More settings");
  more.ariaLabel = more.title;
  const present = button("present", "Present", "F; Escape leaves it");
  const folded = make(
    "div",
    { className: "ifl-settings ifl-folded", hidden: true },
    ...others.map((each) => sliderFor(page, each)),
    reset,
  );
  const shown = always.map((each) => sliderFor(page, each));
  bar.append(
    go,
    make("div", { className: "ifl-settings" }, ...shown),
    more,
    present,
    folded,
  );
  more.ariaExpanded = "false";
  more.onclick = () => {
    folded.hidden = !folded.hidden;
    more.ariaExpanded = `${!folded.hidden}`;
  };
  obeyButtons(page, player, { go, reset, present });
  addNotice(page);
});

/** @param {PanelPage} page @param {Setting} setting */
function sliderFor({ model, signal }, setting) {
  const slider = kernelSlider(model, setting, signal);
  const lanes = model.get("_lanes");
  const isSet = setting.name !== "limit" || lanes.some((each) => each.adjustable);
  if (!isSet) slider.disable(NO_LIMIT);
  return slider.root;
}

/**
 * By a click or a key.
 *
 * @param {PanelPage} page
 * @param {Player} player
 * @param {{ [name in "go" | "reset" | "present"]: HTMLButtonElement }} buttons
 */
function obeyButtons({ root, model, signal }, player, { go, reset, present }) {
  const pressed = new Mover(model, () => {}, signal);
  const presentation = new Presentation(root, present, signal);
  const firstLane = root.querySelector(".ifl-lane");
  let last = "";

  /** @param {"run" | "stop" | "reset"} press */
  function send(press) {
    last = press;
    pressed.send({ press });
    root.dispatchEvent(new Event("ifl-pressed"));
  }

  /** @param {Command} command */
  function obey(command) {
    if (command === "present") presentation.toggle();
    else if (command === "reset") send("reset");
    else if (!isUnderWay()) send("run");
    else if (model.get("running")) send("stop");
    else player.seek(Infinity);
    // So that Space is not the button's any more, and arrows move the limit.
    /** @type {HTMLElement | null} */ (root.querySelector("input:enabled"))?.focus({
      preventScroll: true,
    });
  }

  /** A picture ends a little after its run. */
  function isUnderWay() {
    return model.get("running") || player.isCatchingUp;
  }

  function show() {
    const isOn = isUnderWay();
    const hasBegun = isOn && !root.classList.contains("ifl-running");
    if (hasBegun) requestAnimationFrame(() => bringIntoView(root, firstLane));
    write(go, isOn ? "Stop" : "Run");
    go.title = isOn ? STOP_REACHES : "Space";
    root.classList.toggle("ifl-running", isOn);
  }

  go.onclick = ({ detail }) => {
    if (detail < 2 || last !== "stop") obey("go"); // a double click on Stop is one Stop
  };
  reset.onclick = () => obey("reset");
  present.onclick = () => obey("present");
  listenToKeys(root, () => presentation.on, obey, signal);
  player.addEventListener("change", show);
  follow(model, ["running"], show, signal);
}

/**
 * @param {PanelPage} page
 * @param {Setting[]} named Those that are named for each try.
 */
function addLanes({ root, model, signal }, named) {
  const { strip } = model.get("_fixed");
  const places = make("div", { className: "ifl-stages" });
  root.append(places);
  const lanes = model.get("_lanes");
  const parts = lanes.map(({ name }) => {
    const place = make("div", { className: "ifl-lane" });
    const goals = make("div", { className: "ifl-goals" });
    places.append(place);
    const stage = new Stage(place, { title: name, strip });
    place.append(goals);
    return { goals, stage };
  });
  const stages = parts.map((each) => each.stage);
  const player = new Player(stages, signal);
  const runs = new KernelRuns(model, player, (lane) => planFor(model, lane), signal);
  follow(model, PLANNED, () => runs.replan(), signal);
  follow(model, ["_lanes"], () => {
    model.get("_lanes").forEach((lane, number) =>
      showGoals(parts[number].goals, lane, named)
    );
  }, signal);
  signal.addEventListener("abort", () => stages.forEach((each) => each.destroy()));
  return player;
}

/** A line for what no picture shows. @param {PanelPage} page */
function addNotice({ root, model, signal }) {
  const line = make("p", { className: "ifl-notice", role: "status" });
  root.querySelector(".ifl-controls")?.after(line);
  const kernel = new KernelWatch(model, () => show(), signal);
  function show() {
    line.textContent = kernel.problem || model.get("notice");
  }
  root.addEventListener("ifl-pressed", () => kernel.expectAnswer());
  follow(model, ["notice"], show, signal);
}
