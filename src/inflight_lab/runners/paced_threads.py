"""Paced threads: nearly the whole quota used, and no 429, without asyncio.

`ThreadPacer` is a rate limiter to put around your own calls, whatever sends them:

    pacer = ThreadPacer(20, 1)  # 20 requests in any second, as the API states it

    def get(url):  # called in as many threads as you like
        with pacer:
            return requests.get(url)

The class alone is enough for that: it needs nothing but the standard library.  It keeps
the rules of the rung `paced`:

- *Space, do not burst.*  A request is due one spacing after the one before it.  The
  spacing is 1.25 % wider than the quota's, because network delay varies.
- *Catch up, but only a little.*  After a delay at most ``burst`` requests go at once.
- *Count as the API counts.*  A request counts from its answer, less the shortest
  latency so far: the API cannot have counted it later than that.

The lock of a `threading.Condition` guards all this.  It is not first come, first
served, so the pacer keeps a line of its own: only the first thread looks at the clock,
and the others wait for the line to move.
"""

import bisect
import contextlib
import functools
import threading
import time
from typing import Any

import httpx

from inflight_lab.runners.threaded import Limiter, in_threads, make_one_request


class ThreadPacer:
    """``with pacer:`` waits until the quota has room for one more request.

    The quota is ``rate`` requests per ``period`` seconds, as the API states them.
    First come, first served; ``burst``, 1 or more, is how many may go at once after a
    delay.  Share one pacer among all threads that use the quota.  A thread that enters
    while it is inside gets ``RuntimeError``.

    Where the block does not fit around the request, call ``pacer.wait()`` before it.
    The request then counts from that moment, and if it takes much longer than others to
    reach the API, it may be one too many: give a ``rate`` below the quota.

    Ctrl-C interrupts the main thread while it waits.  Python interrupts no other
    thread, so those of a pool take their turn before the program ends.
    """

    HEADROOM = 1.0125  # the spacing is the quota's own, times this

    def __init__(
        self, rate: float = 100, period: float = 1, *, burst: float = 8
    ) -> None:
        self._capacity = max(1, int(rate))  # requests in any one period
        self._period = period
        self._spacing = self.HEADROOM * period / rate  # seconds between two requests
        self._burst = burst
        self._due = 0.0  # when the next request is due
        self._line: list[int] = []  # the threads that wait, in order
        self._moved = threading.Condition()  # the line has moved
        self._sent: dict[int, float] = {}  # when, by thread: requests in flight
        self._ended: list[float] = []  # when the others ended, in order
        self._shortest_latency = 0.0  # until the first answer

    def wait(self) -> None:
        """Wait until the quota has room for one more request."""
        with self:
            pass

    def __enter__(self) -> None:
        thread = threading.get_ident()
        arrived = time.perf_counter()
        with self._moved:
            if thread in self._sent:
                raise RuntimeError("This thread is already inside the pacer.")
            self._line.append(thread)
            try:
                self._moved.wait_for(lambda: self._line[0] == thread)
                while (wait := self._seconds_until_free()) > 0:
                    self._moved.wait(wait)
                self._schedule_next(arrived)
                self._sent[thread] = time.perf_counter()
            finally:
                self._line.remove(thread)
                self._moved.notify_all()

    def __exit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        now = time.perf_counter()
        with self._moved:
            sent = self._sent.pop(threading.get_ident())
            ended = now + self._shortest_latency  # it may reach the API as late as now
            if kind is None:  # it has, before it was answered
                latency = now - sent
                self._shortest_latency = min(latency, self._shortest_latency or latency)
                ended = now
            # A latency may be shorter than the shortest one so far.
            earliest_end = sent + self._shortest_latency + 0.01 * self._period
            bisect.insort(self._ended, max(ended, earliest_end))
            del self._ended[: -self._capacity]

    def _seconds_until_free(self) -> float:
        """Until a request is due and the quota has room; 0 or less if it may go."""
        now = time.perf_counter()
        ends = list(self._ended)
        for sent in self._sent.values():
            ends.append(max(now, sent + self._shortest_latency))
        free_at = self._due
        if len(ends) >= self._capacity:
            ends.sort()
            reached_api = ends[-self._capacity] - self._shortest_latency
            free_at = max(free_at, reached_api + self._period)
        return free_at - now

    def _schedule_next(self, arrived: float) -> None:
        """Set when the next request is due: one spacing after this one.

        Idle time earns no credit, so count from ``arrived`` at the earliest.  After a
        delay, catch up by at most ``burst`` requests and forget the rest.
        """
        catch_up_from = time.perf_counter() - (self._burst - 1) * self._spacing
        self._due = max(arrived, self._due, catch_up_from) + self._spacing


def make_many_requests(
    url: str,
    count: int,
    *,
    rate: float = 100,
    period: float = 1.0,
    limit: int = 20,
    client: httpx.Client | None = None,
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times from ``limit`` threads, paced; return them in order.

    The API allows ``rate`` requests per ``period`` seconds; the margin is taken off
    here.  ``limiter`` is a `ThreadPacer` if several batches share one quota: then
    ``rate`` and ``period`` are its own.  All else is as in `threaded`.
    """
    limiter = limiter or ThreadPacer(rate, period)
    opened = contextlib.nullcontext(client) if client else httpx.Client()
    with opened as client:
        make_one = functools.partial(
            make_one_request, url, client=client, limiter=limiter, verbose=verbose
        )
        return in_threads(
            make_one, count, threads=limit, return_exceptions=return_exceptions
        )


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import BLOCKING_OBJECTS, check_constructor, checked, number

check_constructor(ThreadPacer, burst=number(1))
make_many_requests = checked(make_many_requests, **BLOCKING_OBJECTS)
PLAN = "{count} requests, at most {rate:g} in {period:g} s"
