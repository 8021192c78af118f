"""A timeline: what happened to each request, and when, with its statistics.

The practice server and the observing transport each write one `Timeline`.  Plots, tests
and tables read nothing else, so they cannot disagree.
"""

import asyncio
import itertools
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from inflight_lab.lesson.runs.events import Event, Kind, Stats, outcome_of

_slot: ContextVar[int | None] = ContextVar("slot", default=None)
"""The slot of a limiter that the current task holds."""


class Timeline:
    """A thread-safe list of events, with running counts.

    A `PracticeServer` and an `ObservedTransport` each have one:

    >>> server.timeline.stats().busiest_period

    ``period`` is the window, in seconds, for ``busiest_period``, `recent_requests` and
    `recent_tokens`.

    ``events`` holds the newest ``keep`` events, and up to an eighth more.  Older ones
    are dropped, so that a server can run for days, but `stats` still counts them.
    """

    def __init__(
        self,
        *,
        period: float = 1.0,
        clock: Callable[[], float] = time.perf_counter,
        keep: int = 100_000,
    ) -> None:
        self.period = period
        self.clock = clock
        self.keep = keep
        self.events: list[Event] = []
        self._dropped = 0  # events that are no longer in the list, ever
        self._lock = threading.Lock()
        # It goes on after a reset, so that no number is used twice.
        self._numbers = itertools.count()
        self.reset()

    def reset(self) -> None:
        """Forget everything.

        A request still in flight is forgotten too: its end will not count.
        """
        with self._lock:
            self._dropped += len(self.events)
            self.events = []  # not cleared: whoever holds the old list keeps it
            self._open = set[int]()
            self._slots = set[int]()
            # When those of the last period were sent, and what they were charged.
            self._recent = deque[tuple[float, int]]()
            self._begin = 0.0
            self._end = 0.0
            self._counts = Counter[str]()  # of `Stats`, by name

    def start(self, count: int = 1, *, at: float | None = None) -> None:
        """``count`` requests were asked for and wait to be sent.

        ``at`` is the time, here and below, on ``clock``; None: now.
        """
        with self._lock:
            # `Counter.update` takes three times as long.
            self._counts["started"] += count
            self._counts["waiting"] += count
            self._add("started", None, None, at=at)

    def take(self) -> int:
        """The current task took a slot of a limiter: the lowest that is free.

        Returns its number.
        """
        with self._lock:
            numbers = itertools.count()
            slot = next(number for number in numbers if number not in self._slots)
            self._slots.add(slot)
            _slot.set(slot)
            self._add("taken", None, slot)
            return slot

    def free(self) -> None:
        """The current task gave its slot back."""
        with self._lock:
            slot = _slot.get()
            _slot.set(None)
            if slot in self._slots:  # else it is one from before a reset
                self._slots.remove(slot)
                self._add("freed", None, slot)

    def send(
        self,
        status: int | None = None,
        tokens: int = 0,
        *,
        quota: float | None = None,
        due: float | None = None,
        at: float | None = None,
    ) -> int:
        """A request was sent; returns its number.

        If `start` has not announced the request, it starts here.  A server knows the
        ``status`` and the time ``due`` of its answer, the ``tokens`` that it charges,
        and how its ``quota`` stands right after.  A client knows none of these, and its
        event names the slot of the current task.
        """
        with self._lock:
            counts = self._counts
            if counts["waiting"]:
                counts["waiting"] -= 1
            else:
                counts["started"] += 1
            request = next(self._numbers)
            self._open.add(request)
            detail = _slot.get() if status is None else status
            sent = self._add("sent", request, detail, quota=quota, due=due, at=at)
            self._recent.append((sent.time, tokens))
            counts["peak_in_flight"] = max(counts["peak_in_flight"], len(self._open))
            recent = self._count_recent(sent.time)
            counts["busiest_period"] = max(counts["busiest_period"], recent)
            return request

    @contextmanager
    def sending(
        self,
        status: int | None = None,
        tokens: int = 0,
        *,
        quota: float | None = None,
        due: float | None = None,
    ) -> Iterator[int]:
        """Send a request as `send` does, and give its number.

        If the block raises, the request has failed; if it is cancelled, so is the
        request.
        """
        request = self.send(status, tokens, quota=quota, due=due)
        try:
            yield request
        except asyncio.CancelledError:
            self.cancel(request)
            raise
        except BaseException as error:
            self.fail(request, error)
            raise

    def answer(self, request: int, status: int, *, at: float | None = None) -> None:
        """The request was answered with ``status``."""
        self._finish(request, "answered", status, at=at)

    def fail(
        self,
        request: int | None,
        error: BaseException | str,
        *,
        at: float | None = None,
    ) -> None:
        """The request got no answer.  ``error`` is the exception, or its name.

        None stands for a request that waits, and now will never be sent.
        """
        name = error if isinstance(error, str) else type(error).__name__
        self._finish(request, "failed", name, at=at)

    def cancel(self, request: int | None, *, at: float | None = None) -> None:
        """The client gave up the request while it was in flight.

        None stands for a request that waits.
        """
        self._finish(request, "cancelled", None, at=at)

    def cancel_waiting(self) -> None:
        """The requests that still wait will never be sent."""
        with self._lock:
            waiting = self.waiting
            if waiting:
                self._counts.update(cancelled=waiting, waiting=-waiting)
                self._add("cancelled", None, None)

    @property
    def waiting(self) -> int:
        """How many requests are started and not sent yet."""
        return self._counts["waiting"]

    @property
    def in_flight(self) -> int:
        """How many requests are sent and not answered yet."""
        return len(self._open)

    def recent_requests(self) -> int:
        """How many requests were sent in the last period, refused ones included."""
        with self._lock:
            return self._count_recent(self.clock())

    def recent_tokens(self) -> int:
        """How many tokens the server charged for the requests of the last period."""
        with self._lock:
            self._count_recent(self.clock())
            return sum(tokens for _, tokens in self._recent)

    def since(self, position: int) -> tuple[list[Event], int]:
        """The events after ``position``, and the position from which to read on.

        A position counts all events that were ever written, also those before a reset.
        If fewer events come than lie between two positions, the rest were dropped.
        """
        with self._lock:
            known = max(0, position - self._dropped)
            return self.events[known:], self._dropped + len(self.events)

    def stats(self) -> Stats:
        """The numbers up to now."""
        with self._lock:
            elapsed = self._end - self._begin
            return Stats(in_flight=len(self._open), elapsed=elapsed, **self._counts)

    def _finish(
        self,
        request: int | None,
        kind: Kind,
        detail: int | str | None,
        *,
        at: float | None,
    ) -> None:
        with self._lock:
            if request is None and self._counts["waiting"]:
                self._counts["waiting"] -= 1
            elif request in self._open:
                self._open.remove(request)
            else:
                return  # one from before a reset
            self._add(kind, request, detail, at=at)
            outcome = outcome_of(kind, detail)
            if outcome:
                self._counts[outcome] += 1

    def _add(
        self,
        kind: Kind,
        request: int | None,
        detail: int | str | None,
        *,
        quota: float | None = None,
        due: float | None = None,
        at: float | None = None,
    ) -> Event:
        now = self.clock() if at is None else at
        if not self.events:
            self._begin = now
        if kind not in ("taken", "freed"):  # a pause after the last answer is no work
            self._end = now
        in_flight = len(self._open)
        event = Event(now, kind, request, detail, self.waiting, in_flight, quota, due)
        self.events.append(event)
        self._drop_oldest()
        return event

    def _drop_oldest(self) -> None:
        extra = len(self.events) - self.keep
        if extra > self.keep // 8:  # not one by one: each drop moves the rest
            del self.events[:extra]
            self._dropped += extra

    def _count_recent(self, now: float) -> int:
        while self._recent and self._recent[0][0] <= now - self.period:
            self._recent.popleft()
        return len(self._recent)
