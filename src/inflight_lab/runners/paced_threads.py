"""Paced threads: at the pace of the quota, and no 429, without asyncio.

`ThreadPacer` is a rate limiter to put around your own calls, whatever sends them:

    pacer = ThreadPacer(20, 1)  # 20 requests in any second, as the API states it

    def get(url):  # called in many threads: at least rate x latency of them
        with pacer:
            return requests.get(url)

The class alone is enough for that: it needs nothing but the standard library.  It keeps
the rules of the rung `paced`:

- *Space, do not burst.*  A request is due one spacing after the one before it.  The
  spacing is 1.25 % wider than the quota's, because network delay varies.
- *Catch up, but only a little.*  After a delay at most ``burst`` requests go at once.
- *Count as the API counts.*  A request is taken to have arrived at the time of its
  answer less the shortest latency so far: the API cannot have counted it later.  What
  has no answer yet may be arriving just now.  So if latencies are uneven, the pacer
  stays below the quota.

A lock guards all this.  It is not first come, first served, so the pacer keeps a line
of its own: only the first thread looks at the clock, and wakes the next one when it
goes.
"""

import bisect
import contextlib
import functools
import threading
import time
from typing import Any

import httpx

from inflight_lab.runners.threaded import in_threads, make_one_request


class ThreadPacer:
    """``with pacer:`` waits until the quota has room for one more request.

    The quota is ``rate`` requests per ``period`` seconds, as the API states them.
    First come, first served; ``burst``, 1 or more, is how many may go at once after a
    delay.  Share one pacer among all threads that use the quota.  Entering it again in
    the same thread, before leaving, raises ``RuntimeError``; so does leaving it in a
    thread that has not entered it.

    Where the block does not fit around the request, or one thread begins a request and
    another ends it, call ``pacer.wait()`` before it.  The request then counts from that
    moment, and if it takes much longer than others to reach the API, it may be one too
    many: give a ``rate`` below the quota.

    On Linux and macOS, Ctrl-C interrupts the main thread while it waits.  Python
    interrupts no other thread, so those of a pool take their turn before the program
    ends.
    """

    HEADROOM = 1.0125  # the spacing is the quota's own, times this

    def __init__(
        self, rate: float = 100, period: float = 1, *, burst: float = 8
    ) -> None:
        if rate < 1:  # 0.5 in a second is 1 in 2 s
            period = period / rate
            rate = 1
        self._capacity = int(rate)  # requests in any one period
        self._period = period
        self._spacing = self.HEADROOM * period / rate  # seconds between two requests
        self._burst = burst
        self._due = 0.0  # when the next request is due
        self._lock = threading.Lock()
        self._line: list[threading.Condition] = []  # turns of those that wait
        self._sent: dict[int, float] = {}  # when, by thread: requests in flight
        self._ended: list[float] = []  # when the others ended, in order
        self._shortest_latency = 0.0  # until the first answer

    def wait(self) -> None:
        """Wait until the quota has room for one more request."""
        with self:
            pass

    def __enter__(self) -> None:
        thread = threading.get_ident()
        turn = threading.Condition(self._lock)
        arrived = time.perf_counter()
        with self._lock:
            if thread in self._sent:
                raise RuntimeError("This thread is already inside the pacer.")
            self._line.append(turn)
            try:
                turn.wait_for(lambda: self._line[0] is turn)
                while (wait := self._seconds_until_free()) > 0:
                    turn.wait(wait)
                self._schedule_next(arrived)
                self._sent[thread] = time.perf_counter()
            finally:
                self._line.remove(turn)
                if self._line:
                    self._line[0].notify()

    def __exit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        now = time.perf_counter()
        with self._lock:
            sent = self._sent.pop(threading.get_ident(), None)
            if sent is None:
                raise RuntimeError("Leave the pacer in the thread that entered it.")
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
    limiter: ThreadPacer | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times from ``limit`` threads, paced; return them in order.

    The API allows ``rate`` requests per ``period`` seconds; the margin is taken off
    here.  Each thread has one request in flight at a time, so keeping this pace takes a
    ``limit`` of at least ``rate`` x latency / ``period``.  Pass a ``limiter`` if
    several batches share one quota: then ``rate`` and ``period`` are its own.

    The first failure is raised, but only after the threads that wait in line have had
    their turn and sent, at the same pace: up to ``limit`` requests.  A thread cannot be
    cancelled, and to close the pacer would end other batches that share it.  So keep
    ``limit`` low where ``rate`` is low.  All else is as in `threaded`.
    """
    limiter = limiter or ThreadPacer(rate, period)
    if not isinstance(limiter, ThreadPacer):
        raise TypeError(f"limiter must be a ThreadPacer(...), or None, got {limiter!r}")
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
