// What the pages of the site need: runs that are computed, runs that were recorded,
// predictions that are repeated, code that can be scrolled, and a hint where the notebooks
// cannot be opened.

import { defineRecordedRuns } from "../plot/page/recorded_runs.js";
import { make } from "../stage/dom.js";
import { defineToy } from "../stage/toy.js";

defineToy();
defineRecordedRuns(true);

// Above the answer to a prediction stands what was predicted.
const cards = [...document.querySelectorAll(".ifl-verdict")];
for (const field of document.querySelectorAll("fieldset")) {
  const question = field.querySelector("legend")?.lastChild?.textContent ?? "";
  const answer = cards.find((card) => card.textContent.includes(question.trim()));
  const said = make("p");
  field.oninput = ({ target }) => {
    const { type, labels, value } = /** @type {HTMLInputElement} */ (target);
    const predicted = type === "radio" ? labels?.[0].textContent.trim() : value;
    said.textContent = `You predicted: ${predicted}.`;
    answer?.before(said);
  };
}

// Code that is wider than the screen can be scrolled by keyboard too.
const reach = new ResizeObserver((blocks) => {
  for (const { target } of blocks) {
    const isCutOff = target.scrollWidth > target.clientWidth;
    /** @type {HTMLElement} */ (target).tabIndex = isCutOff ? 0 : -1;
  }
});
document.querySelectorAll(".highlight pre").forEach((block) => reach.observe(block));

const live = document.querySelector('a[href^="live/"]');
if (location.protocol === "file:" && live) {
  const hint = make("p");
  hint.append(
    "This page was opened as a file, and JupyterLab needs a web server: run ",
    make("code", { textContent: "python3 -m http.server" }),
    " in the folder of this page, then open http://localhost:8000/.",
  );
  live.closest("p")?.after(hint);
}
