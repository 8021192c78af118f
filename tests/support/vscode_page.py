"""The part of VS Code that shows widgets, on a page of a Jupyter server and with a kernel of it.

That part is a bundle of its own, which VS Code's Jupyter extension loads into the frame
of the outputs. It is not JupyterLab's: no ``.jp-`` class around an output, no menu, VS
Code's colours.  The frame itself, and the extension that hands messages on to the
kernel, are left out: here the page asks the kernel itself.
"""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route

from tests.support.lab import Lab
from tests.support.npm import ANYWIDGET, REQUIRE, unpack


class VSCodePage:
    """What VS Code loads, for pages on which a cell runs; its packages go into
    ``folder``.
    """

    def __init__(self, folder: Path) -> None:
        self._files = {
            "require.js": REQUIRE,
            "services.js": unpack("@jupyterlab/services@7", folder)
            / "dist"
            / "dist"
            / "index.js",
            "ipywidgets.js": unpack("@vscode/jupyter-ipywidgets8@1", folder)
            / "dist"
            / "ipywidgets.js",
            "anywidget.js": ANYWIDGET,
        }

    def run(self, page: Page, lab: Lab, code: str) -> None:
        """Run ``code`` as a cell in a new kernel, and show its outputs as a dark VS
        Code does.
        """
        page.route(f"{lab.address}vscode/*", self._answer)
        # A document that the server itself sent, for Chromium lets no other one speak
        # to this machine.
        page.goto(f"{lab.address}static/style/index.css")
        page.set_content(_PAGE)
        page.evaluate(_RUN, code)

    def _answer(self, route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        route.fulfill(path=self._files[name], content_type="text/javascript")


_PAGE = """<!doctype html><title>outputs</title><base href="/vscode/">
<script src="require.js"></script><script src="services.js"></script>
<style>
body { background: #1f1f1f; color: #ccc; }
.cell-output-ipywidget-background { background: white; } /* in every theme */
</style>
<body><div id="outputs"></div>"""
# In the order in which VS Code prefers them.  It shows an SVG as it is, and a later
# update in its place.
_RUN = """
async (code) => {
  const { activate } = await import(document.baseURI + "ipywidgets.js");
  activate();
  window.vscIPyWidgets8.load();
  require.config({ paths: { anywidget: document.baseURI + "anywidget" } });
  const services = await new Promise((found) => require(["@jupyterlab/services"], found));
  const serverSettings = services.ServerConnection.makeSettings({ baseUrl: location.origin });
  const kernel = await new services.KernelManager({ serverSettings }).startNew({ name: "python3" });
  const outputs = document.querySelector("#outputs"), shown = {};
  const loader = { widgetsRegisteredInRequireJs: new Set(["anywidget"]), loadWidgetScript: async () => {} };
  const manager = new window.vscIPyWidgets.WidgetManager(kernel, outputs, loader, () => {});
  async function show(data, node) {
    const widget = data["application/vnd.jupyter.widget-view+json"];
    if (widget) {
      node.className = "cell-output-ipywidget-background";
      const model = await manager.get_model(widget.model_id);
      await manager.display_view(null, await manager.create_view(model), { node });
    } else node.innerHTML = data["text/html"] ?? data["image/svg+xml"] ?? "";
  }
  const future = kernel.requestExecute({ code });
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "error") throw new Error(`${content.ename}: ${content.evalue}`);
    if (header.msg_type !== "display_data") return undefined;
    const node = outputs.appendChild(document.createElement("div"));
    shown[content.transient?.display_id] = node;
    return show(content.data, node);
  };
  kernel.iopubMessage.connect((_, { header, content }) => {
    const node = shown[content.transient?.display_id];
    if (header.msg_type === "update_display_data" && node) show(content.data, node);
  });
  window.endKernel = () => kernel.shutdown();
  await future.done;
}
"""
