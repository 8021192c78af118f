// A panel: one bar of controls and, below it, a stage for each runner, side by side.

import { KernelRuns } from "../../plot/page/kernel_runs.js";
import { follow, widget } from "../../plot/page/widget.js";
import { make } from "../../stage/dom.js";
import { Player, playerBar } from "../../stage/player.js";
import { createStage } from "../../stage/stage.js";
import { KernelWatch, Mover } from "./kernel.js";
import { listenToKeys } from "./keys.js";
import { planFor, PLANNED, showGoals } from "./lane.js";
import { Presentation } from "./presentation.js";
import { slider } from "./slider.js";

/**
 * @import { Page } from "../../plot/page/widget.js"
 * @import { What } from "../../stage/strip.js"
 * @import { Lane } from "./lane.js"
 * @import { Command } from "./keys.js"
 * @import { Setting } from "./slider.js"
 */

const STOP_REACHES = "Space. Cancels what is being awaited. " +
  "Blocking code such as time.sleep has to return first.";

const NO_LIMIT = "this code has no limit to set";

export default widget("ifl-panel", (page) => {
  const [aside, folded] = addControls(page);
  const player = addLanes(page);
  page.root.append(
    make("div", { className: "ifl-below" }, playerBar(player), aside),
    folded,
  );
  addNotice(page);
});

/**
 * @param {Page} page
 * @returns What is needed less often, for the place below the stages.
 */
function addControls(page) {
  const { root, model, signal } = page;
  /** @type {{ settings: Setting[], knobs: string[] }} */
  const { settings, knobs } = model.get("_fixed");
  /** @type {Lane[]} */
  const lanes = model.get("_lanes");
  const canLimit = lanes.some((each) => each.adjustable);

  /** @param {Setting} setting */
  const sliderFor = (setting) => {
    const why = setting.name === "limit" && !canLimit ? NO_LIMIT : "";
    return slider(model, setting, why, signal);
  };
  const always = settings.filter(({ name }) => knobs.includes(name));
  const others = settings.filter(({ name }) => !knobs.includes(name));
  const go = button("go", "Run", "Space");
  const reset = button("reset", "Reset", "R");
  const more = button("more", "More", "More settings");
  const present = button("present", "Present", "F; Escape leaves it");
  const folded = make(
    "div",
    { className: "ifl-settings", hidden: true },
    ...others.map(sliderFor),
  );
  root.append(
    make(
      "div",
      { className: "ifl-controls" },
      go,
      make("div", { className: "ifl-settings" }, ...always.map(sliderFor)),
      present,
    ),
  );
  more.ariaExpanded = "false";
  more.onclick = () => {
    folded.hidden = !folded.hidden;
    more.ariaExpanded = `${!folded.hidden}`;
  };
  const pressed = new Mover(model, () => {}, signal);
  const presentation = new Presentation(root, present, signal);
  let last = "";

  /** @param {"run" | "stop" | "reset"} press */
  function send(press) {
    last = press;
    pressed.send({ press });
  }

  /** @param {Command} command */
  function obey(command) {
    if (command === "present") presentation.toggle();
    else if (command === "reset") send("reset");
    else send(model.get("running") ? "stop" : "run");
    if (command !== "present") root.dispatchEvent(new Event("ifl-pressed"));
    // All of it, the strip below as well: code and text above it are long.
    if (command === "go") root.scrollIntoView({ block: "nearest" });
    // So that Space is not the button's any more, and arrows move the limit.
    /** @type {HTMLElement | null} */ (root.querySelector("input:enabled"))?.focus({
      preventScroll: true,
    });
  }

  go.onclick = ({ detail }) => {
    if (detail < 2 || last !== "stop") obey("go"); // a double click on Stop is one Stop
  };
  reset.onclick = () => obey("reset");
  present.onclick = () => obey("present");
  listenToKeys(root, () => presentation.on, obey, signal);
  follow(model, ["running"], () => {
    const running = model.get("running");
    go.textContent = running ? "Stop" : "Run";
    go.title = running ? STOP_REACHES : "Space";
    root.classList.toggle("ifl-running", running);
  }, signal);
  return [make("div", { className: "ifl-aside" }, reset, more), folded];
}

/** @param {Page} page */
function addLanes({ root, model, signal }) {
  /** @type {{ settings: Setting[], knobs: string[], strip: What }} */
  const { settings, knobs, strip } = model.get("_fixed");
  const named = settings.filter(({ name }) => knobs.includes(name));
  const places = make("div", { className: "ifl-stages" });
  root.append(places);
  /** @type {Lane[]} */
  const lanes = model.get("_lanes");
  const parts = lanes.map(({ name }) => {
    const place = make("div", { className: "ifl-lane" });
    const goals = make("div", { className: "ifl-goals" });
    places.append(place);
    const stage = createStage(place, { title: name, strip });
    place.append(goals);
    return { goals, stage };
  });
  const stages = parts.map((each) => each.stage);
  const player = new Player(stages, signal);
  const runs = new KernelRuns(model, player, (lane) => planFor(model, lane), signal);
  follow(model, PLANNED, () => runs.replan(), signal);
  follow(model, ["_lanes"], () => {
    model.get("_lanes").forEach((
      /** @type {Lane} */ lane,
      /** @type {number} */ number,
    ) => showGoals(parts[number].goals, lane, named));
  }, signal);
  signal.addEventListener("abort", () => stages.forEach((each) => each.destroy()));
  return player;
}

/** A line for what no picture shows. @param {Page} page */
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

/** @param {string} name @param {string} textContent @param {string} title */
function button(name, textContent, title) {
  const className = `ifl-button ifl-${name}`;
  return make("button", { type: "button", className, textContent, title });
}
