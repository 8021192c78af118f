// What the tests with WebDriver ask of a page.  tests/support/webdriver.py sends it
// there.

/** Note the page's errors from now on. */
export function listen() {
  const page = /** @type {any} */ (window);
  if (page.noted) return;
  /** @type {string[]} */
  const errors = page.noted = [];
  addEventListener("error", ({ message }) => {
    if (message.startsWith("ResizeObserver loop")) return; // that is no error
    errors.push(message);
  });
  addEventListener("unhandledrejection", ({ reason }) => errors.push(String(reason)));
  const { error } = console;
  console.error = (...words) => {
    errors.push(words.join(" "));
    error(...words);
  };
}

/** The errors, and the addresses that the page asked for. */
export function noted() {
  const entries = performance.getEntriesByType("resource");
  const { noted } = /** @type {any} */ (window);
  return [noted, entries.map((entry) => entry.name)];
}

/**
 * The middle of the first such element that is seen, or null.
 * @param {string} selector @param {string} text all that it says, or "" for anything
 */
export function middleOf(selector, text) {
  for (const element of document.querySelectorAll(selector)) {
    if (text && element.textContent?.trim() !== text) continue;
    element.scrollIntoView({ block: "nearest" });
    const { x, y, width, height } = element.getBoundingClientRect();
    if (width && height) return [x + width / 2, y + height / 2];
  }
  return null;
}

/** Forget the errors that begin like this. @param {string} beginning */
export function forget(beginning) {
  const page = /** @type {any} */ (window);
  const errors = /** @type {string[]} */ (page.noted);
  const others = errors.filter((error) => !error.startsWith(beginning));
  errors.splice(0, errors.length, ...others);
}
