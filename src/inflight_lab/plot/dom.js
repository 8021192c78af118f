// Elements, and the colours that fit the page around them.

/** An SVG element. */
export function make(name, attributes, parent) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) element.setAttribute(key, attributes[key]);
  parent?.append(element);
  return element;
}

/** An HTML element.  Texts go in as text, never as HTML: they may come from a server. */
export function add(name, parent, properties = {}) {
  const element = Object.assign(document.createElement(name), properties);
  parent.append(element);
  return element;
}

/** A div with a class and a text. */
export function div(className, parent, textContent = "") {
  return add("div", parent, { className, textContent });
}

const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });

/** Whether a CSS colour, in whatever notation, is nearer to white than to black. */
export function isLight(colour) {
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [r, g, b] = brush.getImageData(0, 0, 1, 1).data;
  return 0.3 * r + 0.6 * g + 0.1 * b > 128;
}

/** Give `root` the class ifl-dark while its text is light, in whatever front end this is, and say so to those
    who keep the colours that they drew with.  Returns the end of it. */
export function followTheme(root, changed) {
  function look() {
    const dark = isLight(getComputedStyle(root).color);
    if (root.classList.contains("ifl-dark") === dark) return;
    root.classList.toggle("ifl-dark", dark);
    changed();
  }
  const themes = new MutationObserver(look), system = matchMedia("(prefers-color-scheme: dark)");
  for (const element of [document.documentElement, document.body]) themes.observe(element, { attributes: true });
  system.addEventListener("change", look);
  root.classList.add("ifl-theme");
  look();
  const shown = new ResizeObserver(look); // colours are not known before it stands in the page
  shown.observe(root);
  return () => { themes.disconnect(); shown.disconnect(); system.removeEventListener("change", look); };
}
