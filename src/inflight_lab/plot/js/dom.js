// @ts-nocheck: without types so far.
// Elements, what follows the model, and the colours that fit the page around them.

/** An HTML element.  Texts go in as text, never as HTML: they may come from a server. */
export const make = (name, properties = {}) =>
  Object.assign(document.createElement(name), properties);

/** The same, at the end of `parent`. */
export const add = (name, parent, properties) =>
  parent.appendChild(make(name, properties));

export const div = (className, parent, textContent = "") =>
  add("div", parent, { className, textContent });

/** Act now, and whenever one of these traits of the model changes, until `signal` ends it. */
export function follow(model, names, act, signal) {
  for (const name of names) {
    model.on(`change:${name}`, act);
    signal.addEventListener("abort", () => model.off(`change:${name}`, act));
  }
  act();
}

const brush = document.createElement("canvas").getContext("2d", {
  willReadFrequently: true,
});

/** Whether a CSS colour, in whatever notation, is nearer to white than to black. */
function isLight(colour) {
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [r, g, b] = brush.getImageData(0, 0, 1, 1).data;
  return 0.3 * r + 0.6 * g + 0.1 * b > 128;
}

/** Give `root` the class ifl-dark while its text is light, in whatever front end this is, and say so to those
    who keep the colours that they drew with. */
export function followTheme(root, changed, signal) {
  function look() {
    const dark = isLight(getComputedStyle(root).color);
    if (root.classList.contains("ifl-dark") !== dark) {
      root.classList.toggle("ifl-dark", dark);
      changed();
    }
  }
  const themes = new MutationObserver(look), shown = new ResizeObserver(look);
  for (const element of [document.documentElement, document.body]) {
    themes.observe(element, { attributes: true });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look, {
    signal,
  });
  shown.observe(root); // colours are not known before it stands in the page
  signal.addEventListener("abort", () => {
    themes.disconnect();
    shown.disconnect();
  });
  root.classList.add("ifl-theme");
  look();
}
