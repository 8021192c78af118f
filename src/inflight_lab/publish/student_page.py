"""The panel alone, large and without code, as a page: ``inflight-lab student-page``.

Voilà serves it on http://localhost:8866; ``--Voila.ip=0.0.0.0`` opens it to the other computers of the
room, and every other option of Voilà works too.  Each page that is opened has a kernel and a practice
server of its own, about 90 MB, which end when it is closed.  Needs the extra ``voila``.

``--pages=60`` allows more than 40 pages at once.  The page is served by this computer's addresses and host
name; ``--name=panel.school.example`` allows one more name, as behind a proxy.
"""

from pathlib import Path

NOTEBOOK = Path(__file__).with_name("student_page.ipynb")

# Voilà's template would load icons from elsewhere.  The browser may ask only this server, and show the page
# in no frame of another site.
ONLY_THIS_SERVER = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; connect-src 'self' ws: wss: data: blob:; "
    "frame-ancestors 'self'"
)
UNWANTED = ["@jupyter-notebook/lab-extension"]
"""Notebook 7's own extension cannot run in Voilà, and would say so on the browser's console."""
FORGOTTEN = 60
"""Seconds after which a kernel ends whose page is gone without having said so."""


def main(argv: list[str]) -> None:
    """Serve the page until Ctrl+C."""
    try:
        from traitlets.config import Config

        from inflight_lab.publish.student_server import FewKernels, StudentServer
    except ImportError as error:
        raise SystemExit('Voilà is missing: pip install "inflight-lab[voila]"') from error
    usual = Config()
    usual.Voila.tornado_settings = {
        "headers": {"Content-Security-Policy": ONLY_THIS_SERVER},
        # Voilà's page asks for the end of its kernel when it is closed, but forgets the token for that.
        # Without the token only the kernel's id, which no other page knows, is needed to end it.
        "disable_check_xsrf": True,
    }
    usual.VoilaConfiguration.extension_denylist = UNWANTED
    usual.VoilaConfiguration.multi_kernel_manager_class = FewKernels
    usual.MappingKernelManager.cull_idle_timeout = FORGOTTEN
    usual.MappingKernelManager.cull_interval = FORGOTTEN // 6
    StudentServer.launch_instance([str(NOTEBOOK), *argv], config=usual)
