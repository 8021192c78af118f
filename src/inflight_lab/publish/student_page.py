"""The panel alone, large and without code, as a page: ``inflight-lab student-page``.

Voilà serves it on http://localhost:8866; ``--Voila.ip=0.0.0.0`` opens it to the other
computers of the room, and every other option of Voilà works too.  ``--pages=60`` allows
more than 40 pages at once, and ``--name=panel.school.example`` one more name, as behind
a proxy.

Each page that is opened has a kernel and a practice server of its own, about 90 MB,
which end when it is closed.  So only a person at a browser may get one.  Three things
see to that:

- A ``Host`` that is a name must be a name of this computer: else a page on the web
  could point a name of its own here, and count as this page (DNS rebinding).  Any
  address is allowed, because an address cannot be pointed elsewhere.
- A request that the browser marks as another site's is refused: see
  `inflight_lab.server.foreign_pages`.  But browsers mark requests only to secure
  addresses and to loopback, not to http://192.168.1.5:8866/.
- A kernel starts only for a browser with the cookie that the page itself has set.
  Browsers do not send it with requests that another site has caused
  (``SameSite=Strict``: RFC 6265bis, section 5.2), and programs that preview links have
  none.
"""

import socket
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from inflight_lab.server.foreign_pages import comes_from_a_foreign_page

try:
    from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
    from tornado.httputil import HTTPServerRequest
    from tornado.netutil import is_valid_ip
    from tornado.routing import Matcher
    from tornado.web import RequestHandler
    from traitlets import Integer, List, Unicode
    from traitlets.config import Config
    from voila.app import Voila
    from voila.tornado.handler import TornadoVoilaHandler
except ImportError as error:
    raise ModuleNotFoundError(
        'Voilà is missing: pip install "inflight-lab[voila]", or in a clone of the '
        "repository uv run --extra voila inflight-lab student-page"
    ) from error

ABOUT = (__doc__ or "").partition("\n\nEach")[0]
# Voilà's template would load icons from elsewhere.  The browser may ask only this
# server, and show the page in no frame of another site.
ONLY_THIS_SERVER = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:;"
    " connect-src 'self' ws: wss: data: blob:;"
    " frame-ancestors 'self'"
)
IDLE_SECONDS = 60
"""Seconds after which a kernel ends whose page is gone without having said so."""
COOKIE = "inflight-lab-page"
WELCOME = f"""<!doctype html>
<p>Opening ... This page needs JavaScript, and a cookie of its own.</p>
<script>
document.cookie = "{COOKIE}=1; path=/; SameSite=Strict";
if (document.cookie.includes("{COOKIE}=1")) location.reload();
</script>
"""
FULL = """As many pages are open as this computer allows at once: {}.

This one opens when another is closed. It tries again every ten seconds.
"""


class TooManyPagesError(Exception):
    """As many kernels are running as are allowed."""


class FewKernels(AsyncMappingKernelManager):
    """Starts no more kernels than its server allows pages."""

    _starting = 0

    async def start_kernel(self, **options: Any) -> Any:  # type: ignore[override]
        """One more kernel; raises `TooManyPagesError`."""
        allowed = self.parent.pages  # type: ignore[union-attr]
        if len(self) + self._starting >= allowed:
            raise TooManyPagesError(allowed)
        self._starting += 1
        try:
            return await super().start_kernel(**options)
        finally:
            self._starting -= 1


class Page(TornadoVoilaHandler):  # type: ignore[misc]
    """The page for browsers that have the cookie.

    Others get a page that sets it and loads again.
    """

    async def get(self, path: str | None = None) -> None:
        """The panel, or the reason why there is none."""
        if not self.get_cookie(COOKIE):
            self.set_header("Cache-Control", "no-store")
            self.finish(WELCOME)
            return
        try:
            await super().get(path)
        except TooManyPagesError as allowed:
            self.set_header("Refresh", "10")
            say(self, 503, FULL.format(allowed))


class Foreign(Matcher):
    """Matches the requests to be refused, whatever they are for, and says why."""

    def __init__(self, *names: str) -> None:
        self.names = {name.lower() for name in names}

    def match(self, request: HTTPServerRequest) -> dict[str, Any] | None:
        """The text for `Refused`, if it is to be refused."""
        reason = self._reason_against(request)
        return {"path_args": [reason.encode()]} if reason else None

    def _reason_against(self, request: HTTPServerRequest) -> str | None:
        host = request.host_name.strip("[]")
        if host not in self.names and not is_valid_ip(host):
            return (
                f"This page is not served at {host!r}."
                f" Its owner can add --name={host}\n"
            )

        def is_own(origin: str) -> bool:
            return urlsplit(origin).netloc == request.host

        if comes_from_a_foreign_page(request.headers, is_own):
            return "This page does not answer requests from other websites.\n"
        return None


class Refused(RequestHandler):
    """403, whatever was asked for."""

    def prepare(self) -> None:
        """Say why."""
        say(self, 403, self.path_args[0])


def say(handler: RequestHandler, status: int, text: str) -> None:
    """Answer with ``text`` alone."""
    handler.set_status(status)
    handler.set_header("Content-Type", "text/plain; charset=utf-8")
    handler.finish(text)


class StudentServer(Voila):  # type: ignore[misc]
    """Voilà, which refuses what `Foreign` matches."""

    description = ABOUT
    examples = ""
    pages = Integer(
        40,
        min=1,
        help="How many pages may be open at once, each with a kernel.",
        config=True,
    )
    names = List(
        Unicode(), help="More names under which the page may be opened.", config=True
    )
    aliases: ClassVar = Voila.aliases | {
        "pages": "StudentServer.pages",
        "name": "StudentServer.names",
    }

    def init_handlers(self) -> list[Any]:
        """Voilà's own after those that refuse; its last one serves the page."""
        *others, (pattern, _, options) = super().init_handlers()
        host = socket.gethostname()
        bare, _, _ = host.partition(".")
        own_names = ["localhost", host, bare, f"{bare}.local", self.ip]
        foreign = Foreign(*own_names, *self.names)
        return [(foreign, Refused), *others, (pattern, Page, options)]


def configuration() -> Config:
    """Voilà's settings for this page; the command line may change them."""
    config = Config()
    config.Voila.tornado_settings = {
        "headers": {"Content-Security-Policy": ONLY_THIS_SERVER},
        # Voilà's page asks for the end of its kernel when it is closed, but forgets the
        # token for that. Without the token only the kernel's id, which no other page
        # knows, is needed to end it.
        "disable_check_xsrf": True,
    }
    voila = config.VoilaConfiguration
    # A Python file is served as a notebook of one cell, for this Python.
    voila.extension_language_mapping = {".py": "python"}
    voila.language_kernel_mapping = {"python": "python3"}
    voila.resources = {"metadata": {"name": "inflight-lab"}}  # the page's title
    voila.extension_denylist = ["@jupyter-notebook/lab-extension"]  # cannot run here
    voila.multi_kernel_manager_class = FewKernels
    config.MappingKernelManager.cull_idle_timeout = IDLE_SECONDS
    config.MappingKernelManager.cull_interval = IDLE_SECONDS // 6
    return config


def main(argv: list[str]) -> None:
    """Serve the page until Ctrl+C."""
    cell = Path(__file__).with_name("students_cell.py")
    StudentServer.launch_instance([str(cell), *argv], config=configuration())
