// A panel: one bar of controls and, below it, a stage for each runner, side by side.

import { KernelRuns } from "../../plot/page/kernel_runs.js";
import { Presentation } from "../../plot/page/presentation.js";
import { follow, widget } from "../../plot/page/widget.js";
import { bringIntoView, button, settingsFor } from "../../stage/controls.js";
import { make, write } from "../../stage/dom.js";
import { Player } from "../../stage/player.js";
import { Stage } from "../../stage/stage.js";
import { kernelSlider, KernelWatch, Mover } from "./kernel.js";
import { listenToKeys } from "./keys.js";
import { planFor, PLANNED, showGoals } from "./lane.js";

/**
 * @import { Setting } from "../../stage/controls.js"
 * @import { PanelPage } from "./kernel.js"
 * @import { Command } from "./keys.js"
 */

const STOP_REACHES = "Space. Cancels what is being awaited. " +
  "Blocking code such as time.sleep has to return first.";

export default widget("ifl-panel", (/** @type {PanelPage} */ page) => {
  const { root, model, signal } = page;
  const { knobs, terms } = model.get("_fixed");
  const settings = settingsFor(terms.quota?.period);
  const [shown, others] = [true, false].map((isShown) =>
    settings.filter(({ name }) => knobs.includes(name) === isShown)
  );
  const bar = make("div", { className: "ifl-controls" });
  root.append(bar);
  const player = addLanes(page, shown);
  /** @param {Setting[]} some */
  const slidersFor = (some) => some.map((each) => sliderFor(page, each, player));
  const go = button("go", "Run", "Space");
  const reset = button("reset", "Reset", "R");
  const presentation = new Presentation(root, signal);
  bar.append(go, make("div", { className: "ifl-settings" }, ...slidersFor(shown)));
  const fold = addFold(bar, [reset, ...slidersFor(others)]);
  bar.append(presentation.button);
  root.addEventListener("ifl-pressed", () => presentation.on && fold());
  obeyButtons(page, presentation, { go, reset });
  addNotice(page);
});

/**
 * What is needed less often, behind a button.
 *
 * @param {HTMLElement} bar
 * @param {HTMLElement[]} parts
 * @returns {() => void} Folds it away.
 */
function addFold(bar, parts) {
  const more = button("more", "⋯", "More settings");
  more.ariaLabel = more.title;
  const folded = make("div", { className: "ifl-folded" }, ...parts);
  bar.append(more);
  bar.after(folded);
  function fold(isFolded = true) {
    folded.hidden = isFolded;
    more.ariaExpanded = `${!isFolded}`;
    if (!isFolded) folded.scrollIntoView({ block: "nearest" });
  }
  fold();
  more.onclick = () => fold(!folded.hidden);
  return fold;
}

/** @param {PanelPage} page @param {Setting} setting @param {Player} player */
function sliderFor({ model, signal }, setting, player) {
  const { name } = setting;
  const slider = kernelSlider(model, setting, signal);
  const lanes = model.get("_lanes");
  if (name === "limit" && !lanes.some((each) => each.adjustable)) {
    slider.disable("this code has no limit to set");
    return slider.root;
  }
  const compare = () => slider.compareWith(player.runs);
  player.addEventListener("change", compare);
  slider.input.addEventListener("input", compare);
  follow(model, [name], compare, signal);
  return slider.root;
}

/**
 * By a click or a key.
 *
 * @param {PanelPage} page
 * @param {Presentation} presentation
 * @param {{ [name in "go" | "reset"]: HTMLButtonElement }} buttons
 */
function obeyButtons({ root, model, signal }, presentation, { go, reset }) {
  const pressed = new Mover(model, () => {}, signal);
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
    else send(model.get("running") ? "stop" : "run");
    leaveButton();
  }

  /** So that Space is not the button's any more, and arrows move the limit. */
  function leaveButton() {
    /** @type {HTMLElement | null} */ (root.querySelector("input:enabled"))?.focus({
      preventScroll: true,
    });
  }

  function show() {
    const isOn = model.get("running");
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
  presentation.button.addEventListener("click", leaveButton);
  listenToKeys(root, () => presentation.on, obey, signal);
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
