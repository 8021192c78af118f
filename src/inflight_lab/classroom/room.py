"""The practice server with two pages more: see `ClassRoom`."""

import asyncio
import contextlib
import io
import ipaddress
import secrets
import socket
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import segno
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketClose, WebSocketDisconnect

from inflight_lab.classroom.phones import (
    REQUESTS_A_SECOND,
    FloodError,
    NoPlaceError,
    Phone,
    Phones,
    Turns,
)
from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.modules import STAGE, script, style
from inflight_lab.server import PracticeServer
from inflight_lab.server.app import FOREIGN_PAGE, LOOPBACK, LOOPBACK_NAMES
from inflight_lab.server.foreign_pages import comes_from_a_foreign_page
from inflight_lab.server.socket import Listener

PORT = 8429
PAGE = Path(__file__).parent / "page"
PANEL = Path(__file__).parents[1] / "panel" / "panel.css"
LOOK = style(STAGE / "slider.css", PANEL, PAGE / "class.css")
UNMISTAKABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""What one can read from the back of a room, and type."""
CODE_LENGTH = 4
NEAR = 16
"""Addresses with so many bits in common are one school's, if they are not private."""
UPDATE = 0.05
"""Seconds between two messages to the wall."""
SAFE_SHARE = 0.9
"""Of the quota is dealt out in turns: on their way, requests are late by up to a tenth
of a second, more or less."""
WEBSOCKETS = {
    "ws": "auto",
    "ws_max_size": 4096,
    "ws_ping_interval": 5.0,
    "ws_ping_timeout": 5.0,
    "ws_per_message_deflate": False,
}
"""A phone that has lost its network is gone after ten seconds."""
ONLY_THIS_SERVER = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:;"
        " frame-ancestors 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FAR_AWAY = "Only the network of this class is answered."
OTHER_NAME = "Open the address that the wall shows."
NOT_HERE = "Only the computer of the class may open this page."
UNKNOWN = "Only a phone with the page of the class open may send."
NONSENSE = (FloodError, LookupError, RecursionError, TypeError, ValueError)
"""What messages may lead to that no page of ours sends."""
sending: ContextVar[int] = ContextVar("sending", default=0)
"""The number of the phone whose request is answered."""


class ClassRoom(PracticeServer):
    """A practice server for all phones of a class, and a page that shows them all.

    >>> room = ClassRoom(rate=40, latency=0.5).start()
    >>> room  # in a notebook: the address and its QR code, and a link to the wall

    Phones open ``url``, whose last part is a code, and send real requests from there;
    all of them share one quota.  ``wall`` is the page for the projector; only this
    computer may open it.  It sets the quota, the latency and *one shared pace*.

    ``address`` is the IP address to be reached at; None: that of this computer in its
    network.  Nothing is served at any other.  ``port`` 0 takes any free one.  The other
    arguments are those of `PracticeServer`; default: a sliding window of 40 a second, a
    latency of 0.5 s.  It serves until `stop`, or until its cell is run again.

    One phone may send `phones.REQUESTS_A_SECOND`, and all `phones.REQUESTS_IN_ALL`;
    what is beyond gets 503 and does not reach the API.

    Raises ``TypeError`` or ``ValueError`` for a bad argument, ``OSError`` from
    ``start`` for an address that is not this computer's, or a taken port.
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        port: int = PORT,
        seed: int | None = None,
        **knobs: Any,
    ) -> None:
        usual = {"latency": 0.5, "quota": "sliding-window", "rate": 40}
        super().__init__(port=port, seed=seed, **(usual | knobs))
        self.address = _checked(address) if address else own_address()
        self.timeline = self.sent = PhoneTimeline(period=self.period)
        self.phones = Phones()
        self.turns = Turns()
        self.has_shared_pace = False
        letters = [secrets.choice(UNMISTAKABLE) for _ in range(CODE_LENGTH)]
        self.code = "".join(letters)
        self._wall_key = secrets.token_urlsafe(12)
        self._dealer: asyncio.Task[None] | None = None
        self._site = Starlette(routes=self._routes())

    def listen(self, app: ASGIApp, port: int) -> Listener:
        """Serve at the one address."""
        return Listener(app, port, host=self.address, websockets=WEBSOCKETS)

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

        if not _are_near(client, self.address):
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
            *_page("phone"),
            Route("/get", self.get),
            WebSocketRoute("/talk", self._talk_to_phone),
        ]
        for_the_wall = [
            *_page("wall"),
            Route("/qr.svg", self._qr_code),
            WebSocketRoute("/talk", self._talk_to_wall),
        ]
        return [
            Mount(f"/{self.code}", routes=for_phones),
            Mount(f"/{self._wall_key}", routes=for_the_wall),
        ]

    async def _qr_code(self, _: Request) -> Response:
        picture = io.BytesIO()
        self.qr_code.save(picture, kind="svg", light="white")
        return _served(picture.getvalue().decode(), "image/svg+xml")

    async def get(self, request: Request) -> Response:
        """Answer a request of a phone as the practice API does."""
        phone = self.phones.with_key(request.query_params.get("phone", ""))
        if phone is None:
            return JSONResponse({"error": UNKNOWN}, 403)
        try:
            self.phones.let_send(phone, self.timeline.clock())
        except FloodError as error:
            answer = {"error": f"{error}: stopped before the API"}
            return JSONResponse(answer, 503, {"Retry-After": "1"})
        sending.set(phone.number)
        return await super().get(request)

    async def _talk_to_phone(self, socket: WebSocket) -> None:
        await socket.accept()
        try:
            phone = self.phones.join(socket.client.host if socket.client else "")
        except NoPlaceError as error:
            await socket.close(1013, f"{error}.")
            return
        phone.tell(number=phone.number, key=phone.key, shared=self.has_shared_pace)
        try:
            await _converse(
                socket,
                _pass_on(phone, socket),
                lambda message: self._hear_phone(phone, message),
            )
        finally:
            self.turns.forget(phone)
            self.phones.leave(phone)

    def _hear_phone(self, phone: Phone, message: dict[str, Any]) -> None:
        if phone.messages.admit(self.timeline.clock()):
            raise FloodError("these are too many messages")
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
        """Give turns at the pace of the quota, while anybody waits."""
        while phone := self.turns.next():
            phone.tell(turn=True)
            those_who_wait = max(1, self.turns.phones)
            rate = min(self.rate / self.period, REQUESTS_A_SECOND * those_who_wait)
            await asyncio.sleep(1 / (SAFE_SHARE * rate))

    async def _talk_to_wall(self, socket: WebSocket) -> None:
        await socket.accept()
        news = News(self)

        async def send_news() -> None:
            while True:
                await socket.send_json(news.read())
                await asyncio.sleep(UPDATE)

        await _converse(socket, send_news(), self._hear_wall)

    def _hear_wall(self, message: dict[str, Any]) -> None:
        if "rate" in message:
            self.rate = message["rate"]
        if "latency" in message:
            self.latency = message["latency"]
        if "shared" in message:
            self._share_the_pace(bool(message["shared"]))

    def _share_the_pace(self, shared: bool) -> None:
        self.has_shared_pace = shared
        if not shared:
            self.turns.forget_all()
        for phone in self.phones:
            phone.tell(shared=shared)


class PhoneTimeline(Timeline):
    """A timeline that knows which phone sent which of the newest requests."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.phones: dict[int, int] = {}

    def send(self, *details: Any, **more: Any) -> int:
        """A request was sent, by the phone that is answered now."""
        number = super().send(*details, **more)
        self.phones[number] = sending.get()
        self.phones.pop(number - self.keep, None)
        return number


