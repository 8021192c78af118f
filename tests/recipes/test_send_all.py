"""The recipe `send_all`: whatever happens on the way, each item counts once."""

from __future__ import annotations

import contextlib
import json
import re
import signal
from asyncio import IncompleteReadError, StreamReader, StreamWriter, start_server
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet
from tests.support.pasting import run, start
from tests.support.waiting import until

pytestmark = pytest.mark.anyio
BEARER = {"Authorization": "Bearer $API_TOKEN"}


class Shop:
    """An API that takes orders, and knows idempotency keys.

    Of every fifth request it does what it says, and hangs up without an answer.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.keys: Counter[str] = Counter()  # how often each came
        self.orders: dict[str, object] = {}  # by key
        self.tokens: set[str] = set()

    async def serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(IncompleteReadError, OSError):
            while await self.answer(reader, writer):
                pass
        writer.close()

    async def answer(self, reader: StreamReader, writer: StreamWriter) -> bool:
        """Take one order; whether the connection may be used again."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(re.findall(r"^([\w-]+): (.*)\r$", head.lower(), flags=re.M))
        body = json.loads(await reader.readexactly(int(fields["content-length"])))
        self.requests += 1
        key = fields["idempotency-key"]
        self.keys[key] += 1
        self.tokens.add(fields["authorization"])
        self.orders.setdefault(key, body)
        if self.requests % 5 == 0:
            return False
        reply = json.dumps({"number": len(self.orders)}).encode()
        status = f"HTTP/1.1 201 Created\r\nContent-Length: {len(reply)}\r\n\r\n"
        writer.write(status.encode() + reply)
        await writer.drain()
        return True


@pytest.fixture
async def shop() -> AsyncIterator[tuple[Shop, str]]:
    """The API, and its address."""
    shop = Shop()
    listener = await start_server(shop.serve, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        yield shop, f"http://127.0.0.1:{port}/orders"


async def test_each_order_is_taken_once(shop: tuple[Shop, str], tmp_path: Path) -> None:
    """Through lost answers, kill -9 and a second start: a request that is sent again
    has the same key, and nothing is sent that has its answer.
    """
    api, url = shop
    bodies = [{"order": number, "note": "grün"} for number in range(120)]
    script = tmp_path / "my_script.py"
    settings = {"BODIES": bodies, "LIMIT": 10, "HEADERS": BEARER}
    script.write_text(snippet("send_all", URL=url, **settings), "utf-8")
    first = await start(script, API_TOKEN="secret")
    await until(lambda: api.requests > 40)
    first.send_signal(signal.SIGKILL)
    await first.communicate()
    text = (tmp_path / "results.jsonl").read_text("ascii")
    answered = [json.loads(line)["key"] for line in text.splitlines()]
    before = api.keys.copy()
    status, out, err = await run(script, tqdm=False, API_TOKEN="secret")
    assert (status, err) == (0, "")
    assert "120 of 120 have an answer in results.jsonl." in out
    assert not (api.keys - before).keys() & set(answered)
    assert len(api.orders) == 120
    assert max(api.keys.values()) > 1
    by_number = sorted(api.orders.values(), key=lambda order: order["order"])
    assert by_number == bodies
    assert api.tokens == {"bearer secret"}


async def test_the_report_names_items_by_their_numbers(tmp_path: Path) -> None:
    """The first is 1: their keys would say nothing to a person."""
    bodies = [{"order": letter} for letter in "abc"]
    with PracticeServer(latency=0) as server:
        url = f"http://127.0.0.1:{server.port}/nowhere"
        script = tmp_path / "my_script.py"
        script.write_text(snippet("send_all", URL=url, BODIES=bodies), "utf-8")
        status, out, _ = await run(script, tqdm=False)
    assert status == 1
    assert "\n3 missing (1, 2, 3): status 40" in out
