"""Adaptive: a rate limit that you do not know, read from headers or found from 429s.

The pacer of the rung `paced`, with one more method: ``learn(response)`` corrects the pace.

- *The quota is known*: you pass ``rate`` and ``period``, or the API sends it with every answer,
  ``RateLimit-Policy: "default";q=100;w=1`` for 100 requests (q) in a window of 1 second (w).  The pace is as
  in `paced`.  Of several policies the one with the shortest window sets the pace; all of them are counted.
- *It refuses all the same* (it allows no burst, or others use it): **all** wait as long as ``Retry-After``
  says, or 1 s.  The pace goes down by a tenth, once for all that were in flight, or by a fifth where that was
  too little.  It comes back after 10 s; if it was refused in the two minutes before, a tenth every minute.
- *Nobody knows the quota*: the pace begins at 10 a second and grows by half each second until there is a 429.
  It goes back to where it was a second ago, less a tenth, and from then on grows 20 times more slowly.

Simulated, for 100 a second, a latency of 50 ms and a minute: of a known quota it uses 98.8 % after the first
second, with no 429; of an unknown one 85 to 94 %, with 4 to 19.  Of one that allows no burst, where network
delays vary by 1 ms, it uses 84 %, with 5 in 10 s; spacing / (spacing + 1 ms) = 91 % could be had without any.

Sources: draft-ietf-httpapi-ratelimit-headers-10 (work in progress) for the header; RFC 6585, section 4, for
429; RFC 9110, section 10.2.3, for ``Retry-After``; additive increase and multiplicative decrease (AIMD) from
D. Chiu and R. Jain, Computer Networks and ISDN Systems 17(1), 1989; the quick start from TCP (RFC 5681).
"""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx


