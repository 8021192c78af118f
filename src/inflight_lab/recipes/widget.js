// A recipe, its settings, the code that the kernel makes of them, and a Copy button.

const FORM = `
  <fieldset name="choices" class="ifl-choices" hidden>
    <label>Recipe <select name="recipe"></select></label>
    <label>For <select name="form">
      <option value="script">a script</option>
      <option value="notebook">a notebook's cell</option>
    </select></label>
    <label data-for="URL">URL <input name="url" size="36"></label>
    <span data-for="QUOTAS">
      <label>Allowed <input type="number" name="count" min="1"> requests</label>
      <label>in <input type="number" name="seconds" min="0" step="any"> s</label>
    </span>
    <span data-for="QUOTAS">
      <label>and <input type="number" name="count_too" min="1" placeholder="any"> requests</label>
      <label>in <input type="number" name="seconds_too" min="0" step="any" placeholder="60"> s</label>
    </span>
    <label data-for="LIMIT">At most <input type="number" name="limit" min="1"> in flight</label>
    <label data-for="RESULTS">Results in <input name="results" size="16"></label>
  </fieldset>
  <div><button type="button">Copy</button> <span role="status"></span></div>
  <textarea readonly wrap="off" spellcheck="false" aria-label="The code"></textarea>`;

const MAX_ROWS = 30;

/**
 * The part of anywidget's model that is needed.
 *
 * @typedef {object} Model
 * @property {(name: "recipes" | "recipe" | "code") => any} get
 * @property {(event: string, listener: (message: any) => void) => void} on
 * @property {(event: string, listener: (message: any) => void) => void} off
 * @property {(message: object) => void} send
 *
 * @typedef {{ value: string, placeholder: string }} Field
 *
 * @typedef {object} Settings Those that a recipe has.
 * @property {string} [URL]
 * @property {number[][]} [QUOTAS]
 * @property {number} [LIMIT]
 * @property {string} [RESULTS]
 *
 * @typedef {{ about: string, settings: Settings }} Recipe Or a rung.
 */

/**
 * The settings that a person has typed.  A field that is empty leaves the recipe's own.
 *
 * @param {Record<string, Field>} fields
 * @param {Settings} own
 * @returns {Settings}
 */
export function settingsIn(fields, own) {
  /** @type {Settings} */
  const typed = {};
  if (fields.url.value) typed.URL = fields.url.value;
  if (fields.limit.value) typed.LIMIT = Number(fields.limit.value);
  if (fields.results.value) typed.RESULTS = fields.results.value;
  const quotas = quotasIn(fields);
  if (quotas.length > 0) typed.QUOTAS = quotas;
  const theirs = Object.entries(typed).filter(([name]) => name in own);
  return Object.fromEntries(theirs);
}

/**
 * Pairs of requests and seconds; none if all is left as it is.
 *
 * @param {Record<string, Field>} fields
 */
function quotasIn({ count, seconds, count_too, seconds_too }) {
  const isTyped = [count, seconds, count_too].some((field) => field.value);
  if (!isTyped) return [];
  const quotas = [[numberIn(count), numberIn(seconds)]];
  if (count_too.value) quotas.push([numberIn(count_too), numberIn(seconds_too)]);
  return quotas;
}

/** @param {Field} field */
const numberIn = (field) => Number(field.value || field.placeholder);

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
    return "This page can't copy. The code is selected: press Ctrl+C, or ⌘C on a Mac.";
  }
}

/** The form, in one view of the widget. */
class Form {
  /** @param {Model} model */
  constructor(model) {
    this.model = model;
    this.element = document.createElement("form");
    this.element.className = "ifl-snippets";
    this.element.innerHTML = FORM;
    /** @type {any} Each by its name. */
    this.fields = this.element.elements;
    /** @type {any} */
    this.area = this.element.querySelector("textarea");
    /** @type {any} */
    this.status = this.element.querySelector("[role=status]");
    /** @type {Record<string, Recipe>} By name. */
    this.recipes = model.get("recipes");
    this.#offer();
    this.#listen();
    this.#showCode();
  }

  #offer() {
    const { recipe } = this.fields;
    for (const [name, { about }] of Object.entries(this.recipes)) {
      recipe.append(new Option(`${name}: ${about}`, name));
    }
    recipe.value = this.model.get("recipe");
  }

  /** All keys are kept from the notebook, which they would edit. */
  #listen() {
    this.element.addEventListener("input", this.ask);
    this.element.addEventListener("submit", (event) => event.preventDefault());
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
    this.element.querySelector("button")?.addEventListener("click", async () => {
      this.status.textContent = await copy(this.area);
    });
  }

  /** Ask the kernel for the code.  A page without one gets no answer. */
  ask = () => {
    const recipe = this.fields.recipe.value;
    const { settings } = this.recipes[recipe];
    this.#showSettings(settings);
    this.model.send({
      recipe,
      notebook: this.fields.form.value === "notebook",
      settings: settingsIn(this.fields, settings),
    });
  };

  /**
   * Show what is wrong with a setting, or the code if it has changed.
   *
   * @param {{ error: string }} answer
   */
  showAnswer = ({ error }) => {
    const wasWrong = this.element.classList.contains("ifl-wrong");
    this.element.classList.toggle("ifl-wrong", error !== "");
    this.fields.choices.hidden = false;
    if (error) this.status.textContent = error;
    else if (wasWrong || this.area.value !== this.model.get("code")) this.#showCode();
  };

  #showCode() {
    const code = this.model.get("code");
    const lines = code.split("\n").length - 1;
    this.area.value = code;
    this.area.rows = Math.min(lines + 1, MAX_ROWS);
    this.status.textContent = `${lines} lines`;
  }

  /**
   * Show the fields that a recipe has.  Those that are empty show its own values.
   *
   * @param {Settings} own
   */
  #showSettings(own) {
    for (const part of this.element.querySelectorAll("[data-for]")) {
      const name = part.getAttribute("data-for") ?? "";
      part.toggleAttribute("hidden", !(name in own));
    }
    const { url, count, seconds, limit, results } = this.fields;
    const [quota] = own.QUOTAS ?? [[]];
    url.placeholder = own.URL ?? "";
    count.placeholder = quota[0] ?? "";
    seconds.placeholder = quota[1] ?? "";
    limit.placeholder = own.LIMIT ?? "";
    results.placeholder = own.RESULTS ?? "";
  }
}

/** @param {{ model: Model, el: HTMLElement }} place */
function render({ model, el }) {
  const form = new Form(model);
  model.on("msg:custom", form.showAnswer);
  form.ask();
  el.append(form.element);
  return () => model.off("msg:custom", form.showAnswer);
}

export default { render };
