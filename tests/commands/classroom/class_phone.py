"""A phone of a class without a browser, with a loopback address of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from websockets.asyncio.client import ClientConnection, connect

from inflight_lab import ClassRoom
from tests.support.waiting import PATIENCE

NEXT = "127.0.0.{}"


@dataclass
class ClassPhone:
    """Has joined: it hears, asks and sends."""

    room: ClassRoom
    socket: ClientConnection
    client: httpx.AsyncClient
    number: int = 0
    key: str = ""

    async def join(self, name: str = "") -> Self:
        """Learn its number and key, and give a name."""
        news = await self.hear()
        self.number, self.key = news["number"], news["key"]
        if name:
            await self.say(name=name)
        return self

    async def say(self, **message: object) -> None:
        """Send a message."""
        await self.socket.send(json.dumps(message))

    async def ask(self, count: int) -> None:
        """Ask for so many turns."""
        for _ in range(count):
            await self.say(ask=True)

    async def take_turns(self, count: int) -> None:
        """Wait until so many turns were dealt to it."""
        for _ in range(count):
            assert await self.hear() == {"turn": True}

    async def hear(self) -> dict[str, Any]:
        """The next message that is for this phone alone."""
        while True:
            message = await self._hear_any()
            if "all" not in message:
                return message

    async def hear_of_all(self, **wanted: object) -> None:
        """Take in messages until the whole class does this."""
        while (await self._hear_any()).get("all") != wanted:
            pass

    async def _hear_any(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE):
            message: dict[str, Any] = json.loads(await self.socket.recv())
        return message

    async def send(self, **more: str) -> httpx.Response:
        """Send a request to the API."""
        params = {"phone": self.key} | more
        return await self.client.get(self.room.url + "get", params=params)

    async def send_many(self, count: int) -> list[int]:
        """Send so many at once; returns their statuses, sorted."""
        answers = await asyncio.gather(*(self.send() for _ in range(count)))
        return sorted(answer.status_code for answer in answers)


@asynccontextmanager
async def talking(
    room: ClassRoom, host: int = 2, page: str = "", **more: Any
) -> AsyncIterator[ClientConnection]:
    """A WebSocket of a page, from 127.0.0.``host``."""
    address, _, query = (page or room.url).replace("http", "ws").partition("?")
    async with connect(
        f"{address}talk?{query}",
        local_addr=(NEXT.format(host), 0),
        proxy=None,
        max_queue=None,  # else it cannot say goodbye while it leaves messages unread
        **more,
    ) as socket:
        yield socket


@asynccontextmanager
async def a_phone(
    room: ClassRoom, host: int = 2, name: str = ""
) -> AsyncIterator[ClassPhone]:
    """A phone that is here until the block ends, at 127.0.0.``host``."""
    transport = httpx.AsyncHTTPTransport(local_address=NEXT.format(host))
    async with (
        talking(room, host) as socket,
        httpx.AsyncClient(transport=transport, timeout=PATIENCE) as client,
    ):
        yield await ClassPhone(room, socket, client).join(name)


@dataclass
class ClassWall:
    """A wall without a browser, which remembers all that it hears."""

    socket: ClientConnection
    events: list[list[Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)

    async def hear(self) -> None:
        """Take in the next message."""
        async with asyncio.timeout(PATIENCE):
            news = json.loads(await self.socket.recv())
        self.events += news.pop("events")
        self.state |= news

    async def hear_until(self, **wanted: object) -> None:
        """Take in messages until this is the state."""
        await self.hear_that(lambda: wanted.items() <= self.state.items())

    async def hear_ends(self, count: int) -> None:
        """Take in messages until so many requests have ended."""
        await self.hear_that(
            lambda: sum(kind != "sent" for _, kind, *_ in self.events) >= count
        )

    async def hear_that(self, condition: Callable[[], bool]) -> None:
        """Take in messages until it is true."""
        async with asyncio.timeout(PATIENCE):
            while not condition():
                await self.hear()

    async def say(self, **message: object) -> None:
        """Set something."""
        await self.socket.send(json.dumps(message))

    async def share_the_pace(self, *phones: ClassPhone) -> None:
        """Deal out turns from now on, which the phones hear."""
        await self.say(shared=True)
        for phone in phones:
            assert await phone.hear() == {"shared": True}


@asynccontextmanager
async def a_wall(room: ClassRoom) -> AsyncIterator[ClassWall]:
    """The projector's page."""
    async with talking(room, 1, room.wall) as socket:
        wall = ClassWall(socket)
        await wall.hear()
        yield wall
