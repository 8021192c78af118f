// Colours that fit the page around a plot, in any front end.

const brush = document.createElement("canvas").getContext("2d", {
  willReadFrequently: true,
});

/**
 * Whether a CSS colour, in whatever notation, is nearer to white than to black.
 *
 * @param {string} colour
 */
function isLight(colour) {
  if (!brush) return false;
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
  return 0.3 * red + 0.6 * green + 0.1 * blue > 128;
}

/**
 * Give `root` the class ifl-dark while its text is light, and call `changed` so that
 * pictures are drawn again in the new colours.
 *
 * @param {HTMLElement} root
 * @param {() => void} changed
 * @param {AbortSignal} signal Aborted when the page closes.
 */
export function followTheme(root, changed, signal) {
  function look() {
    const dark = isLight(getComputedStyle(root).color);
    if (root.classList.contains("ifl-dark") === dark) return;
    root.classList.toggle("ifl-dark", dark);
    changed();
  }
  const themes = new MutationObserver(look);
  for (const element of [document.documentElement, document.body]) {
    themes.observe(element, { attributes: true });
  }
  const shown = new ResizeObserver(look);
  shown.observe(root); // its colours are known once it is on the page
  const dark = matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", look, { signal });
  signal.addEventListener("abort", () => {
    themes.disconnect();
    shown.disconnect();
  });
  root.classList.add("ifl-theme");
  look();
}
