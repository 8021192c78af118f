// Which strips the page around a plot asks for.

/**
 * The name of the only strip to show, or null for all.  A panel shows one below the flow; a
 * plot of its own shows all.
 *
 * @param {import("../dom.js").Model} model
 * @returns {string | null}
 */
export function chosenStrip(model) {
  const page = model.get?.("_page");
  if (!page || model.get("view") === "lines") return null;
  return page.strip ?? "in flight";
}
