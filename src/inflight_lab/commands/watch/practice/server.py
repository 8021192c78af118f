"""Practice: a server that answers in place of every API, and what keeps it in.

The server has a process of its own, so that the script finds its threads, its loop and
its processor time as they are without it.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, request_response
from starlette.types import Receive, Scope, Send

from inflight_lab.commands.watch.noting.quota import Quota
from inflight_lab.lesson.runs.urls import is_loopback
from inflight_lab.lesson.server.practice_server import PracticeServer

LATENCY = 0.1
"""Seconds that the practice server takes to answer."""
MARK = {"practice_answer": "made up by inflight-lab watch --practice"}
"""Stands in each answer that is a JSON object, so in `response.json` as well."""
ANSWERS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("answers.json").read_text(encoding="utf-8")
)
"""What clients of language models get, by how the path ends; chats are the practice
server's own."""


def start_server(quota: Quota) -> int:
    """Start the server, which ends with this process.  Returns its port."""
    server = subprocess.Popen(
        [sys.executable, "-m", __name__, str(quota.rate), str(quota.period)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the script
    )
    assert server.stdout
    return int(server.stdout.readline())


def stay_inside() -> None:
    """From now on no socket of this process reaches another machine."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    sys.addaudithook(refuse_other_machines)


def refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook.  Raises ``ConnectionRefusedError``, as a firewall would."""
    host = None
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a Unix socket
    if isinstance(host, bytes):
        host = host.decode()
    if host and not is_loopback(host):
        raise ConnectionRefusedError(f"--practice: nothing is sent to {host}")


class AnyApi(PracticeServer):
    """Answers on every path, and says in each answer that it is practice."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve; a client that hangs up while it sends its body needs no answer."""
        with suppress(ClientDisconnect):
            await super().__call__(scope, receive, send)

    def routes(self) -> list[BaseRoute]:
        """What clients of language models ask for, and echoes."""
        chats = ("/chat/completions", "/{any:path}/chat/completions")
        made_up = [f"/{{any:path}}{path}" for path in ANSWERS]
        return [
            *(Route(path, self.chat, methods=["POST"]) for path in chats),
            *(Route(path, self.make_up, methods=["POST"]) for path in made_up),
            Mount("/", request_response(self.get)),
        ]

    async def make_up(self, request: Request) -> Response:
        """Answer as the API that has this path: its client would not take an echo."""
        asked = json.loads(await request.body() or b"{}")
        _, _, kind = request.url.path.rpartition("/")
        model = {"model": asked.get("model", "")}
        return await self._serve(request, JSONResponse(model | ANSWERS[f"/{kind}"]))

    async def _serve(
        self, request: Request, answer: Response, *, tokens: int = 0
    ) -> Response:
        response = await super()._serve(request, answer, tokens=tokens)
        if isinstance(response, JSONResponse):
            content = json.loads(bytes(response.body))
            response.body = response.render(MARK | content)
            response.headers["Content-Length"] = str(len(response.body))
        return response


def main() -> None:
    """Serve until nobody is there any more, and say on which port."""
    rate = int(sys.argv[1])
    period = float(sys.argv[2])
    server = AnyApi(latency=LATENCY, quota="sliding-window", rate=rate, period=period)
    with server:
        print(server.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
