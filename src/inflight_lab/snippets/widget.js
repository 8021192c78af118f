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

const MAX_ROWS = 33;

/**
 * The part of anywidget's model that is needed.
 *
 * @typedef {object} Model
 * @property {(name: "code" | "error") => string} get
 * @property {(event: string, listener: () => void) => void} on
 * @property {(event: string, listener: () => void) => void} off
 * @property {(message: object) => void} send
 *
 * @typedef {Record<string, { value: string, checked?: boolean }>} Fields By name.
 */

/**
 * What `snippet` takes, from the form's fields.
 *
 * @param {Fields} fields
 */
export function choicesOf(fields) {
  return {
    quotas: quotasOf(fields),
    tokens: numberIn(fields.tokens),
    limit: numberIn(fields.limit),
    save: fields.results.value === "save" ? "results.jsonl" : null,
    as_completed: fields.results.value === "as_completed",
    notebook: fields.form.value === "notebook",
    retries: fields.retries.checked,
    progress: fields.progress.checked,
    per_host: fields.per_host.checked,
  };
}

/**
 * Requests and the seconds in which they are allowed; a quota without a number is none.
 *
 * @param {Fields} fields
 */
function quotasOf(fields) {
  const quotas = [
    [numberIn(fields.count), numberIn(fields.seconds)],
    [numberIn(fields.count_too), numberIn(fields.seconds_too)],
  ];
  return quotas.filter(([count]) => count !== null);
}

/** @param {{ value: string }} field */
const numberIn = ({ value }) => value === "" ? null : Number(value);

/**
 * Copy what `area` shows; returns what to say about it.
 *
 * Where a page may not copy, the text is at least selected.
 *
 * @param {HTMLTextAreaElement} area
 */
async function copy(area) {
  try {
    await navigator.clipboard.writeText(area.value);
    return "Copied.";
  } catch {
    area.focus();
    area.select();
    // The old way works in some frames where the new one may not.
    if (document.execCommand("copy")) return "Copied.";
    return "This page may not copy. The code is selected: press Ctrl+C, on a Mac ⌘C.";
  }
}

/**
 * Call `listener` now and whenever the model changes; returns what ends that.
 *
 * @param {Model} model
 * @param {() => void} listener
 */
function follow(model, listener) {
  const changes = ["change:code", "change:error"];
  for (const change of changes) model.on(change, listener);
  listener();
  return () => {
    for (const change of changes) model.off(change, listener);
  };
}

/**
 * The one element of `form` that fits `selector`.
 *
 * @param {HTMLFormElement} form
 * @param {string} selector
 * @returns {any}
 */
const within = (form, selector) => form.querySelector(selector);

/**
 * Send each choice, and keep all keys from the notebook, which they would edit.
 *
 * @param {HTMLFormElement} form
 * @param {Model} model
 */
function listen(form, model) {
  /** @type {any} */
  const fields = form.elements;
  form.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLTextAreaElement)) model.send(choicesOf(fields));
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("keydown", (event) => event.stopPropagation());
}

/** @param {{ model: Model, el: HTMLElement }} place */
function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "ifl-snippets";
  form.innerHTML = FORM;
  const area = within(form, "textarea");
  const status = within(form, "[role=status]");

  function show() {
    const code = model.get("code");
    const error = model.get("error");
    const lines = code.split("\n").length - 1;
    area.value = code;
    area.rows = Math.min(lines + 1, MAX_ROWS);
    status.textContent = error || `${lines} lines`;
    form.classList.toggle("ifl-wrong", error !== "");
  }

  listen(form, model);
  within(form, "button").addEventListener("click", async () => {
    status.textContent = await copy(area);
  });
  const unfollow = follow(model, show);
  el.append(form);
  return unfollow;
}

export default { render };
