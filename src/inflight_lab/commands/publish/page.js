// What the pages of the site need: runs that are computed, runs that were recorded,
// predictions that are repeated, code that can be scrolled, and a hint where the
// notebooks cannot be opened.

import { defineRecordedRuns } from "../../lesson/plot/page/recorded_runs.js";
import { make } from "../../lesson/stage/dom.js";
import { defineToy } from "../../lesson/stage/toy.js";

defineToy();
defineRecordedRuns(true);

// With the answer to a prediction stands what was predicted: above the card that
// compares it, or on top of the next answer that is folded away.
const cards = [...document.querySelectorAll(".ifl-verdict")];
const folds = [...document.querySelectorAll("summary")].filter(({ textContent }) =>
  textContent.startsWith("Answer")
);
for (const field of document.querySelectorAll("fieldset:not(.tries *)")) {
  const question = field.querySelector("legend")?.lastChild?.textContent ?? "";
  const card = cards.find(({ textContent }) => textContent.includes(question.trim()));
  const isBelow = Node.DOCUMENT_POSITION_FOLLOWING;
  const fold = folds.find((each) => field.compareDocumentPosition(each) & isBelow);
  const said = make("p");
  /** @type {HTMLElement} */ (field).oninput = () => {
    const predicted = [...field.querySelectorAll("input")].map(answerIn).filter(
      Boolean,
    );
    said.textContent = `You predicted: ${predicted.join(", ")}.`;
    said.hidden = predicted.length === 0;
    card ? card.before(said) : fold?.after(said);
  };
}

/** @param {HTMLInputElement} input */
function answerIn({ type, checked, labels, value }) {
  const label = labels?.[0].textContent.trim() ?? "";
  if (type === "radio") return checked ? label : "";
  return value && `${label} ${value}`.replace("your number: ", "");
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