class News:
    """What one wall has not been sent yet; it begins to be interested now."""

    def __init__(self, room: ClassRoom) -> None:
        self._room = room
        self._began = room.timeline.clock()
        _, self._position = room.timeline.since(0)
        self._said: dict[str, object] = {}

    def read(self) -> dict[str, object]:
        """How far it has gone, what happened, and what has changed.

        An event is a row: time, kind, number and detail as in `Event`, how the quota
        stands, and whose it is.
        """
        timeline = self._room.sent
        events, self._position = timeline.since(self._position)
        rows = [
            (
                self._at(event.time),
                event.kind,
                event.request,
                event.detail,
                event.quota,
                timeline.phones.get(event.request or 0),
            )
            for event in events
        ]
        known = self._state()
        new = {
            name: known[name] for name in known if self._said.get(name) != known[name]
        }
        self._said = known
        return {"now": self._at(timeline.clock()), "events": rows, **new}

    def _at(self, time: float) -> float:
        return round(time - self._began, 4)

    def _state(self) -> dict[str, object]:
        room = self._room
        policy = room.quota_policy
        return {
            "quota": policy._asdict() if policy else None,
            "latency": room.latency,
            "shared": room.has_shared_pace,
            "waiting": room.turns.waiting,
            "stopped": room.phones.stopped,
            "phones": sorted((phone.number, phone.name) for phone in room.phones),
            "url": room.url,
        }


def _page(name: str) -> list[Route]:
    """A page, its script and its style."""
    files = {
        "": ("text/html", (PAGE / f"{name}.html").read_text(encoding="utf-8")),
        "page.js": ("text/javascript", script(PAGE / f"{name}.js")),
        "page.css": ("text/css", LOOK),
    }

    async def serve(request: Request) -> Response:
        media_type, text = files[request.url.path.rpartition("/")[2]]
        return _served(text, media_type)

    return [Route(f"/{file}", serve) for file in files]


def _served(text: str, media_type: str) -> Response:
    return Response(text, media_type=media_type, headers=ONLY_THIS_SERVER)


async def _converse(
    socket: WebSocket,
    sending: Awaitable[None],
    hear: Callable[[dict[str, Any]], None],
) -> None:
    """Send and hear until one side closes, or says what makes no sense."""
    sender = asyncio.ensure_future(sending)
    listener = asyncio.create_task(_listen(socket, hear))
    both = (sender, listener)
    await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    for task in both:
        task.cancel()
    for outcome in await asyncio.gather(*both, return_exceptions=True):
        if isinstance(outcome, NONSENSE):
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(1008, str(outcome)[:100])
        elif isinstance(outcome, WebSocketDisconnect | asyncio.CancelledError):
            pass
        elif isinstance(outcome, BaseException):
            raise outcome


async def _listen(socket: WebSocket, hear: Callable[[dict[str, Any]], None]) -> None:
    while True:
        message = await socket.receive_json()
        if not isinstance(message, dict):
            raise TypeError("a message must be an object")
        hear(message)


async def _pass_on(phone: Phone, socket: WebSocket) -> None:
    while True:
        await socket.send_json(await phone.outbox.get())


def own_address() -> str:
    """This computer's address in its network, or that of loopback.  Sends nothing."""
    with socket.socket(type=socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("10.255.255.255", 9))  # only chooses the way
        except OSError:
            return LOOPBACK
        address: str = asking.getsockname()[0]
    return address


def _checked(address: str) -> str:
    try:
        return str(ipaddress.IPv4Address(address))
    except ValueError:
        allowed = "address must be an IPv4 address such as '192.168.1.5', or None"
        raise ValueError(f"{allowed}, got {address!r}") from None


def _are_near(client: str, own: str) -> bool:
    """Whether a client is in the own network, as far as addresses tell."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    network = ipaddress.ip_network(f"{own}/{NEAR}", strict=False)
    return not address.is_global or address in network
