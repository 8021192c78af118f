// The plain picture in a saved notebook, which is hidden while there is a live view.

import { add } from "./dom.js";

export class PlainPicture {
  /** @param {AbortSignal} signal Shows it again. */
  constructor(signal) {
    this.style = add("style", document.head);
    signal.addEventListener("abort", () => this.style.remove());
  }

  /**
   * Front ends show it in their own ways: as SVG, or as an image in an output.
   *
   * @param {string} name Its class.
   */
  hide(name) {
    const image = `img[src*="${name}"]`;
    const output = `.jp-OutputArea-child:has(${image})`;
    const player = `inflight-run:has(${image})`;
    const hidden = [`svg.${name}`, image, output, player].join();
    const rule = `${hidden} { display: none !important; }`;
    this.style.textContent = rule;
  }
}
