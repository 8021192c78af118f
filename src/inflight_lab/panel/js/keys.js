// The keys of a panel, in whatever front end it stands.

/**
 * @typedef {"run" | "stop" | "reset" | "present"} Command
 *
 * @typedef {object} Focus Where a key is pressed.
 * @property {boolean} typing In a list or a field, which take keys for themselves.
 * @property {boolean} button On a button.
 *
 * @typedef {object} State
 * @property {boolean} running
 * @property {boolean} presented
 */

/** @type {Map<string, Command>} */
const COMMANDS = new Map([["r", "reset"], ["f", "present"]]);

/**
 * What a key asks for, or null.
 *
 * A key that is held down asks once, and Space on a button is that button's.
 *
 * @param {{ key: string, repeat: boolean }} event
 * @param {Focus} focus
 * @param {State} state
 * @returns {Command | null}
 */
export function commandOf({ key, repeat }, focus, { running, presented }) {
  if (repeat || focus.typing) return null;
  if (key === "Escape") return presented ? "present" : null;
  if (key === " ") {
    if (focus.button) return null;
    return running ? "stop" : "run";
  }
  return COMMANDS.get(key.toLowerCase()) ?? null;
}

/**
 * With one of these a key belongs to the front end.
 *
 * @param {{ ctrlKey: boolean, altKey: boolean, metaKey: boolean, shiftKey: boolean }} event
 */
export function hasModifier({ ctrlKey, altKey, metaKey, shiftKey }) {
  return ctrlKey || altKey || metaKey || shiftKey;
}

/**
 * Obey the keys while the focus is in the panel, or while it fills the screen.
 *
 * No other key reaches the notebook meanwhile, where R or D D would change cells.
 *
 * @param {HTMLElement} root
 * @param {() => State} state
 * @param {(command: Command) => void} obey
 * @param {AbortSignal} signal Ends it.
 */
export function listenToKeys(root, state, obey, signal) {
  /** @param {KeyboardEvent} event */
  function press(event) {
    const target = targetOf(event);
    const isOurs = root.contains(target) ||
      (state().presented && target === document.body);
    if (!isOurs || hasModifier(event)) return;
    event.stopPropagation();
    const command = commandOf(event, focusOn(target), state());
    if (command === null) return;
    event.preventDefault();
    obey(command);
  }
  // Before the front end's own listeners, which are the document's.
  globalThis.addEventListener("keydown", press, { capture: true, signal });
  root.tabIndex = -1;
  root.addEventListener("pointerup", (event) => takeFocus(root, event));
}

/**
 * Where a key is pressed, also if marimo has put the panel into a shadow root.
 *
 * @param {Event} event
 */
function targetOf(event) {
  const [target] = event.composedPath();
  return target instanceof Node ? target : null;
}

/**
 * @param {Node | null} target
 * @returns {Focus}
 */
function focusOn(target) {
  if (!(target instanceof Element)) return { typing: false, button: false };
  return {
    typing: target.closest("select, input:not([type=range])") !== null,
    button: target.closest("button") !== null,
  };
}

/**
 * A click anywhere gives the panel the focus; JupyterLab would give it to the cell.
 *
 * @param {HTMLElement} root
 * @param {PointerEvent} event
 */
function takeFocus(root, { target }) {
  if (!(target instanceof Element)) return;
  if (target.closest("button, input, select, label")) return;
  root.focus({ preventScroll: true });
}
