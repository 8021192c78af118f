// @ts-nocheck: without types so far.
// Choices, the code that the kernel makes of them, and a button that copies it.

const FORM = `
  <div class="ifl-choices">
    <label>Pace <input type="number" name="count" min="1" value="100" placeholder="none"> requests
      in <input type="number" name="seconds" min="0" step="any" value="1"> s</label>
    <label>and <input type="number" name="count_too" min="1" placeholder="none"> requests
      in <input type="number" name="seconds_too" min="0" step="any" value="60"> s</label>
    <label>and <input type="number" name="tokens" min="1" placeholder="no"> tokens in the first time</label>
    <label>At most <input type="number" name="limit" min="1" value="50" placeholder="none"> in flight</label>
    <label>Results <select name="results">
      <option value="save">to a file</option>
      <option value="order">in the order of the ids</option>
      <option value="as_completed">as they come</option>
    </select></label>
    <label>For <select name="form">
      <option value="script">a script</option>
      <option value="notebook">a notebook's cell</option>
    </select></label>
    <label><input type="checkbox" name="retries" checked> retries</label>
    <label><input type="checkbox" name="progress" checked> progress</label>
    <label><input type="checkbox" name="per_host"> one limit per host</label>
  </div>
  <div><button type="button">Copy</button> <span role="status"></span></div>
  <textarea readonly wrap="off" spellcheck="false" aria-label="The code"></textarea>`;

/** What `snippet` takes, from the form's fields. */
function choicesOf(fields) {
  const number = (
    name,
  ) => (fields[name].value === "" ? null : Number(fields[name].value));
  const quotas = ["", "_too"].map((
    end,
  ) => [number("count" + end), number("seconds" + end)]);
  return {
    quotas: quotas.filter(([count]) => count !== null),
    tokens: number("tokens"),
    limit: number("limit"),
    save: fields.results.value === "save" ? "results.jsonl" : null,
    as_completed: fields.results.value === "as_completed",
    notebook: fields.form.value === "notebook",
    ...Object.fromEntries(
      ["retries", "progress", "per_host"].map((name) => [name, fields[name].checked]),
    ),
  };
}

/** Copy what `area` shows.  Where a page may not, the text is at least selected, and the answer says so. */
async function copy(area) {
  try {
    await navigator.clipboard.writeText(area.value);
    return "Copied.";
  } catch {
    area.focus();
    area.select();
    const copied = document.execCommand("copy"); // the old way works in some frames where the new one may not
    return copied
      ? "Copied."
      : "This page may not copy. The code is selected: press Ctrl+C, on a Mac ⌘C.";
  }
}

export default {
  render({ model, el }) {
    const form = document.createElement("form");
    form.className = "ifl-snippets";
    form.innerHTML = FORM;
    const area = form.querySelector("textarea");
    const status = form.querySelector("[role=status]");

    const show = () => {
      area.value = model.get("code");
      const lines = area.value.split("\n").length - 1;
      area.rows = Math.min(lines, 32) + 1;
      status.textContent = model.get("error") || `${lines} lines`;
      form.classList.toggle("ifl-wrong", model.get("error") !== "");
    };
    form.addEventListener(
      "input",
      (event) => event.target !== area && model.send(choicesOf(form.elements)),
    );
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => event.stopPropagation()); // else it would edit the notebook
    form.querySelector("button").addEventListener(
      "click",
      async () => (status.textContent = await copy(area)),
    );
    const changes = ["change:code", "change:error"];
    changes.forEach((name) => model.on(name, show));
    show();
    el.append(form);
    return () => changes.forEach((name) => model.off(name, show));
  },
};
