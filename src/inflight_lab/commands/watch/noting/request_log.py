"""What was noted in a run: each request, and what asyncio did around it."""

import asyncio
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import httpx

from inflight_lab.commands.watch.noting.quota import Quota, announced_in
from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.runners.refusals import Refusal, read_refusal

LIBRARY_PARTS = ("site-packages", "dist-packages", "/ipykernel_", "<")
"""In a path: it is no file of the script's own."""
OURS = (asyncio.__file__.rpartition("asyncio")[0], str(Path(__file__).parents[3]))
"""The folders of the standard library and of this package, which calls others' code."""
NOT_REFUSED = Refusal(0.0)

limit_around: ContextVar[int] = ContextVar("limit_around", default=0)
"""The semaphore in whose block the current task is, or was started."""


def number_of(thing: Any) -> int:
    """A number for an object, from 1; unlike an ``id``, none is given twice."""
    return _numbers.setdefault(thing, next(_new_numbers))


_numbers: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
_new_numbers = itertools.count(1)


def current_sender() -> int:
    """The number of the running task; outside a loop that of the thread, below 0."""
    task = asyncio.current_task() if asyncio._get_running_loop() else None
    return number_of(task) if task else -threading.get_ident()


def script_line() -> str:
    """The script's innermost line that calls this, ``file:number``; "" if none does."""
    frame: FrameType | None = sys._getframe(1)
    while frame:
        path = frame.f_code.co_filename
        if is_of_a_script(path):
            return f"{path.rpartition('/')[2]}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


@cache
def is_of_a_script(path: str) -> bool:
    """Whether this file is neither in a library nor in this package."""
    is_library = any(part in path for part in LIBRARY_PARTS)
    return not is_library and not path.startswith(OURS)


@dataclass(eq=False)
class Request:
    """One request, as far as it got.  Times are in seconds; None: not yet."""

    method: str
    url: str
    library: str
    client: int
    """The number of the client, session or adapter that sends it."""
    sent_headers: Any = ()
    """As its library has them."""
    content: int = 0
    """Stands for the body: other bodies have other numbers."""
    pool: int = 0
    """How many connections its client opens at most; 0: any number."""
    retry: int = 0
    """How often the client's library says that it has sent this before."""
    is_async: bool = True
    """Else an event loop stands still until it is answered."""
    sender: int = field(default_factory=current_sender)
    line: str = field(default_factory=script_line)
    around: int = field(default_factory=limit_around.get)
    asked: float = field(default_factory=time.perf_counter)
    sent: float | None = None
    ended: float | None = None
    status: int = 0
    error: str = ""
    raw_headers: Any = ()
    """Of the answer, as its library has them."""
    body: Callable[[], bytes] = bytes
    """Returns that of a failure, as far as the script has read it."""
    number: int | None = None
    """In the timeline, once it is sent."""

    @cached_property
    def headers(self) -> httpx.Headers:
        """Of the answer; made when they are first read, once it is there."""
        return httpx.Headers(self.raw_headers)

    @property
    def host(self) -> str:
        """Where it went."""
        return urlsplit(self.url).hostname or ""

    @property
    def last_seen(self) -> float:
        """When it ended; as long as it has not, when it was asked for."""
        return self.asked if self.ended is None else self.ended

    @property
    def same(self) -> tuple[str, str, int]:
        """What it shares with its own retries, and with nothing else."""
        return self.method, self.url, self.content

    @cached_property
    def refusal(self) -> Refusal:
        """What the answer says about later requests; or `NOT_REFUSED`.

        It is first asked for when the script has ended, because its words come last.
        """
        return self.read_refusal()

    def read_refusal(self) -> Refusal:
        """The same, as far as its words have come."""
        if self.status < 400:
            return NOT_REFUSED
        plain = self.headers.copy()
        plain.pop("content-encoding", None)
        answer = httpx.Response(self.status, headers=plain, content=self.body())
        return read_refusal(answer) or NOT_REFUSED

    @property
    def outcome(self) -> str:
        """What has become of it, in words."""
        if self.ended is None:
            return "without an end"
        if self.error == "cancelled":
            return "never sent" if self.sent is None else "cancelled"
        if self.refusal is not NOT_REFUSED:
            return "refused"
        return "failed" if self.error or self.status >= 400 else "accepted"

    @property
    def is_accepted(self) -> bool:
        """Whether it got an answer, all of it, that is no failure."""
        return self.outcome == "accepted"

    @property
    def is_over_quota(self) -> bool:
        """Whether it was refused, and may be accepted later."""
        return self.outcome == "refused" and not self.refusal.is_permanent

    @property
    def is_failure(self) -> bool:
        """Whether it failed, for another reason than a refusal that may pass."""
        return self.outcome == "failed" or self.refusal.is_permanent

    @property
    def is_unanswered(self) -> bool:
        """Whether it was refused, failed, or met an error of the server.

        One that the script cancelled was not wanted any more.
        """
        has_failed = bool(self.error) or self.status >= 500
        return self.outcome == "refused" or (self.outcome == "failed" and has_failed)


