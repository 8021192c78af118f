// A panel in front of a class: it fills the screen.

const PRESENTED = "ifl-presented";

/** Fills the screen, or the window where there is no full screen: frames, phones, VS Code. */
export class Presentation {
  /**
   * @param {HTMLElement} root
   * @param {() => void} layout Called when the panel gets another size.
   * @param {AbortSignal} signal Ends it.
   */
  constructor(root, layout, signal) {
    this.root = root;
    this.layout = layout;
    document.addEventListener("fullscreenchange", () => {
      // Escape, or whatever else the browser offers, has ended it.
      if (!document.fullscreenElement && this.on) this.toggle();
    }, { signal });
  }

  get on() {
    return this.root.classList.contains(PRESENTED);
  }

  toggle() {
    if (this.on) this.#leave();
    else this.#enter();
    this.layout();
  }

  #enter() {
    this.root.classList.add(PRESENTED);
    this.root.popover = "manual"; // above all else, in whatever frame
    this.root.showPopover?.();
    document.documentElement.requestFullscreen?.().then(
      () => this.#filled(),
      () => {},
    );
  }

  #leave() {
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
