"""What the pages of a class need: files, addresses, conversations, and news."""

import asyncio
import contextlib
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket, WebSocketDisconnect

from inflight_lab.commands.classroom.phones import Phone, PhoneTimeline
from inflight_lab.lesson.plot.modules import STAGE, script, style

PAGE = Path(__file__).parent / "page"
PANEL = Path(__file__).parents[2] / "lesson" / "panel" / "page" / "panel.css"
LOOK = style(STAGE / "controls.css", PANEL, PAGE / "class.css")
NO_NETWORK = (
    "this computer is in no network: give the address at which phones can reach it, or "
    "127.0.0.1 to try it alone"
)
SEVERAL = "give the address at which phones can reach this computer, one of {}"
NEAR = 16
"""Public addresses of one school have at least this many bits in common."""
ONLY_THIS_SERVER = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:;"
        " frame-ancestors 'none'; form-action 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NONSENSE = (LookupError, RecursionError, TypeError, ValueError)
"""What a message may raise, if no page of ours has sent it."""


def page(name: str) -> list[Route]:
    """A page, its script and its style."""
    files = {
        "": ("text/html", (PAGE / f"{name}.html").read_text(encoding="utf-8")),
        "page.js": ("text/javascript", script(PAGE / f"{name}.js")),
        "page.css": ("text/css", LOOK),
    }

    async def serve(request: Request) -> Response:
        media_type, text = files[request.url.path.rpartition("/")[2]]
        return served(text, media_type)

    return [Route(f"/{file}", serve) for file in files]


def served(text: str, media_type: str) -> Response:
    """A file of a page, which no other page may show, and no browser keeps."""
    return Response(text, media_type=media_type, headers=ONLY_THIS_SERVER)


async def converse(
    socket: WebSocket,
    sending: Awaitable[object],
    hear: Callable[[dict[str, Any]], None],
) -> None:
    """Send and hear until one side closes, or the page sends nonsense."""
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


async def pass_on(phone: Phone, socket: WebSocket) -> None:
    """Send a phone its messages, for as long as it is here."""
    while True:
        await socket.send_json(await phone.outbox.get())


def news_for_the_wall(
    timeline: PhoneTimeline, ask_state: Callable[[], dict[str, object]]
) -> Iterator[dict[str, object]]:
    """Each time, the news since the last time, for one wall; it begins now.

    News are the seconds so far, the events, and what has changed in the state that
    ``ask_state`` returns.  An event is a row: time, kind, number and detail as in
    `Event`, how the quota stands, and the number of the phone.
    """
    began = timeline.clock()
    _, position = timeline.since(0)
    known: dict[str, object] = {}
    while True:
        events, position = timeline.since(position)
        rows = [
            (
                round(event.time - began, 4),
                event.kind,
                event.request,
                event.detail,
                event.quota,
                timeline.phones.get(event.request or 0),
            )
            for event in events
        ]
        state = ask_state()
        changed = {
            name: value for name, value in state.items() if known.get(name) != value
        }
        known = state
        yield {"now": round(timeline.clock() - began, 4), "events": rows, **changed}


def own_address() -> str:
    """This computer's address in its network; ``OSError`` if it is in none.

    It sends nothing: it only asks which way a packet would go.  Without a way out, as
    at a switch, it takes the address that is there; ``OSError`` names them if there are
    several.
    """
    asking = socket.socket(type=socket.SOCK_DGRAM)
    with asking, contextlib.suppress(OSError):
        asking.connect(("10.255.255.255", 9))
        return str(asking.getsockname()[0])
    match addresses():
        case [only]:
            return only
        case []:
            raise OSError(NO_NETWORK)
        case several:
            raise OSError(SEVERAL.format(", ".join(several)))


def addresses() -> list[str]:
    """The IPv4 addresses of this computer's networks, without that of itself."""
    cards = psutil.net_if_addrs().values()
    of_ipv4 = [each for card in cards for each in card if each.family == socket.AF_INET]
    found = [each.address for each in of_ipv4]
    return [each for each in found if not ipaddress.IPv4Address(each).is_loopback]


def checked(address: str) -> str:
    """The address, if it is one of IPv4, and of this computer; else ``ValueError``."""
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        allowed = "address must be an IPv4 address such as '192.168.1.5', or None"
        raise ValueError(f"{allowed}, got {address!r}") from None
    try:
        with socket.socket(type=socket.SOCK_DGRAM) as trying:
            trying.bind((address, 0))
    except OSError:
        mine = ", ".join(["127.0.0.1", *addresses()])
        allowed = f"address must be one of this computer's: {mine}"
        raise ValueError(f"{allowed}; got {address!r}") from None
    return address


def are_near(client: str, own: str) -> bool:
    """Whether a client is in our network, as far as its address tells."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    network = ipaddress.ip_network(f"{own}/{NEAR}", strict=False)
    return not address.is_global or address in network
