// The keys of a panel, in whatever front end it stands.

/**
 * @typedef {"go" | "reset" | "present"} Command
 */

/** @type {Record<string, Command>} */
const COMMANDS = { r: "reset", f: "present" };

/**
 * What a key asks for, or null.  A key that is held down asks once, and Space on a
 * button, or on the speeds, is theirs.
 *
 * @param {{ key: string, repeat: boolean }} event
 * @param {boolean} onButton
 * @returns {Command | null}
 */
export function commandOf({ key, repeat }, onButton) {
  if (repeat) return null;
  if (key === " ") return onButton ? null : "go";
  return COMMANDS[key.toLowerCase()] ?? null;
}

/**
 * Obey the keys while the focus is in the panel, or while it fills the screen.
 *
 * No other key reaches the notebook meanwhile, where R or D D would change cells.
 *
 * @param {HTMLElement} root
 * @param {() => boolean} isPresented
 * @param {(command: Command) => void} obey
 * @param {AbortSignal} signal Ends it.
 */
export function listenToKeys(root, isPresented, obey, signal) {
  /** @param {KeyboardEvent} event */
  function press(event) {
    const [target] = event.composedPath(); // marimo puts it into a shadow root
    if (!(target instanceof Node)) return;
    const isOurs = root.contains(target) ||
      (isPresented() && target === document.body);
    const { ctrlKey, altKey, metaKey, shiftKey } = event;
    if (!isOurs || ctrlKey || altKey || metaKey || shiftKey) return;
    event.stopPropagation();
    const onButton = target instanceof Element &&
      target.closest("button, select") !== null;
    const command = commandOf(event, onButton);
    if (command === null) {
      // The strip of a stage has keys of its own, which would not come to it.
      if (target instanceof HTMLCanvasElement) target.onkeydown?.(event);
      return;
    }
    event.preventDefault();
    obey(command);
  }
  // Before the front end's own listeners, which are the document's.
  globalThis.addEventListener("keydown", press, { capture: true, signal });
  root.tabIndex = -1;
  // JupyterLab would give the focus to the cell.
  root.addEventListener("pointerup", ({ target }) => {
    if (!(target instanceof Element)) return;
    if (target.closest("button, select, input, label, [tabindex='0']")) return;
    root.focus({ preventScroll: true });
  });
}