class LearningPacer:
    """``async with pacer:`` waits for a turn; ``pacer.learn(response)``, inside the block, corrects the pace.

    ``rate`` per ``period`` seconds is the quota, if you know it; without it, it is read or found.
    If the next turn is more than ``longest_pause`` seconds away, each request has a ``TimeoutError`` at once.
    All else is as with the `Pacer` of the rung `paced`.
    """

    def __init__(
        self,
        rate: float | None = None,
        period: float = 1.0,
        *,
        limit: int | None = None,
        limiter: Any = None,
        longest_pause: float = 60,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit or 90)
        self._turn = asyncio.Lock()
        self._due = 0.0
        self._longest_pause = max(longest_pause, period + 2 * period / rate) if rate else longest_pause
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # in the longest window
        self._shortest = 0.0  # the shortest latency; 0 before the first answer
        self.rate, self._full_rate, self._growth = 10.0, float("inf"), 0.5  # where nobody knows the quota
        self._slowed = self._steady_until = float("-inf")
        self._pause = 0.0  # after a refusal that does not say how long; 0 since an answer came
        self._yours = [(rate, period)] if rate else []
        self._quotas: list[tuple[float, float]] = []
        self._keep_to(self._yours)

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        now, sent = time.perf_counter(), self._sent.pop(asyncio.current_task())
        if kind is None:
            self._shortest = min(self._shortest or now - sent, now - sent)
        if self._quotas:  # see `paced` for how the API's log is kept
            ended = now if kind is None else now + self._shortest
            ended = max(ended, sent + self._shortest + 0.01 * self._quotas[0][1])
            del self._ended[: bisect.bisect(self._ended, now - self._quotas[-1][1])]
            bisect.insort(self._ended, ended)
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        now = time.perf_counter()
        return self._limiter.locked() or self._turn.locked() or self._free_at(now) > now

    async def _take_turn(self) -> None:
        """Wait until the request is due and there is room for it, and note when it goes."""
        clock = time.perf_counter
        came = clock()
        async with self._turn:
            while (wait := self._free_at(clock()) - clock()) > 0:
                if wait > self._longest_pause:
                    raise TimeoutError("Not sent: the server asked for too long a pause.")
                await asyncio.sleep(wait)
            self._sent[asyncio.current_task()] = now = clock()
            catch_up = 7 / self.rate if self.rate == self._full_rate else 0
            self._due = max(came, self._due, now - catch_up) + 1 / self.rate

    def _free_at(self, now: float) -> float:
        """When the next is due, no pause is asked for, and every quota has room for one more."""
        flying = [max(now, sent + self._shortest) for sent in self._sent.values()]
        moment = self._due
        for quota, window in self._quotas:
            over = len(self._ended) + len(flying) - max(1, int(quota))
            if over >= 0:
                reached = self._ended[over] if over < len(self._ended) else flying[over - len(self._ended)]
                moment = max(moment, reached - self._shortest + window)
        return moment

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by what the API answered.  A 503 is a refusal if it says when to come back."""
        now, asked = time.perf_counter(), retry_after(response)
        if quotas := quotas_in(response):
            self._keep_to(self._yours + quotas)
        if response.status_code == 429 or (response.status_code == 503 and asked is not None):
            if self._sent.get(asyncio.current_task(), now) > self._slowed:  # else it is the same congestion
                self._slow_down(now)
            self._due = max(self._due, now + (asked or self._pause))
        elif response.status_code < 500:
            self._pause = 0.0
            if not self._quotas:
                self.rate += self._growth
            elif now >= self._steady_until:
                self.rate, self._steady_until = min(self._full_rate, 1.1 * self.rate), now + 60

    def _keep_to(self, quotas: list[tuple[float, float]]) -> None:
        """Space requests by the quota with the shortest window, and count for all that could be exceeded."""
        quotas = sorted(quotas, key=lambda quota: (quota[1], quota[0]))
        quotas = [each for each in quotas if each[0] / each[1] <= quotas[0][0] / quotas[0][1]]
        if quotas != self._quotas:
            (most, window), *_ = self._quotas = quotas
            self.rate = self._full_rate = max(most / window, 2 / self._longest_pause) / 1.0125

    def _slow_down(self, now: float) -> None:
        since, self._slowed = now - self._slowed, now
        if self._pause:  # nothing was accepted since the last one: not the pace was wrong, but the pause
            self._pause *= 2
            return
        self._pause, self._steady_until = 1.0, now + (10 if since > 120 else 60)
        if since < 3:
            self.rate *= 0.8
        else:
            self.rate /= 1.1 * (1 if self._quotas else 1 + self._growth)
            self._growth = max(0.002, self._growth / 20)


def quotas_in(response: httpx.Response) -> list[tuple[float, float]]:
    """Requests and seconds of each policy in ``RateLimit-Policy``; what makes no sense is left out."""
    quotas = []
    for policy in response.headers.get("RateLimit-Policy", "").split(","):
        found = dict(re.findall(r";\s*([qw])=([0-9]{1,12}(?:\.[0-9]+)?)(?![^;])", policy))
        quotas.append((float(found.get("q", 0)), float(found.get("w", 0))))
    return [(quota, window) for quota, window in quotas if quota and window]


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that ``Retry-After`` asks for; None if it is missing, or is neither seconds nor a date.

    A date is counted from the response's own ``Date``, so that two clocks need not agree.
    Source: RFC 9110, section 10.2.3; decimals, which it does not know, are sent by some APIs.
    """
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    at, sent = http_date(value), http_date(response.headers.get("Date", ""))
    return at if at is None else max(0.0, at - (time.time() if sent is None else sent))


def http_date(value: str) -> float | None:
    """An HTTP-date, which is always in GMT, as a Unix time; None for anything else."""
    with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
        return parsedate_to_datetime(value).replace(tzinfo=UTC).timestamp()
    return None


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, limiter: LearningPacer, verbose: bool = False
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once, learn from the response and return it; raise if it is no 200."""
    async with limiter:
        if verbose:
            print(f"Making request {num}")
        response = await client.get(url, headers={"Content-Type": "application/json"})
        limiter.learn(response)
    if response.status_code != 200:
        raise ValueError(f"Unexpected Status: Http status code is {response.status_code}.")
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    rate: float | None = None,
    period: float = 1.0,
    limit: int | None = None,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, as fast as its quota allows, and return the responses in order.

    Without a ``rate`` it is read or found.  A refused request is a failure, and is not sent again.
    ``limiter`` is a `LearningPacer`, to go on with what an earlier batch learnt.  All else is as in `paced`.
    """
    if not isinstance(limiter, LearningPacer):
        limiter = LearningPacer(rate, period, limit=limit, limiter=limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, limiter=limiter, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below, the package attaches its checks and the plan that its command line shows.
from inflight_lab.arguments import checked, positive

checked(LearningPacer, longest_pause=positive(" of seconds"))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, as fast as its quota allows"
