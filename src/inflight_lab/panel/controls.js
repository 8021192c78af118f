// The buttons and sliders above the plots, and the keys.  Settings are the model's; what a person does is
// sent as messages, which arrive in their order and also where a kernel lets changes of the model wait.

import { add, div } from "../plot/dom.js";

const SLIDERS = {
  limit: { label: "limit" },
  count: { label: "requests" },
  latency: { label: "latency", step: 0.05, show: (value) => `${+value.toFixed(3)} s` },
  rate: { label: "rate" },
};
const PATIENCE = 2000; // milliseconds for which a slider stays where a person moved it, until the kernel agrees
const REACH = "ends what awaits; code that blocks, such as time.sleep, only once it returns";

/** A named input with its value beside it; `show(value)` when the kernel says so. */
function setting(model, parent, name, input, { label, show = String }) {
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
  for (const each of [name, "_most"]) model.on(`change:${each}`, refresh);
  refresh();
  return () => { for (const each of [name, "_most"]) model.off(`change:${each}`, refresh); };
}

/** One of several, by name. */
function choice(model, row, name, label, values, words = String) {
  const input = Object.assign(document.createElement("select"), { name });
  for (const value of values) add("option", input, { value, textContent: words(value) });
  return setting(model, row, name, input, { label });
}

/** The limit, then what is asked of the server, then its quota.  Returns the ends of it all. */
function settings(model, parent, aside) {
  const { adjustable, quotas, slow, period } = model.get("_page"), ends = [];
  const rows = div("ifl-settings", parent), pair = () => div("ifl-pair", rows);
  const perPeriod = (value) => `${value} / ${period === 1 ? "" : `${period} `}s`;
  const slider = (row, name, disabled = false) => {
    const about = { ...SLIDERS[name], ...(name === "rate" && { show: perPeriod }) };
    const input = Object.assign(document.createElement("input"), { type: "range", name, step: about.step ?? 1, disabled });
    ends.push(setting(model, row, name, input, about));
  };
  slider(rows, "limit", !adjustable);
  if (!adjustable) div("ifl-why", rows.firstChild, "this runner takes no limiter to set");
  const load = pair(), allowed = pair();
  slider(load, "count");
  slider(load, "latency");
  ends.push(choice(model, allowed, "quota", "quota", quotas));
  slider(allowed, "rate");
  ends.push(choice(model, aside, "slow", "slow motion", slow, (value) => (value === 1 ? "off" : `${value} × slower`)));
  return ends;
}

/** Fill the screen, or the window where there is no full screen (frames, phones, VS Code), and leave it. */
function presenting(root, layout) {
  const filled = () => root.classList.contains("ifl-presented");
  function show(fills) {
    root.classList.toggle("ifl-presented", fills);
    layout();
  }
  function fillWindow() {
    if (root.showPopover) { root.popover = "manual"; root.showPopover(); } // above all else, in whatever frame
    show(true);
  }
  function leave() {
    if (document.fullscreenElement) document.exitFullscreen();
    if (root.popover) { root.hidePopover(); root.popover = null; }
    show(false);
  }
  const changed = () => {
    if (document.fullscreenElement === root) show(true);
    else if (!root.popover && filled()) show(false);
  };
  document.addEventListener("fullscreenchange", changed);
  return {
    filled, leave,
    toggle() {
      if (filled()) leave();
      else if (document.fullscreenEnabled && root.requestFullscreen) root.requestFullscreen().catch(fillWindow);
      else fillWindow();
    },
    close: () => document.removeEventListener("fullscreenchange", changed),
  };
}

/** Space, R, F and Escape are the panel's while the focus is in it; no key reaches the notebook, where R or
    D D would change cells.  With Control, Alt or Shift a key belongs to the front end. */
function keys(root, press, stage) {
  function hear(event) {
    const { target, key } = event;
    if (!root.contains(target) && !(stage.filled() && target === document.body)) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.stopPropagation();
    const types = target.closest?.("select, input:not([type=range])"), clicks = key === " " && target.closest?.("button");
    const meant = { " ": "run", r: "reset", f: "present", Escape: stage.filled() && "leave" }[key.length === 1 ? key.toLowerCase() : key];
    if (types || clicks || !meant || event.repeat) return;
    event.preventDefault();
    press(meant);
  }
  // A click anywhere gives the panel the focus; JupyterLab would give it to the cell.
  function focus({ target }) {
    if (!target.closest("button, input, select, label")) root.focus({ preventScroll: true });
  }
  root.tabIndex = -1;
  root.addEventListener("pointerup", focus);
  window.addEventListener("keydown", hear, true); // before the front end's own, which is the document's
  return () => window.removeEventListener("keydown", hear, true);
}

/** All of it, at the top of `root`.  `layout` is called when the panel gets another size. */
export function controls(model, root, layout) {
  const bar = div("ifl-buttons", root), full = model.get("_page").quotas !== undefined;
  const button = (className, textContent, title, act) =>
    add("button", bar, { type: "button", className: `ifl-button ifl-${className}`, textContent, title, onclick: act });
  const send = (press) => () => { model.send({ press }); rest(); };
  const run = button("run", full ? "Run" : "Play", "Space", send("run"));
  const stop = button("stop", "Stop", `Space; ${REACH}`, send("stop"));
  const reset = full && button("reset", "Reset", "R", send("reset"));
  const aside = div("ifl-aside", bar), stage = presenting(root, layout);
  const present = button("present", "Present", "F; Escape leaves it", () => { stage.toggle(); rest(); });
  const status = div("ifl-status", root);
  const ends = full ? settings(model, root, aside) : [];
  ends.push(choice(model, aside, "view", "show", ["both", "requests", "lines"]));
  aside.append(present);
  // A button that was pressed and is disabled now would swallow all further keys.
  function rest() { (root.querySelector("input:enabled") ?? root).focus({ preventScroll: true }); }
  function press(meant) {
    if (meant === "present") stage.toggle();
    else if (meant === "leave") stage.leave();
    else if (meant === "reset") reset?.click?.();
    else (run.disabled ? stop : run).click();
  }
  function show() {
    const running = model.get("running");
    Object.assign(run, { disabled: running });
    Object.assign(stop, { disabled: !running });
    status.textContent = model.get("status");
  }
  const traits = ["change:running", "change:status"];
  for (const each of traits) model.on(each, show);
  show();
  ends.push(keys(root, press, stage), stage.close);
  return () => {
    for (const each of traits) model.off(each, show);
    for (const end of ends) end();
  };
}
