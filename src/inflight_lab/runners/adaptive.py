"""Adaptive: the rate limit that nobody told you, read from headers or found from 429s.

The pacer of the rung `paced`, with one more method: ``learn(response)`` corrects the pace.

- *The quota is known*: you pass ``rate`` and ``period``, or the API sends it with every answer,
  ``RateLimit-Policy: "default";q=100;w=1`` for 100 requests (q) in a window of 1 second (w).  The pace is as
  in `paced`.  Of several policies the one with the shortest window sets the pace; all of them are counted.
- *It refuses all the same* (it allows no burst, others use it, or it was lowered): **all** wait for as long
  as ``Retry-After`` says, or 1 s.  The pace goes down by a tenth, once for all that were in flight, or by a
  fifth where that was too little.  Without another refusal it comes back after 10 s; if there was one in the
  two minutes before, after 60 s, a tenth at a time.
- *Nobody knows the quota*: the pace begins at 10 a second and grows by half each second until there is a 429.
  It goes back to where it was a second ago, less a tenth, and from then on grows 20 times more slowly.

What that costs (simulated: 100 a second, latency 50 ms, 60 s from the first request).  A known quota: 98.8 %
used after the first second and no 429; one stray 429 costs 2 % beside its pause of a second.  An unknown one:
85 to 94 % used, 4 to 19 429s.  That is close to a frontier: finding the pace takes 2 to 3 s, each refusal
pauses 1 s, and each time all that is in flight is refused.  Of thousands of settings none used more than
90 % with fewer than 10 429s on every kind of quota.

A quota that allows no burst (GCRA(1), nginx without ``burst``), with a spacing T and network delays that vary
by up to J, allows T / (T + J): 91 % at 10 ms and 1 ms.  This pacer, told the rate, uses 84 % for 5 429s in
10 s.  Over a real network ``Retry-After`` decides: it knows whole seconds only, so a request 1 ms early costs
a second.  The trade is yours: a lower ``rate`` is refused less; `paced` never pauses, uses more, and gets
the 429s.

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
    First come, first served.  A waiter that is cancelled gives its turn to the next in line.

    At most ``limit`` are inside at once (by default 90); ``limiter`` takes the place of that semaphore.
    If the next turn is more than ``longest_pause`` seconds away, each request has a ``TimeoutError`` at once.
    Keep one pacer for all that share a quota, on one event loop.  A task can be inside once at a time.
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
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._due = self._held_until = 0.0
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
        return self._limiter.locked() or self._turn.locked() or max(self._due, self._room_at(now)) > now

    async def _take_turn(self) -> None:
        """Wait until the request is due and there is room for it, and note when it goes."""
        clock = time.perf_counter
        due = clock()
        async with self._turn:
            due = max(due, self._due)
            while (wait := max(due, self._room_at(clock())) - clock()) > 0:
                if wait > self._longest_pause:
                    raise TimeoutError("Not sent: the server asked for too long a pause.")
                await asyncio.sleep(wait)
            self._sent[asyncio.current_task()] = clock()
            catch_up = 7 / self.rate if self.rate == self._full_rate else 0
            self._due = max(due, clock() - catch_up) + 1 / self.rate

    def _room_at(self, now: float) -> float:
        """When the pause is over and every quota has room for one more."""
        moments, log = [self._held_until], self._ended
        for quota, window in self._quotas:
            over = len(log) + len(self._sent) - max(1, int(quota))
            if over >= len(log):
                sent = list(self._sent.values())[over - len(log)]
                moments.append(max(sent, now - self._shortest) + window)
            elif over >= 0:
                moments.append(log[over] - self._shortest + window)
        return max(moments)

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by what the API answered.  A 503 is a refusal if it says when to come back."""
        now, asked = time.perf_counter(), retry_after(response)
        if quotas := quotas_in(response):
            self._keep_to(self._yours + quotas)
        if response.status_code == 429 or (response.status_code == 503 and asked is not None):
            if self._sent.get(asyncio.current_task(), now) > self._slowed:  # else it is the same congestion
                self._slow_down(now)
            self._held_until = max(self._held_until, now + (asked or self._pause))
        elif response.status_code < 500:
            self._speed_up(now)

    def _keep_to(self, quotas: list[tuple[float, float]]) -> None:
        """Space requests by the quota with the shortest window, and count for all that could be exceeded."""
        quotas = sorted(quotas, key=lambda quota: (quota[1], quota[0]))
        rates = [quota / window for quota, window in quotas]
        quotas = [quota for quota, rate in zip(quotas, rates, strict=True) if rate <= rates[0]]
        if quotas != self._quotas:
            self._quotas = quotas
            self.rate = self._full_rate = max(rates[0], 2 / self._longest_pause) / 1.0125

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

    def _speed_up(self, now: float) -> None:
        self._pause = 0.0
        if not self._quotas:
            self.rate += self._growth
        elif now >= self._steady_until:
            self.rate, self._steady_until = min(self._full_rate, 1.1 * self.rate), now + 60


def quotas_in(response: httpx.Response) -> list[tuple[float, float]]:
    """Requests and seconds of each policy in ``RateLimit-Policy``; what makes no sense is left out."""
    policies = response.headers.get("RateLimit-Policy", "").split(",")
    found = [
        dict(re.findall(r";\s*([qw])=([0-9]{1,12}(?:\.[0-9]+)?)(?![^;])", policy)) for policy in policies
    ]
    quotas = [(float(each.get("q", 0)), float(each.get("w", 0))) for each in found]
    return [(quota, window) for quota, window in quotas if quota and window]


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that ``Retry-After`` asks for; None if it is missing, or is neither seconds nor a date.

    A date is counted from the response's own ``Date``, so that two clocks need not agree, and is 0.0 in the
    past.  Source: RFC 9110, section 10.2.3; decimals, which it does not know, are sent by some APIs.
    """
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return float(value)
    at, sent = http_date(value), http_date(response.headers.get("Date", ""))
    return at if at is None else max(0.0, at - (time.time() if sent is None else sent))


def http_date(value: str) -> float | None:
    """An HTTP-date as a Unix time; None for anything else."""
    try:
        at = parsedate_to_datetime(value)
        return at.replace(tzinfo=at.tzinfo or UTC).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, limiter: LearningPacer, verbose: bool = False
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once, learn from the response and return it.

    Raises ``ValueError`` for a status other than 200, what httpx raises when there is no answer, and
    ``TimeoutError`` when the API wants too long a pause.
    """
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

    ``limiter`` is a `LearningPacer`, to go on with what an earlier batch has learnt: then ``rate``,
    ``period`` and ``limit`` are its own.  Any other limiter takes the place of ``limit`` only.
    A refused request is not sent again: it is a failure.  All else is as in `paced`.
    """
    learnt = isinstance(limiter, LearningPacer)
    pacer = limiter if learnt else LearningPacer(rate, period, limit=limit, limiter=limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, limiter=pacer, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below, the package attaches its checks and the plan that its command line shows.
from inflight_lab.arguments import checked, positive

checked(LearningPacer, longest_pause=positive(" of seconds"))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, as fast as its quota allows"
