// A widget in front of a class: it fills the screen, and the focus stays in it.

import { button } from "../../stage/controls.js";

const PRESENTED = "ifl-presented";

/** The size for which it is made; a larger screen has it larger. */
const WIDTH = 1200;
const HEIGHT = 640;

/**
 * Fills the screen, or the window where there is no full screen: frames, phones, VS
 * Code.
 */
export class Presentation {
  /** @type {HTMLElement[]} */
  #setAside = [];
  /** Enters and leaves it. */
  button = button("present", "Present", "Fills the screen; Escape leaves it");

  /**
   * @param {HTMLElement} root
   * @param {AbortSignal} signal Ends it.
   */
  constructor(root, signal) {
    this.root = root;
    this.button.onclick = () => this.toggle();
    addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.on) this.toggle();
    }, { capture: true, signal });
    addEventListener("resize", () => this.#zoom(), { signal });
    document.addEventListener("fullscreenchange", () => {
      // Escape, or whatever else the browser offers, has ended it.
      if (!document.fullscreenElement && this.on) this.toggle();
    }, { signal });
    signal.addEventListener("abort", () => this.#giveBack());
  }

  get on() {
    return this.root.classList.contains(PRESENTED);
  }

  toggle() {
    if (this.on) this.#leave();
    else this.#enter();
    this.button.textContent = this.on ? "Leave (Esc)" : "Present";
    this.#zoom();
  }

  #enter() {
    this.root.classList.add(PRESENTED);
    this.root.popover = "manual"; // above all else, in whatever frame
    this.root.showPopover?.();
    // Focus, clicks and screen readers stay away from the rest.
    this.#setAside = surroundingsOf(this.root).filter((each) => !each.inert);
    for (const each of this.#setAside) each.inert = true;
    document.documentElement.requestFullscreen?.().then(
      () => this.#filled(),
      () => {},
    );
  }

  #leave() {
    this.#giveBack();
    this.root.classList.remove(PRESENTED);
    this.root.popover = null;
    if (document.fullscreenElement) document.exitFullscreen();
  }

  #giveBack() {
    for (const each of this.#setAside) each.inert = false;
    this.#setAside = [];
  }

  #filled() {
    if (!this.on) {
      document.exitFullscreen(); // it was left before it was there
      return;
    }
    // WebKit has put the page on top of it.
    this.root.hidePopover?.();
    this.root.showPopover?.();
  }

  #zoom() {
    const fitting = Math.min(innerWidth / WIDTH, innerHeight / HEIGHT);
    this.root.style.setProperty("zoom", this.on ? `${Math.max(1, fitting)}` : "");
  }
}

/** All on the page but this element and what it is in. @param {HTMLElement} element */
function surroundingsOf(element) {
  /** @type {HTMLElement[]} */
  const others = [];
  /** @type {Element} */
  let inside = element;
  while (inside !== document.body) {
    const parent = inside.parentNode;
    if (!(parent instanceof Element || parent instanceof ShadowRoot)) break;
    for (const child of parent.children) {
      if (child !== inside && child instanceof HTMLElement) others.push(child);
    }
    inside = parent instanceof ShadowRoot ? parent.host : parent; // marimo's
  }
  return others;
}
