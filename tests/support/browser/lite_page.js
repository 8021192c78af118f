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

/** Whether every cell has run, or one has failed, and the kernel has nothing to do. */
export function hasEnded() {
  const cells = codeCells();
  const isError = (/** @type {any} */ output) => output.output_type === "error";
  const failed = cells.some((cell) => cell.getOutputs().some(isError));
  const done = cells.every((cell) => cell.execution_count !== null);
  return (failed || done) && panel().sessionContext.session.kernel.status === "idle";
}

/** Of each code cell whether it has ended, and its outputs. */
export function cells() {
  return codeCells().map((cell) => [cell.execution_count !== null, cell.getOutputs()]);
}

/** Run code in the notebook's kernel, without a cell. @param {string} code */
export async function run(code) {
  /** @type {any[]} */
  const outputs = [];
  const { kernel } = panel().sessionContext.session;
  const future = kernel.requestExecute({ code, store_history: false });
  future.onIOPub = (/** @type {any} */ { header, content }) => {
    outputs.push({ output_type: header.msg_type, ...content });
  };
  const { content } = await future.done;
  return [content.status, outputs];
}

/** Run code before every cell, as soon as there is a kernel. @param {string} code */
export function runFirst(code) {
  panel().sessionContext.ready.then(() => run(code));
}
