// Whether the page around is dark, in any front end.

/**
 * Whether a CSS colour, in whatever notation, is nearer to white than to black.
 *
 * @param {string} colour
 */
function isLight(colour) {
  const brush = document.createElement("canvas").getContext("2d");
  if (!brush) return false;
  brush.fillStyle = colour;
  brush.fillRect(0, 0, 1, 1);
  const [red, green, blue] = brush.getImageData(0, 0, 1, 1).data;
  return 0.3 * red + 0.6 * green + 0.1 * blue > 128;
}

/**
 * Give `root` the class ifl-dark while the text around it is light.
 *
 * @param {HTMLElement} root
 * @param {AbortSignal} signal Aborted when the page closes.
 */
export function followTheme(root, signal) {
  function look() {
    if (!root.parentElement) return;
    const style = getComputedStyle(root.parentElement);
    // VS Code puts a widget on white, and says so by JupyterLab's name.
    const text = style.getPropertyValue("--jp-ui-font-color1") || style.color;
    root.classList.toggle("ifl-dark", isLight(text));
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