@dataclass
class LimitUse:
    """A semaphore of the script's, with the tasks that acquired it."""

    slots: int
    line: str
    """Where it was made."""
    senders: set[int] = field(default_factory=set)
    acquired: int = 0
    """How often."""


@dataclass(frozen=True)
class Block:
    """An event loop stood still while requests were in flight."""

    doing: str
    """Such as ``in time.sleep``."""
    line: str
    seconds: float


Noted = Request | LimitUse | Block
"""It happened at a ``line`` of the script."""


class RequestLog:
    """Takes note of requests, in any thread.

    With a ``timeline``, each request is written there as well.
    """

    def __init__(self, *, timeline: Timeline | None = None) -> None:
        self.timeline = timeline
        self.practice: Quota | None = None
        """What the practice server allows, if that answers in place of every API."""
        self.practice_port = 0
        """Of that server; 0: requests go where they should."""
        self.requests: list[Request] = []
        self.at_first_request: Callable[[], None] = lambda: None
        """Is called before it is noted."""
        self.open = 0
        """How many requests have not ended."""
        self.limits: dict[int, LimitUse] = {}
        self.closed: set[int] = set()
        """The clients that the script has closed: it gives up what they still do."""
        self.blocks: list[Block] = []
        self.exit_status: int | None = None
        """Of the script; below 0, the signal that ended it.  None: it has not ended."""

    def quota_of(self, requests: Sequence[Request]) -> Quota | None:
        """What the API allows; None if it does not say for how long.

        Of the answers that name a quota, the newest counts.
        """
        answered = [each for each in requests if each.ended]
        quotas = (announced_in(each.headers) for each in reversed(answered))
        return self.practice or next(filter(None, quotas), None)

    def begin(self, request: Request) -> None:
        """A client is asked to send this, and may have to wait for a connection."""
        if not self.requests:
            self.at_first_request()
        self.requests.append(request)
        self.open += 1
        if self.timeline:
            self.timeline.start(at=request.asked)

    def send(self, request: Request) -> None:
        """It has a connection, and goes out."""
        if request.sent is None:
            request.sent = time.perf_counter()
            if self.timeline:
                request.number = self.timeline.send(at=request.sent)

    def answer(self, request: Request, status: int, headers: Any) -> None:
        """The head of its answer is there; the body may still come."""
        if status >= 200:  # else another head follows
            self.send(request)  # unless nobody could see that
            request.status = status
            request.raw_headers = headers

    @contextmanager
    def ending(self, request: Request) -> Iterator[None]:
        """If the block raises an error, that ends the request."""
        try:
            yield
        except BaseException as error:
            self.end(request, error)
            raise

    def end(self, request: Request, error: BaseException | None = None) -> None:
        """It was answered to its end, or failed."""
        if request.ended is not None:
            return
        request.ended = time.perf_counter()
        self.open -= 1
        if error or not request.status:
            why = error or sys.exc_info()[1]
            has_failed = isinstance(why, Exception)  # cancels are none
            is_given_up = not has_failed or request.client in self.closed
            request.error = "cancelled" if is_given_up else type(why).__name__
        if not request.is_async and asyncio._get_running_loop():
            seconds = request.ended - request.asked
            doing = f"in a blocking call of {request.library}"
            self.blocks.append(Block(doing, request.line, seconds))
        if self.timeline:
            self._draw_end(request, self.timeline)

    def _draw_end(self, request: Request, timeline: Timeline) -> None:
        if request.error == "cancelled":
            timeline.cancel(request.number, at=request.ended)
        elif request.error:
            timeline.fail(request.number, request.error, at=request.ended)
        elif request.number is not None:
            # The picture counts 429s as refused: other refusals are drawn as one.
            is_refusal = request.read_refusal() is not NOT_REFUSED
            status = 429 if is_refusal else request.status
            timeline.answer(request.number, status, at=request.ended)
