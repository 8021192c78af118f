// What the pages of the site need: runs that are computed, runs that were recorded, and
// a hint where the notebooks cannot be opened.

import { defineRecordedRuns } from "../plot/page/recorded_runs.js";
import { make } from "../stage/dom.js";
import { defineToy } from "../stage/toy.js";

defineToy();
defineRecordedRuns(true);

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
