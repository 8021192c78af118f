"""Practice: a server that answers in place of every API, and what keeps it in.

The server has a process of its own, so that the script finds its threads, its loop and
its processor time as they are without it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, request_response
from starlette.types import Message, Receive, Scope, Send

from inflight_lab.observation.hosts import is_loopback
from inflight_lab.server import PracticeServer
from inflight_lab.watch.quota import Quota

LATENCY = 0.1
"""Seconds that the practice server takes to answer."""
MARK = {"practice_answer": "made up by inflight-lab watch --practice"}
"""Stands in each answer that is a JSON object, so in `response.json` as well."""
HEADER = (b"x-practice-answer", b"inflight-lab")
"""Is sent with every answer."""
TO_RECIPES = "INFLIGHT_LAB_PRACTICE"
"""The variable by which our recipes keep practice answers in a file of their own."""


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


def stay_inside(port: int) -> None:
    """From now on no socket of this process reaches another machine."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ[TO_RECIPES] = str(port)
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

    def routes(self) -> list[BaseRoute]:
        """Chats, what else clients of language models ask for, and echoes."""
        chats = "/{any:path}/chat/completions"
        made_up = [
            Route(path, partial(self._answer, make), methods=["POST"])
            for path, make in MADE_UP.items()
        ]
        return [
            Route("/chat/completions", self.chat, methods=["POST"]),
            Route(chats, self.chat, methods=["POST"]),
            *made_up,
            Mount("/", request_response(self.get)),
        ]

    async def _answer(self, make: "Make", request: Request) -> Response:
        asked = json.loads(await request.body() or b"{}")
        return await self._serve(request, JSONResponse(make(asked)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection."""
        await super().__call__(scope, receive, _Marked(send))


class _Marked:
    """Passes an answer on, with the mark of practice."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._head: Message = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._head = message
            return
        body = _marked(message.get("body", b""))
        if self._head:
            headers = [
                (name, str(len(body)).encode() if name == b"content-length" else value)
                for name, value in self._head["headers"]
            ]
            await self._send({**self._head, "headers": [*headers, HEADER]})
            self._head = {}
        await self._send({**message, "body": body})


def _marked(body: bytes) -> bytes:
    try:
        content = json.loads(body)
    except ValueError:
        return body  # a stream
    if not isinstance(content, dict):
        return body
    return json.dumps(MARK | content).encode()


# What openai's client asks for besides chats, and anthropic's: an echo would end the
# script


Make = Callable[[dict[str, Any]], dict[str, Any]]


def embeddings(asked: dict[str, Any]) -> dict[str, Any]:
    """An embedding of zeros for each input."""
    given = asked.get("input", "")
    inputs = given if isinstance(given, list) else [given]
    vector = [0.0] * int(asked.get("dimensions") or 1536)
    in_base64 = "A" * (len(vector) * 16 // 3)  # four bytes a number, all of them 0
    encoded = in_base64 if asked.get("encoding_format") == "base64" else vector
    data = [
        {"object": "embedding", "index": number, "embedding": encoded}
        for number in range(len(inputs))
    ]
    usage = {"prompt_tokens": len(data), "total_tokens": len(data)}
    model = asked.get("model", "")
    return {"object": "list", "data": data, "model": model, "usage": usage}


def response(asked: dict[str, Any]) -> dict[str, Any]:
    """A response of three words, at once."""
    text = {"type": "output_text", "text": "1 2 3", "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "content": [text]}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 0,
        "status": "completed",
        "model": asked.get("model", ""),
        "output": [message | {"status": "completed"}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }


def message(asked: dict[str, Any]) -> dict[str, Any]:
    """A message of three words, at once."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": asked.get("model", ""),
        "content": [{"type": "text", "text": "1 2 3"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 3},
    }


MADE_UP: dict[str, Make] = {
    "/{any:path}/embeddings": embeddings,
    "/{any:path}/responses": response,
    "/{any:path}/messages": message,
}
"""By path: what makes the answer."""


def main() -> None:
    """Serve until nobody is there any more, and say on which port."""
    rate, period = int(sys.argv[1]), float(sys.argv[2])
    server = AnyApi(latency=LATENCY, quota="sliding-window", rate=rate, period=period)
    with server:
        print(server.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
