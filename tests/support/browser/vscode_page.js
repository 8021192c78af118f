// Runs a cell in a new kernel and shows its outputs as VS Code does.  vscode_page.py
// sends it to a page that has loaded VS Code's bundle for widgets.

const WIDGET = "application/vnd.jupyter.widget-view+json";

/** VS Code's manager of widgets, for a kernel. @param {any} kernel */
async function widgetManager(kernel) {
  const page = /** @type {any} */ (window);
  const { activate } = await import(document.baseURI + "ipywidgets.js");
  activate();
  page.vscIPyWidgets8.load();
  page.require.config({ paths: { anywidget: document.baseURI + "anywidget" } });
  const loader = {
    widgetsRegisteredInRequireJs: new Set(["anywidget"]),
    loadWidgetScript: () => Promise.resolve(),
  };
  const outputs = document.querySelector("#outputs");
  return new page.vscIPyWidgets.WidgetManager(kernel, outputs, loader, () => {});
}

/** A new kernel of the page's Jupyter server. */
async function newKernel() {
  const page = /** @type {any} */ (window);
  const services = await new Promise((found) =>
    page.require(["@jupyterlab/services"], found)
  );
  const serverSettings = services.ServerConnection.makeSettings({
    baseUrl: new URL("..", document.baseURI).href,
  });
  const manager = new services.KernelManager({ serverSettings });
  return manager.startNew({ name: "python3" });
}

/**
 * Show an output, in the order in which VS Code prefers its forms.
 * @param {any} manager @param {any} data by MIME type @param {HTMLElement} node
 */
async function show(manager, data, node) {
  const widget = data[WIDGET];
  if (!widget) {
    node.innerHTML = data["text/html"] ?? data["image/svg+xml"] ?? "";
    return;
  }
  node.className = "cell-output-ipywidget-background";
  const view = await manager.create_view(await manager.get_model(widget.model_id));
  await manager.display_view(null, view, { node });
}

/**
 * Run the code; an output that is updated later changes in place.
 *
 * @param {string} code
 */
export async function runCell(code) {
  const kernel = await newKernel();
  const manager = await widgetManager(kernel);
  const outputs = /** @type {HTMLElement} */ (document.querySelector("#outputs"));
  /** @type {Record<string, HTMLElement>} */
  const shown = {};
  const future = kernel.requestExecute({ code });
  future.onIOPub = (/** @type {any} */ { header, content }) => {
    if (header.msg_type === "error") {
      throw new Error(`${content.ename}: ${content.evalue}`);
    }
    if (header.msg_type !== "display_data") return undefined;
    const node = outputs.appendChild(document.createElement("div"));
    shown[content.transient?.display_id] = node;
    return show(manager, content.data, node);
  };
  kernel.iopubMessage.connect((/** @type {any} */ _, /** @type {any} */ message) => {
    const { header, content } = message;
    const node = shown[content.transient?.display_id];
    if (header.msg_type === "update_display_data" && node) {
      show(manager, content.data, node);
    }
  });
  /** @type {any} */ (window).endKernel = () => kernel.shutdown();
  await future.done;
}
