// A button that lets the panel around it fill the screen, and the panel's keys.

const KEYS = { " ": ["play", "stop"], r: ["undo"], f: ["expand"] }; // the buttons, by their icons

function render({ el }) {
  const button = document.createElement("button");
  button.className = "jupyter-button widget-button ifl-present";
  button.title = "Fill the screen (F); Escape leaves it";
  const icon = document.createElement("i");
  icon.className = "fa fa-expand";
  icon.setAttribute("aria-hidden", "true");
  button.append(icon, "Present");
  el.append(button);

  const panel = () => el.closest(".ifl-panel");
  const limit = () => panel()?.querySelector(".ifl-limit [role=slider]");
  button.onclick = () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else panel()?.requestFullscreen().then(() => limit()?.focus());
  };

  function press(event) {
    const stage = panel(), { target, key } = event;
    if (!stage || !(stage.contains(target) || document.fullscreenElement === stage)) return;
    // With Control, Alt or Shift a key belongs to the front end, all others to the panel.
    const foreign = event.ctrlKey || event.altKey || event.metaKey || event.shiftKey;
    target.toggleAttribute("data-lm-suppress-shortcuts", !foreign); // JupyterLab and Notebook heed this
    const types = target.closest("select, input:not([type=range]), [contenteditable=true]");
    const presses = key === " " && target.closest("button");
    const names = KEYS[key.toLowerCase()];
    if (foreign || types || presses || !names || event.repeat) return;
    const found = names.map((name) => stage.querySelector(`button:enabled:has(.fa-${name})`)).find(Boolean);
    event.preventDefault();
    event.stopPropagation();
    found?.click();
  }

  // A button that was pressed and is disabled now would swallow all further keys.
  function refocus(event) {
    if (panel()?.contains(event.target) && event.target.closest?.("button:has(.fa-play, .fa-stop)"))
      setTimeout(() => limit()?.focus({ preventScroll: true }));
  }

  // ipywidgets' sliders have a label beside them, but no name for a screen reader.
  const naming = new MutationObserver(() => {
    for (const row of panel()?.querySelectorAll(".widget-slider") ?? []) {
      const handle = row.querySelector("[role=slider]:not([aria-label])");
      handle?.setAttribute("aria-label", row.querySelector("label, .widget-label")?.textContent ?? "");
    }
    if (panel()?.querySelector(".ifl-lanes .inflight-lab")) naming.disconnect(); // the last to come
  });
  naming.observe(document.body, { childList: true, subtree: true });

  window.addEventListener("keydown", press, true); // before the front end's own, which is the document's
  window.addEventListener("click", refocus, true);
  return () => {
    naming.disconnect();
    window.removeEventListener("keydown", press, true);
    window.removeEventListener("click", refocus, true);
  };
}

export default { render };
