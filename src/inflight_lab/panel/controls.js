// @ts-nocheck: without types so far.
// The buttons and sliders above the plots, and the keys.  Settings are the model's; what a person does is
// sent as messages, which arrive in their order and also where a kernel lets changes of the model wait.

import { add, div, follow, make } from "../plot/js/dom.js";
import { keys, stage } from "./stage.js";

const PATIENCE = 20000; // milliseconds for which the kernel may leave a move unheard: code that blocks it holds up all
const REACH =
  "ends what awaits; code that blocks, such as time.sleep, only once it returns";

/** A named input, which `show(value)` puts where the setting is. */
function setting(model, parent, name, label, input, show, signal) {
  const row = div(`ifl-setting ifl-${name}`, parent), named = add("label", row);
  let unheard = 0, timer, before; // moves that are on their way: older values must not take the handle back
  add("span", named, { textContent: label });
  named.append(input);
  const valueOf =
    () => (typeof model.get(name) === "number" ? Number(input.value) : input.value);
  const refresh = () => unheard || show(model.get(name));
  function expect(moves) {
    unheard = Math.max(0, moves);
    clearTimeout(timer);
    if (unheard) timer = setTimeout(expect, PATIENCE, 0);
    refresh();
  }
  function choose(value) {
    show(value);
    model.send({ set: { [name]: value } });
    expect(unheard + 1);
  }
  function hear({ settled }) {
    if (settled === name) expect(unheard - 1);
  }
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => {
    model.off("msg:custom", hear);
    clearTimeout(timer);
  });
  input.addEventListener("pointerdown", () => {
    before = model.get(name);
  });
  input.addEventListener("pointercancel", () => valueOf() !== before && choose(before)); // the swipe turned out to be the page's
  input.addEventListener("input", () => choose(valueOf()));
  follow(model, [name], refresh, signal);
  return row;
}

/** A slider with its value beside it; returns the row that they stand in. */
function slider(
  model,
  parent,
  name,
  label,
  signal,
  { step = 1, least = 1, disabled = false, words = String } = {},
) {
  const input = make("input", { type: "range", name, step, disabled }),
    output = make("output");
  let most = model.get("_page").most[name];
  function show(value) {
    most = Math.max(most, value); // and stays there: an end that moves back would take the handle along
    Object.assign(input, { min: Math.min(least, value), max: most, value });
    output.textContent = words(value);
    input.setAttribute("aria-valuetext", words(value));
  }
  const row = setting(model, parent, name, label, input, show, signal);
  row.append(output);
  return row;
}

/** One of several, by name. */
function choice(model, parent, name, label, values, signal, words = String) {
  const input = make("select", { name });
  for (const value of values) {
    add("option", input, { value, textContent: words(value) });
  }
  setting(model, parent, name, label, input, (value) => {
    input.value = value;
  }, signal);
}

/** The limit, then what is asked of the server, then its quota. */
function settings(model, parent, { adjustable, quotas, period }, signal) {
  const rows = div("ifl-settings", parent);
  const limit = slider(model, rows, "limit", "limit", signal, {
    disabled: !adjustable,
  });
  if (!adjustable) div("ifl-why", limit, "this runner takes no limiter to set");
  const load = div("ifl-pair", rows),
    allowed = div("ifl-pair", rows),
    long = period === 1 ? "" : `${period} `;
  slider(model, load, "count", "requests", signal);
  slider(model, load, "latency", "latency", signal, {
    step: 0.05,
    least: 0,
    words: (value) => `${+value.toFixed(3)} s`,
  });
  choice(model, allowed, "quota", "quota", quotas, signal);
  slider(model, allowed, "rate", "rate", signal, {
    words: (value) => `${value} / ${long}s`,
  });
}

/** All of it, at the top of `root`.  `layout` is called when the panel gets another size. */
export function controls(model, root, layout, signal) {
  const page = model.get("_page"),
    full = page.quotas !== undefined,
    bar = div("ifl-buttons", root);
  const button = (name, textContent, title) =>
    add("button", bar, {
      type: "button",
      className: `ifl-button ifl-${name}`,
      textContent,
      title,
      onclick: () => press(name),
    });
  const run = button("run", full ? "Run" : "Play", "Space"),
    stop = button("stop", "Stop", `Space; ${REACH}`);
  if (full) button("reset", "Reset", "R");
  const aside = div("ifl-aside", bar),
    status = div("ifl-status", root),
    { filled, toggle } = stage(root, layout, signal);
  if (full) {
    settings(model, root, page, signal);
    choice(
      model,
      aside,
      "slow",
      "slow motion",
      page.slow,
      signal,
      (value) => (value === 1 ? "off" : `${value} × slower`),
    );
  }
  choice(
    model,
    aside,
    "view",
    "show",
    ["both", "requests", "lines"],
    signal,
    (name) => (name === "both" ? "both, if they fit" : name),
  );
  aside.append(button("present", "Present", "F; Escape leaves it"));
  function press(name) {
    if (name === "present") toggle();
    else if (full || name !== "reset") model.send({ press: name });
    // A button that was pressed and is disabled now would swallow all further keys.
    (root.querySelector("input:enabled") ?? root).focus({ preventScroll: true });
  }
  function show() {
    run.disabled = model.get("running");
    stop.disabled = !run.disabled;
    status.textContent = model.get("status");
  }
  follow(model, ["running", "status"], show, signal);
  keys(
    root,
    (meant) => press(meant === "run" && run.disabled ? "stop" : meant),
    filled,
    signal,
  );
}
