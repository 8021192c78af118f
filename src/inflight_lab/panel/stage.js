// @ts-nocheck: without types so far.
// The panel in front of a class: filling the screen, and moved by keys.

/** Fill the screen, or the window where there is no full screen (frames, phones, VS Code), and leave it. */
export function stage(root, layout, signal) {
  const page = document.documentElement,
    filled = () => root.classList.contains("ifl-presented");
  const rise = () => {
    root.hidePopover?.();
    root.showPopover?.();
  }; // above the page, which WebKit puts on top of it
  function toggle() {
    const fills = root.classList.toggle("ifl-presented");
    root.popover = fills ? "manual" : null; // above all else, in whatever frame
    if (fills) {
      root.showPopover?.();
      page.requestFullscreen?.().then(
        () => (filled() ? rise() : document.exitFullscreen()),
        () => {},
      );
    } else if (document.fullscreenElement) document.exitFullscreen();
    layout();
  }
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement && filled()) toggle();
  }, { signal });
  return { filled, toggle };
}

/** Space, R, F and Escape are the panel's while the focus is in it; no key reaches the notebook, where R or
    D D would change cells.  With Control, Alt or Shift a key belongs to the front end. */
export function keys(root, press, filled, signal) {
  function hear(event) {
    const { key } = event, [target] = event.composedPath(); // also where marimo has put it into a shadow root
    if (!root.contains(target) && !(filled() && target === document.body)) return;
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.stopPropagation();
    const types = target.closest?.("select, input:not([type=range])"),
      clicks = key === " " && target.closest?.("button");
    const meant = {
      " ": "run",
      r: "reset",
      f: "present",
      Escape: filled() && "present",
    }[key.length === 1 ? key.toLowerCase() : key];
    if (types || clicks || !meant || event.repeat) return;
    event.preventDefault();
    press(meant);
  }
  // A click anywhere gives the panel the focus; JupyterLab would give it to the cell.
  function focus({ target }) {
    if (!target.closest("button, input, select, label")) {
      root.focus({ preventScroll: true });
    }
  }
  root.tabIndex = -1;
  root.addEventListener("pointerup", focus);
  window.addEventListener("keydown", hear, { capture: true, signal }); // before the front end's own, which is the document's
}
