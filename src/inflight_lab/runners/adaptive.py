"""Adaptive: the limit that nobody told you.

Many APIs do tell, in a header of every answer: ``RateLimit-Policy: "default";q=100;w=1`` means 100
requests (q) in a window of 1 second (w).  Then the pace is 98 % of that, from the first answer on (and a
tenth less with each refusal, should others use the same quota, or the network have much jitter).

Where they do not, the rate has to be found, and to find it costs refusals: it grows until there is a 429,
is cut, and grows again, more slowly.  After a 429 *all* wait for as long as ``Retry-After`` says.

Sources: draft-ietf-httpapi-ratelimit-headers-10 (work in progress) for the header; RFC 6585, section 4,
for 429; RFC 9110, section 10.2.3, for ``Retry-After``; additive increase and multiplicative decrease
(AIMD) from D. Chiu and R. Jain, Computer Networks and ISDN Systems 17(1), 1989, and the quick start
before the first refusal from TCP (RFC 5681).

Run it: ``inflight-lab run adaptive URL --count 200``.
"""

from __future__ import annotations

import asyncio
import contextlib
import email.utils
import re
import time
from types import TracebackType
from typing import Protocol

import httpx


class LearningPacer:
    """``async with pacer:`` waits until the next request is due; ``learn`` corrects the pace.

    First come, first served, evenly spaced, with a catch-up of at most 5 ms.  A waiter that is cancelled
    gives its turn to the next in line.  ``rate``, per second, is the pace: a guess that becomes what the
    API told or what was found.  Keep one pacer for all that share a quota, on one event loop.

    At most ``limit`` are inside at once (by default 90); ``limiter`` takes the place of that semaphore.

    When the API asks for a pause of more than ``longest_pause`` seconds, nobody waits: until it is over each
    request that wants a turn is told so by a ``TimeoutError``.
    """

    def __init__(
        self,
        rate: float = 10,
        *,
        limit: int | None = None,
        limiter: Limiter | None = None,
        longest_pause: float = 60,
    ) -> None:
        self.rate = rate
        self._longest_pause = longest_pause
        self._limiter = limiter or asyncio.Semaphore(limit or 90)
        self._turn = asyncio.Lock()
        self._due = self._held_until = 0.0
        self._growth = 1.0
        self._share = 0.98

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._limiter.__aexit__(exc_type, exc, traceback)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        now = asyncio.get_running_loop().time()
        return self._limiter.locked() or self._turn.locked() or max(self._due, self._held_until) > now

    async def _take_turn(self) -> None:
        clock = asyncio.get_running_loop().time
        came = clock()
        async with self._turn:
            due = max(self._due, came)
            while (wait := max(due, self._held_until) - clock()) > 0:
                if self._held_until - clock() > self._longest_pause:
                    raise TimeoutError("Not sent: the server asked for too long a pause.")
                await asyncio.sleep(wait)
            self._due = max(due, clock() - 0.005) + 1 / self.rate

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by what the API answered."""
        now = asyncio.get_running_loop().time()
        if response.status_code == 429:
            if now >= self._held_until:  # not one more of those that flew at the same time
                self.rate *= 0.5 if self._growth == 1 else 0.9
                self._share *= 0.9
                self._growth = 0.005
            self._held_until = max(self._held_until, now + seconds_to_wait(response.headers))
        else:
            self.rate += self._growth
        if told := told_rate(response.headers):
            self.rate = self._share * told


def told_rate(headers: httpx.Headers) -> float | None:
    """The rate per second that ``RateLimit-Policy`` permits: of several policies the strictest; or None."""
    rates = []
    for policy in headers.get("RateLimit-Policy", "").split(","):
        parameters = dict(re.findall(r";\s*([qw])=(\d+(?:\.\d+)?)(?![^;])", policy))
        quota, window = float(parameters.get("q", 0)), float(parameters.get("w", 0))
        if window > 0 and 0 < quota / window < float("inf"):
            rates.append(quota / window)
    return min(rates, default=None)


def seconds_to_wait(headers: httpx.Headers) -> float:
    """What ``Retry-After`` says, in seconds or as a date; 1 second where it says nothing of use."""
    value = headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    with contextlib.suppress(ValueError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    return 1.0


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
    rate: float = 10,
    limit: int | None = None,
    client: httpx.AsyncClient | None = None,
    limiter: Limiter | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, at a pace learnt on the way, and return the responses in order.

    ``rate`` is where the pace begins, per second.  ``limit`` is how many may be in flight at once, by
    default 90: fewer than the connections of httpx's pool.
    ``limiter`` is a `LearningPacer`, to go on with what an earlier batch has learnt: then ``rate`` and
    ``limit`` are its own.  Any other limiter takes the place of ``limit`` only.
    ``client`` is used and left open; without one, a client is opened for this run and closed after it.
    A refused request is not sent again: it is a failure.  The first failure is raised and the other
    results are lost, unless ``return_exceptions`` is true: then each stands in the place of its response.
    As always with ``asyncio.gather``, a raised failure does not cancel the other requests.
    ``verbose`` prints a line just before each request.
    """
    pacer = (
        limiter if isinstance(limiter, LearningPacer) else LearningPacer(rate, limit=limit, limiter=limiter)
    )
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(make_one_request(url, num, client=client, limiter=pacer, verbose=verbose))
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


class Limiter(contextlib.AbstractAsyncContextManager[object], Protocol):
    """``asyncio.Semaphore``, or what else has its ``async with`` and ``locked()``."""

    def locked(self) -> bool: ...  # noqa: D102


# The lesson ends here.  Below, the package attaches its checks and the plan that its command line shows.
from inflight_lab.arguments import checked

checked(LearningPacer)
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, {rate:g} a second at first and then what it allows"
