// The buttons and sliders above the plots, and the keys.  Settings are the model's; what a person does is
// sent as messages, which arrive in their order and also where a kernel lets changes of the model wait.

import { add, div, follow } from "../plot/dom.js";
import { keys, stage } from "./stage.js";

const SLIDERS = {
  limit: { label: "limit" },
  count: { label: "requests" },
  latency: { label: "latency", step: 0.05, show: (value) => `${+value.toFixed(3)} s` },
  rate: { label: "rate" },
};
const PATIENCE = 2000; // milliseconds for which a slider stays where a person moved it, until the kernel agrees
const REACH = "ends what awaits; code that blocks, such as time.sleep, only once it returns";

/** A named input with its value beside it; `show(value)` when the kernel says so. */
function setting(model, parent, name, input, { label, show = String }, signal) {
  const row = div(`ifl-setting ifl-${name}`, parent), named = add("label", row);
  add("span", named, { textContent: label });
  named.append(input);
  const number = input.type === "range" && add("output", row);
  let held = null, timer;
  function refresh() {
    const value = model.get(name);
    if (held !== null && held !== value) return; // on its way: an older value must not move the handle back
    held = null;
    display(value);
  }
  function display(value) {
    if (number) {
      const most = model.get("_most")[name];
      Object.assign(input, { min: { limit: 1, count: Math.min(1, value), rate: 1 }[name] ?? 0, max: most });
      number.textContent = show(value);
      input.setAttribute("aria-valuetext", show(value));
    }
    input.value = value;
    if (number) input.style.setProperty("--at", (input.value - input.min) / (input.max - input.min || 1));
  }
  function choose(value) {
    held = value;
    display(held);
    model.send({ set: { [name]: held } });
    clearTimeout(timer);
    timer = setTimeout(() => { held = null; refresh(); }, PATIENCE);
  }
  const valueOf = () => (typeof model.get(name) === "number" ? Number(input.value) : input.value);
  let before;
  input.addEventListener("pointerdown", () => { before = model.get(name); });
  input.addEventListener("pointercancel", () => valueOf() !== before && choose(before)); // the swipe turned out to be the page's
  input.addEventListener("input", () => choose(valueOf()));
  follow(model, [name, "_most"], refresh, signal);
}

/** One of several, by name. */
function choice(model, row, name, label, values, words, signal) {
  const input = Object.assign(document.createElement("select"), { name });
  for (const value of values) add("option", input, { value, textContent: words(value) });
  setting(model, row, name, input, { label }, signal);
}

/** The limit, then what is asked of the server, then its quota. */
function settings(model, parent, aside, signal) {
  const { adjustable, quotas, slow, period } = model.get("_page");
  const rows = div("ifl-settings", parent), pair = () => div("ifl-pair", rows);
  const perPeriod = (value) => `${value} / ${period === 1 ? "" : `${period} `}s`;
  const slider = (row, name, disabled = false) => {
    const about = { ...SLIDERS[name], ...(name === "rate" && { show: perPeriod }) };
    const input = Object.assign(document.createElement("input"), { type: "range", name, step: about.step ?? 1, disabled });
    setting(model, row, name, input, about, signal);
  };
  slider(rows, "limit", !adjustable);
  if (!adjustable) div("ifl-why", rows.firstChild, "this runner takes no limiter to set");
  const load = pair(), allowed = pair();
  slider(load, "count");
  slider(load, "latency");
  choice(model, allowed, "quota", "quota", quotas, String, signal);
  slider(allowed, "rate");
  choice(model, aside, "slow", "slow motion", slow, (value) => (value === 1 ? "off" : `${value} × slower`), signal);
}

/** All of it, at the top of `root`.  `layout` is called when the panel gets another size. */
export function controls(model, root, layout, signal) {
  const bar = div("ifl-buttons", root), full = model.get("_page").quotas !== undefined;
  const button = (name, textContent, title) =>
    add("button", bar, { type: "button", className: `ifl-button ifl-${name}`, textContent, title, onclick: () => press(name) });
  const run = button("run", full ? "Run" : "Play", "Space");
  const stop = button("stop", "Stop", `Space; ${REACH}`);
  if (full) button("reset", "Reset", "R");
  const aside = div("ifl-aside", bar), present = button("present", "Present", "F; Escape leaves it");
  const status = div("ifl-status", root), { filled, toggle } = stage(root, layout, signal);
  if (full) settings(model, root, aside, signal);
  choice(model, aside, "view", "show", ["both", "requests", "lines"], String, signal);
  aside.append(present);
  function press(name) {
    if (name === "present") toggle();
    else if (full || name !== "reset") model.send({ press: name });
    // A button that was pressed and is disabled now would swallow all further keys.
    (root.querySelector("input:enabled") ?? root).focus({ preventScroll: true });
  }
  function show() {
    const running = model.get("running");
    Object.assign(run, { disabled: running });
    Object.assign(stop, { disabled: !running });
    status.textContent = model.get("status");
  }
  follow(model, ["running", "status"], show, signal);
  keys(root, (meant) => press(meant === "run" && run.disabled ? "stop" : meant), filled, signal);
}
