// A panel in front of a class: it fills the screen, and the focus stays in it.

import { setAside } from "./surroundings.js";

const PRESENTED = "ifl-presented";

/** Fills the screen, or the window where there is no full screen: frames, phones, VS Code. */
export class Presentation {
  /** Gives the page its other elements back. */
  #giveBack = () => {};
  #enterText;

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} button Enters and leaves it.
   * @param {() => void} layout Called when the panel gets another size.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(root, button, layout, signal) {
    this.root = root;
    this.button = button;
    this.layout = layout;
    this.#enterText = button.textContent;
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
    this.button.textContent = this.on ? "Leave" : this.#enterText;
    this.layout();
  }

  #enter() {
    this.root.classList.add(PRESENTED);
    this.root.popover = "manual"; // above all else, in whatever frame
    this.root.showPopover?.();
    this.#giveBack = setAside(this.root);
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

  #filled() {
    if (!this.on) {
      document.exitFullscreen(); // it was left before it was there
      return;
    }
    // WebKit has put the page on top of it.
    this.root.hidePopover?.();
    this.root.showPopover?.();
  }
}
