// What the pages of the site need: runs that are computed, runs that were recorded,
// predictions that are compared, code that can be scrolled, and a hint where the notebooks
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
  const card = cards.find((each) => each.textContent.includes(question.trim()));
  const measured = card?.textContent.match(/Measured: "?(.+?)"?\.\s/)?.[1] ?? "";
  const said = make("p");
  card?.before(said);
  field.oninput = ({ target }) => {
    const input = /** @type {HTMLInputElement} */ (target);
    const [label] = input.labels ?? [];
    const isChoice = input.type === "radio";
    const predicted = isChoice ? label.textContent.trim() : input.value;
    const isNear = Math.abs(+predicted - +measured) <= +measured / 10;
    const isRight = isChoice ? predicted === measured : isNear;
    const verdict = isRight ? "right" : "something else was measured";
    said.textContent = `You predicted ${predicted}: ${verdict}.`;
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
