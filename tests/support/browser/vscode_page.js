// Runs a cell and shows its outputs as VS Code does; vscode_page.py sends it to a frame.

const WIDGET = "application/vnd.jupyter.widget-view+json";

/** @param {string} source */
function urlOf(source) {
  return URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
}

/**
 * In a new kernel of the JupyterLab around the frame.
 *
 * @param {HTMLElement} body
 * @param {Record<"requirejs" | "bundle" | "anywidget" | "code", string>} sources The
 * bundle is VS Code's, and anywidget its part for pages that are not JupyterLab's.
 */
export async function runCell(body, { requirejs, bundle, anywidget, code }) {
  const page = /** @type {any} */ (window);
  page.eval(requirejs);
  const { activate } = await import(urlOf(bundle));
  activate();
  page.vscIPyWidgets8.load();
  page.require.config({ paths: { anywidget: urlOf(anywidget) } });
  const loader = {
    widgetsRegisteredInRequireJs: new Set(["anywidget"]),
    loadWidgetScript: () => Promise.resolve(),
  };
  const { kernels } = page.parent.jupyterapp.serviceManager;
  const kernel = await kernels.startNew({ name: "python3" });
  const { WidgetManager } = page.vscIPyWidgets;
  const manager = new WidgetManager(kernel, body, loader, () => {});

  /** In the order in which VS Code prefers its forms. @param {any} data */
  async function show(data) {
    const node = body.appendChild(document.createElement("div"));
    if (!data[WIDGET]) {
      node.innerHTML = data["text/html"];
      return;
    }
    node.className = "cell-output-ipywidget-background";
    const model = await manager.get_model(data[WIDGET].model_id);
    await manager.display_view(null, await manager.create_view(model), { node });
  }

  const future = kernel.requestExecute({ code });
  future.onIOPub = (/** @type {any} */ { header, content }) => {
    if (header.msg_type === "display_data") return show(content.data);
    return undefined;
  };
  await future.done;
}
