// What the tests with WebDriver ask of a page.  tests/support/browser/webdriver.py sends it
// there.

/** Note the page's errors from now on. */
export function listen() {
  const page = /** @type {any} */ (window);
  if (page.noted) return;
  /** @type {string[]} */
  page.noted = [];
  addEventListener("error", ({ message }) => {
    if (message.startsWith("ResizeObserver loop")) return; // that is no error
    page.noted.push(message);
  });
  addEventListener(
    "unhandledrejection",
    ({ reason }) => page.noted.push(String(reason)),
  );
  const { error } = console;
  console.error = (...words) => {
    page.noted.push(words.join(" "));
    error(...words);
  };
}
