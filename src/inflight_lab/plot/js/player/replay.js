// The widget `Replay`: a recording that the page plays by itself.

import { follow } from "../dom.js";
import { PlainPicture } from "../plain_picture.js";
import { openPlayer } from "./open.js";

/** @import { Model } from "../dom.js" */

/** @param {{ model: Model, el: HTMLElement }} place */
function render({ model, el }) {
  const life = new AbortController();
  let player = new AbortController();

  function open() {
    player.abort();
    player = new AbortController();
    const source = { text: model.get("_recording"), limit: null };
    const settings = { view: model.get("view"), strip: "in flight" };
    openPlayer(el, [source], settings, player.signal);
  }

  new PlainPicture(life.signal).hide(model.get("_mark"));
  follow(model, ["view"], open, life.signal);
  life.signal.addEventListener("abort", () => player.abort());
  return () => life.abort();
}

export default { render };
