// What the tests ask of a page of the browser build.  tests/support/browser/lite.py sends it
// there.

/** The notebook that the page shows, with its kernel: JupyterLab's own objects. */
function panel() {
  const { jupyterapp } = /** @type {any} */ (window);
  return jupyterapp?.shell.currentWidget;
}

/** The code cells of the notebook. @returns {any[]} */
function codeCells() {
  const { cells } = panel().content.model.sharedModel;
  return cells.filter((/** @type {any} */ cell) => cell.cell_type === "code");
}

/** Whether the notebook is there; its kernel may come later. */
export function isShown() {
  return panel()?.content?.widgets?.length > 1;
}

/** Whether the notebook is there, and its kernel waits for something to do. */
export function isReady() {
  return isShown() && panel().sessionContext?.session?.kernel?.status === "idle";
}

/** Whether every cell has run, or one has failed, and the kernel has nothing to do. */
export function hasEnded() {
  const cells = codeCells();
  const isError = (/** @type {any} */ output) => output.output_type === "error";
  const failed = cells.some((cell) => cell.getOutputs().some(isError));
  const done = cells.every((cell) => cell.execution_count !== null);
  return (failed || done) && panel().sessionContext.session.kernel.status === "idle";
}

/** A text that a notebook holds in one piece or by lines. @param {any} value */
function text(value) {
  return Array.isArray(value) ? value.join("") : value ?? "";
}

/**
 * The text of a card that says as plain text what it shows; empty for others.
 *
 * @param {any} data
 */
function verdict(data) {
  const isVerdict = text(data["text/html"]).includes('class="ifl-verdict"');
  return isVerdict ? `${text(data["text/plain"])}\n` : "";
}

/** What a cell shows. @param {any} cell */
function shownBy(cell) {
  const status = cell.execution_count === null ? "not finished" : "ok";
  const shown = {
    status,
    text: "",
    error: "",
  };
  for (const output of cell.getOutputs()) {
    if (output.output_type === "stream") shown.text += text(output.text);
    if (output.output_type === "execute_result") {
      shown.text += text(output.data["text/plain"]);
    }
    if (output.output_type === "display_data") shown.text += verdict(output.data);
    if (output.output_type === "error") {
      shown.status = "error";
      shown.error = `${output.ename}: ${output.evalue}`;
    }
  }
  return shown;
}

/** What each code cell shows. */
export function cells() {
  return codeCells().map(shownBy);
}

/** Run code in the notebook's kernel, without a cell. @param {string} code */
export async function run(code) {
  const ran = { status: "", text: "", error: "" };
  const { kernel } = panel().sessionContext.session;
  const future = kernel.requestExecute({ code, store_history: false });
  future.onIOPub = (/** @type {any} */ { header, content }) => {
    if (header.msg_type === "stream") ran.text += content.text;
    if (header.msg_type === "display_data") ran.text += verdict(content.data);
    if (header.msg_type === "error") ran.error = `${content.ename}: ${content.evalue}`;
  };
  ran.status = (await future.done).content.status;
  return ran;
}

/** Run code before every cell, as soon as there is a kernel. @param {string} code */
export function runFirst(code) {
  panel().sessionContext.ready.then(() => run(code));
}
