"""One practice API for the phones of a class, and a page for the wall: `ClassRoom`."""

import asyncio
import io
import secrets
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import segno
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketClose

from inflight_lab.commands.classroom.phones import (
    REQUESTS_A_SECOND,
    NoPlaceError,
    Phone,
    Phones,
    PhoneTimeline,
    Turns,
    sending,
)
from inflight_lab.commands.classroom.web import (
    are_near,
    checked,
    converse,
    news_for_the_wall,
    own_address,
    page,
    pass_on,
    served,
)
from inflight_lab.lesson.arguments import check
from inflight_lab.lesson.cells import closed_on_rerun
from inflight_lab.lesson.server.app import (
    FOREIGN_PAGE,
    LOOPBACK,
    LOOPBACK_NAMES,
    PracticeApp,
)
from inflight_lab.lesson.server.foreign_pages import comes_from_a_foreign_page
from inflight_lab.lesson.server.socket import Listener

PORT = 8429
UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters that can be read from the back of a room, and typed."""
CODE_LENGTH = 4
UPDATE = 0.05
"""Seconds between two messages to the wall."""
UPDATE_OF_PHONES = 0.25
"""Seconds between two messages to a phone about the whole class."""
SAFE_SHARE = 0.9
"""The share of the quota that is dealt out in turns."""
WEBSOCKETS = {
    "ws": "websockets-sansio",
    "ws_max_size": 4096,
    "ws_ping_interval": 5.0,
    "ws_ping_timeout": 5.0,
    "ws_per_message_deflate": False,
}
"""A phone that has lost its network is gone after ten seconds."""
FAR_AWAY = "Only the network of this class is answered."
OTHER_NAME = "Open the address that the wall shows."
NOT_HERE = "Only the computer of the class may open this page."
UNKNOWN = "Only a phone with the page of the class open may send."
FLOOD = f"One phone may send {REQUESTS_A_SECOND} a second: stopped before the API."


class ClassRoom:
    """One practice API for all phones of a class, and a page that shows them all.

    >>> room = ClassRoom(rate=40, latency=0.5).start()
    >>> room  # in a notebook: the address and its QR code, and a link to the wall
    >>> room.stop()  # when the lesson is over

    Phones open ``url``, whose last part is a code.  They send real requests from there,
    and all of them share one quota.  ``wall`` is the page for the projector, which only
    this computer may open.  It sets the quota, the latency and *one shared pace*.

    ``address`` is the IP address where phones reach this computer, and the only one
    that is served; None: its own address in its network.  ``port`` 0 takes any free
    port.  ``knobs`` are those of `PracticeServer`; default: a sliding window of 40 a
    second, a latency of 0.5 s.  ``api`` counts, and has the knobs, which may be set at
    any time.  It serves until `stop`, or until its cell is run again.

    A phone may send `phones.REQUESTS_A_SECOND`; any more get a 503 and do not reach the
    API.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, such as the address of
    another computer, and ``OSError`` without a network, or if it has several addresses;
    ``start`` raises ``OSError`` for a port that is taken.
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        port: int = PORT,
        **knobs: Any,
    ) -> None:
        check("port", port)
        usual: dict[str, Any] = {"latency": 0.5, "rate": 40}
        self.address = own_address() if address is None else checked(address)
        self.port = port
        self.sent = PhoneTimeline()
        self.api = PracticeApp(timeline=self.sent, **(usual | knobs))
        self.phones = Phones()
        self.turns = Turns()
        self.has_shared_pace = False
        self.code = "".join(secrets.choice(UNMISTAKABLE) for _ in range(CODE_LENGTH))
        self._wall_key = secrets.token_urlsafe(12)
        self._dealer: asyncio.Task[None] | None = None
        self._site = Starlette(routes=self._routes())
        self._listener: Listener | None = None

    def start(self) -> Self:
        """Serve from now on.  Does nothing if it serves already."""
        if self._listener is None:
            self._listener = Listener(
                self, self.port, host=self.address, websockets=WEBSOCKETS
            )
            self.port = self._listener.port
            closed_on_rerun(self.stop)
        return self

    def stop(self) -> None:
        """Close the port and every connection.  Does nothing if it has stopped."""
        if self._listener:
            self._listener.close()
            self._listener = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The page for the phones."""
        return f"http://{self.address}:{self.port}/{self.code}/"

    @property
    def wall(self) -> str:
        """The page for the projector, for this computer only."""
        return f"http://{self.address}:{self.port}/{self._wall_key}/"

    @property
    def qr_code(self) -> segno.QRCode:
        """The address for the phones."""
        return segno.make_qr(self.url)

    def qr_in_text(self) -> str:
        """The QR code for a terminal."""
        text = io.StringIO()
        self.qr_code.terminal(text, compact=True)
        return text.getvalue()

    def _repr_html_(self) -> str:
        picture = self.qr_code.svg_data_uri(scale=5, light="white")
        return (
            f'<p><img src="{picture}" alt="QR code of {self.url}"></p>'
            f"<p>Phones open <b>{self.url}</b></p>"
            f'<p>For the projector: <a href="{self.wall}" target="_blank">the wall</a>'
            " (on this computer)</p>"
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or refuse it before anything counts it."""
        why = self._why_not(scope)
        app: ASGIApp = self._site
        if why:
            app = PlainTextResponse(why, 403)
        if why and scope["type"] == "websocket":
            app = WebSocketClose()
        await app(scope, receive, send)

    def _why_not(self, scope: Scope) -> str:
        """The reason to refuse a connection; empty if there is none."""
        headers = Headers(scope=scope)
        host = headers.get("Host", "")
        name = host.partition(":")[0]
        client, _ = scope["client"] or ("", 0)
        is_for_the_wall = scope["path"].startswith(f"/{self._wall_key}/")

        def is_own(origin: str) -> bool:
            return urlsplit(origin).netloc == host

        if not are_near(client, self.address):
            return FAR_AWAY
        if name not in (self.address, *LOOPBACK_NAMES):
            return OTHER_NAME
        if comes_from_a_foreign_page(headers, is_own):
            return FOREIGN_PAGE
        if is_for_the_wall and client not in (LOOPBACK, self.address):
            return NOT_HERE
        return ""

    def _routes(self) -> list[BaseRoute]:
        for_phones = [
            *page("phone"),
            Route("/get", self._get),
            WebSocketRoute("/talk", self._talk_to_phone),
        ]
        for_the_wall = [
            *page("wall"),
            Route("/qr.svg", self._qr_code),
            WebSocketRoute("/talk", self._talk_to_wall),
        ]
        return [
            Mount(f"/{self.code}", routes=for_phones),
            Mount(f"/{self._wall_key}", routes=for_the_wall),
        ]

    async def _qr_code(self, _: Request) -> Response:
        picture = io.BytesIO()
        self.qr_code.save(picture, kind="svg", light="white", border=2)
        return served(picture.getvalue().decode(), "image/svg+xml")

    async def _get(self, request: Request) -> Response:
        """Answer a request of a phone as the practice API does."""
        phone = self.phones.with_key(request.query_params.get("phone", ""))
        if phone is None:
            return JSONResponse({"error": UNKNOWN}, 403)
        self.turns.use()
        if phone.requests.admit(self.sent.clock()):
            return JSONResponse({"error": FLOOD}, 503, {"Retry-After": "1"})
        sending.set(phone.number)
        return await self.api.get(request)

    async def _talk_to_phone(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            phone = self.phones.join(socket.query_params.get("number", ""))
        except NoPlaceError as error:
            await socket.close(1013, f"{error}.")
            return
        phone.tell(number=phone.number, key=phone.key, shared=self.has_shared_pace)
        try:
            await converse(
                socket,
                asyncio.gather(pass_on(phone, socket), self._tell_of_all(phone)),
                lambda message: self._hear_phone(phone, message),
            )
        finally:
            self.turns.forget(phone)
            self.phones.leave(phone)

    async def _tell_of_all(self, phone: Phone) -> None:
        """Tell a phone how much the class may send in a period, and has sent lately."""
        known: Mapping[str, object] = {}
        while True:
            rate = None if self.api.quota == "none" else self.api.rate
            sent = self.sent.recent_requests()
            everybody = {"rate": rate, "period": self.api.period, "sent": sent}
            if everybody != known:
                phone.tell(all=everybody)
            known = everybody
            await asyncio.sleep(UPDATE_OF_PHONES)

    def _hear_phone(self, phone: Phone, message: dict[str, Any]) -> None:
        if "name" in message:
            phone.rename(message["name"])
        if "ask" in message:
            self._ask_turn(phone)

    def _ask_turn(self, phone: Phone) -> None:
        if not self.has_shared_pace:
            phone.tell(turn=True)
            return
        self.turns.ask(phone)
        if self._dealer is None or self._dealer.done():
            self._dealer = asyncio.create_task(self._deal())

    async def _deal(self) -> None:
        """Give turns at the pace of the quota, while anybody waits.

        A turn counts until its request comes, so none is refused, however late
        requests are and however many of them come at once.
        """
        while self.turns.waiting:
            now = self.sent.clock()
            expected = self.sent.recent_requests() + self.turns.late(now)
            if expected >= self.api.rate:
                await asyncio.sleep(UPDATE)
            elif phone := self.turns.next(now):
                phone.tell(turn=True)
                await asyncio.sleep(self.api.period / (SAFE_SHARE * self.api.rate))

    async def _talk_to_wall(self, socket: WebSocket) -> None:
        await socket.accept()

        async def send_news() -> None:
            for news in news_for_the_wall(self.sent, self._state):
                await socket.send_json(news)
                await asyncio.sleep(UPDATE)

        await converse(socket, send_news(), self._hear_wall)

    def _state(self) -> dict[str, object]:
        policy = self.api.quota_policy
        return {
            "quota": policy._asdict() if policy else None,
            "latency": self.api.latency,
            "shared": self.has_shared_pace,
            "waiting": self.turns.waiting,
            "phones": sorted((phone.number, phone.name) for phone in self.phones),
            "url": self.url,
        }

    def _hear_wall(self, message: dict[str, Any]) -> None:
        if "rate" in message:
            self.api.rate = message["rate"]
        if "latency" in message:
            self.api.latency = message["latency"]
        if "shared" in message:
            self._share_the_pace(bool(message["shared"]))

    def _share_the_pace(self, shared: bool) -> None:
        self.has_shared_pace = shared
        for phone in self.phones:
            if not shared:
                self.turns.forget(phone)
            phone.tell(shared=shared)
