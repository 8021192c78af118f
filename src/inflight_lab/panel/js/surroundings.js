// Everything on the page except one element.

/**
 * Keep focus, clicks and screen readers from everything on the page but `element`.
 *
 * @param {HTMLElement} element
 * @returns {() => void} Undoes it.
 */
export function setAside(element) {
  const others = surroundingsOf(element).filter((other) => !other.inert);
  for (const other of others) other.inert = true;
  return () => {
    for (const other of others) other.inert = false;
  };
}

/** @param {HTMLElement} element */
function surroundingsOf(element) {
  /** @type {HTMLElement[]} */
  const others = [];
  /** @type {Element} */
  let inside = element;
  while (inside !== document.body) {
    const parent = inside.parentNode;
    if (!(parent instanceof Element || parent instanceof ShadowRoot)) break;
    for (const child of parent.children) {
      if (child !== inside && child instanceof HTMLElement) others.push(child);
    }
    inside = parent instanceof ShadowRoot ? parent.host : parent; // marimo's
  }
  return others;
}
