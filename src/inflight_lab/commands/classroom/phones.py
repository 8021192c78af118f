"""The phones of a class: who is there, what each has sent, and whose turn it is."""

import asyncio
import secrets
from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.lesson.server.quotas import SlidingWindow

MOST_PHONES = 60
REQUESTS_A_SECOND = 40
"""Of one phone."""
LONGEST_NAME = 12
LOST = 10.0
"""Seconds after which a turn that nobody used is lost."""


sending: ContextVar[int] = ContextVar("sending", default=0)
"""The number of the phone whose request is answered."""


class PhoneTimeline(Timeline):
    """A timeline that knows which phone sent each of the newest requests."""

    def __init__(self) -> None:
        super().__init__()
        self.phones: dict[int, int] = {}

    def send(self, *details: Any, **more: Any) -> int:
        """A request was sent, by the phone that is answered now."""
        number = super().send(*details, **more)
        self.phones[number] = sending.get()
        self.phones.pop(number - self.keep, None)
        return number


class NoPlaceError(Exception):
    """Nobody else may join; the text says why."""


@dataclass(eq=False)
class Phone:
    """One phone, from its joining to its leaving."""

    number: int
    """Its place on the wall, from 1: the one it had before, or the lowest free one."""
    key: str = field(default_factory=lambda: secrets.token_urlsafe(9))
    """Its requests show it, so that nobody else can send in its name."""
    name: str = ""
    turns: int = 0
    """How many it waits for."""
    outbox: asyncio.Queue[dict[str, object]] = field(default_factory=asyncio.Queue)
    requests: SlidingWindow = field(
        default_factory=lambda: SlidingWindow(REQUESTS_A_SECOND, 1.0)
    )

    def rename(self, name: object) -> None:
        """Take a name: its first letters, without those that cannot be shown."""
        letters = [letter for letter in str(name)[:100] if letter.isprintable()]
        self.name = "".join(letters).strip()[:LONGEST_NAME]

    def tell(self, **message: object) -> None:
        """Send a message, as soon as the phone takes it."""
        self.outbox.put_nowait(message)


class Phones:
    """The phones that are there, in the order in which they joined."""

    def __init__(self) -> None:
        self._by_key: dict[str, Phone] = {}

    def __iter__(self) -> Iterator[Phone]:
        return iter(list(self._by_key.values()))

    def join(self, before: str = "") -> Phone:
        """Let one more in; raises `NoPlaceError` if the room is full.

        ``before`` is the number that it had, if it comes back.  A phone with the code
        may join from any address, because a school's network may show all of its
        phones under a single one.
        """
        if len(self._by_key) >= MOST_PHONES:
            raise NoPlaceError(f"{MOST_PHONES} phones are here, and no more may join")
        taken = {phone.number for phone in self}
        free = [each for each in range(1, MOST_PHONES + 1) if each not in taken]
        own = [each for each in free if str(each) == before]
        phone = Phone(min(own or free))
        self._by_key[phone.key] = phone
        return phone

    def leave(self, phone: Phone) -> None:
        """Let it go: its key is not accepted any more."""
        del self._by_key[phone.key]

    def with_key(self, key: str) -> Phone | None:
        """The phone that was given this key, while it is here."""
        return self._by_key.get(key)


class Turns:
    """One pace for all: phones ask for turns, and get them one by one."""

    def __init__(self) -> None:
        self._queue = deque[Phone]()
        self._dealt = deque[float]()
        """When each turn was dealt that nobody has used yet."""

    @property
    def waiting(self) -> int:
        """How many turns are asked for but not dealt."""
        return sum(phone.turns for phone in self._queue)

    def ask(self, phone: Phone) -> None:
        """Put one more turn of this phone behind those of the others."""
        phone.turns += 1
        if phone not in self._queue:
            self._queue.append(phone)

    def forget(self, phone: Phone) -> None:
        """Drop the turns that this phone waits for."""
        phone.turns = 0
        if phone in self._queue:
            self._queue.remove(phone)

    def use(self) -> None:
        """A request has come, so the oldest turn is used."""
        if self._dealt:
            self._dealt.popleft()

    def late(self, now: float) -> int:
        """How many turns are dealt and may still be used."""
        while self._dealt and self._dealt[0] < now - LOST:
            self._dealt.popleft()
        return len(self._dealt)

    def next(self, now: float) -> Phone | None:
        """Deal a turn, and return its phone; None if nobody waits."""
        if not self._queue:
            return None
        self._dealt.append(now)
        phone = self._queue.popleft()
        phone.turns -= 1
        if phone.turns:
            self._queue.append(phone)
        return phone
