"""Adaptive: a rate limit that you do not know, read from headers or found from 429s.

The pacer of the rung `paced`, and what it learns from each answer with
``pacer.learn(response)``:

- *The quota is known*: you pass ``rate`` and ``period``, or the API sends
  ``RateLimit-Policy: "default";q=100;w=1``, 100 requests (q) in a window of 1 second
  (w).  The pace is as in `paced`.  Of several policies the one with the shortest window
  sets the pace; all of them are counted.  A policy for something other than requests,
  such as ``qu="content-bytes"``, is not used.
- *It refuses all the same* (it allows no burst, or others use it): **all** wait as long
  as ``Retry-After`` says, or 1 s.  The pace goes down by a tenth, once for all that
  were in flight, or by a fifth where that was too little.  It comes back after 10 s; if
  it was refused in the two minutes before, a tenth every minute.
- *Nobody knows the quota*: the pace begins at 20 a second and grows by half each second
  until there is a 429. It goes back to where it was a second ago, less a tenth, and
  from then on grows 20 times more slowly.

What to expect, simulated for 100 a second: of a known quota 98.8 %, with no 429.  Of an
unknown one 87 to 96 % of the first minute, with 4 to 17: the start, the pauses and what
is in flight at a refusal cost the rest.  Of one that allows no burst, with 1 ms of
jitter, 84 %, with 1 to 5 in 10 s; spacing / (spacing + 1 ms) = 91 % is the most that
needs none.

Sources: draft-ietf-httpapi-ratelimit-headers-10 (work in progress); RFC 6585; RFC 9110;
additive increase and multiplicative decrease, D. Chiu and R. Jain, Computer Networks
and ISDN Systems 17(1), 1989.
"""

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

    ``rate`` per ``period`` seconds is the quota, if you know it.  If the next turn is
    more than ``longest_pause`` seconds away, there is a ``TimeoutError`` at once.  All
    else is as in `paced`.
    """

    def __init__(
        self,
        rate: float | None = None,
        period: float = 1.0,
        *,
        limit: int = 90,
        limiter: Any = None,
        longest_pause: float = 60,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit)
        self._turn = asyncio.Lock()
        self._due, self._burst = (
            0.0,
            8 if rate else 1,
        )  # catches up as long as nobody refuses
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # in the longest window
        self._shortest = 0.0  # the shortest latency; 0 before the first answer
        self._longest_pause = (
            max(longest_pause, period + 2 * period / rate) if rate else longest_pause
        )
        self._quotas = [(1.0, 10**9)]  # nobody knows: more than anyone sends
        self.rate, self._full_rate, self._growth = (
            20.0,
            float("inf"),
            0.5,
        )  # a second, and with each answer
        self._slowed = self._steady_until = float("-inf")
        self._pause = (
            0.5  # doubled by each refusal, and waited where it does not say how long
        )
        self._yours = [(rate, period)] if rate else []
        if self._yours:
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
        ended = now if kind is None else now + self._shortest
        bisect.insort(
            self._ended, max(ended, sent + self._shortest + 0.01 * self._quotas[0][0])
        )
        del self._ended[: bisect.bisect(self._ended, now - self._quotas[-1][0])]
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        now = time.perf_counter()
        return self._limiter.locked() or self._turn.locked() or self._free_at(now) > now

    async def _take_turn(self) -> None:
        """Wait until the request is due and there is room for it, and note when it goes."""
        came = time.perf_counter()
        async with self._turn:
            while (wait := self._free_at(now := time.perf_counter()) - now) > 0:
                if wait > self._longest_pause:
                    raise TimeoutError(
                        "Not sent: the server asked for too long a pause."
                    )
                await asyncio.sleep(wait)
            self._sent[asyncio.current_task()] = now
            self._due = (
                max(came, self._due, now - (self._burst - 1) / self.rate)
                + 1 / self.rate
            )

    def _free_at(self, now: float) -> float:
        """When the next is due, and every log has room: a window after an earlier one reached the API."""
        reached = self._ended + [
            max(now, sent + self._shortest) for sent in self._sent.values()
        ]
        room = [
            reached[-most] - self._shortest + w
            for w, most in self._quotas
            if len(reached) >= most
        ]
        return max([self._due, *room])

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by what the API answered.  A 503 is a refusal if it says when to come back."""
        now, asked = time.perf_counter(), retry_after(response)
        if policies := quotas_in(response):
            self._keep_to(self._yours + policies)
        if response.status_code == 429 or (
            response.status_code == 503 and asked is not None
        ):
            if (
                self._sent.get(asyncio.current_task(), now) > self._slowed
            ):  # else it is the same congestion
                self._slow_down(now)
            self._due = max(self._due, now + (asked or self._pause))
        elif response.status_code < 500:
            self._pause = 0.5
            if self._growth:
                self.rate += self._growth
            elif now >= self._steady_until:
                self.rate, self._steady_until = (
                    min(self._full_rate, 1.1 * self.rate),
                    now + 60,
                )
        self._burst = 8 if self.rate == self._full_rate else 1

    def _keep_to(self, quotas: list[tuple[float, float]]) -> None:
        """Space requests by the quota with the shortest window, and count for all that could be exceeded."""
        most, window = min(quotas, key=lambda quota: (quota[1], quota[0]))
        self._quotas = sorted(
            (w, max(1, int(q))) for q, w in quotas if q / w <= most / window
        )
        pace = max(most / window, 2 / self._longest_pause) / 1.0125
        if pace != self._full_rate:
            self.rate, self._full_rate, self._growth = pace, pace, 0.0

    def _slow_down(self, now: float) -> None:
        since, self._slowed, self._pause = now - self._slowed, now, 2 * self._pause
        if (
            self._pause > 1
        ):  # nothing was accepted since the last one: not the pace was wrong, but the pause
            return
        self._steady_until = now + (10 if since > 120 else 60)
        self.rate /= 1.25 if since < 3 else 1.1 * (1 + self._growth)
        if since >= 3:
            self._growth = min(self._growth, max(0.002, self._growth / 20))


def quotas_in(response: httpx.Response) -> list[tuple[float, float]]:
    """Requests and seconds of each policy in ``RateLimit-Policy``.

    A policy that counts something else (its ``qu``, the quota unit) or makes no sense
    is left out.
    """
    quotas = []
    for policy in response.headers.get("RateLimit-Policy", "").split(","):
        said = dict(re.findall(r";\s*(qu|q|w)=([^;]*)", policy))
        quota = number_in(said.get("q", ""))
        window = number_in(said.get("w", ""))
        unit = said.get("qu", "requests").strip(' "')
        if quota and window and unit == "requests":
            quotas.append((quota, window))
    return quotas


def number_in(text: str) -> float:
    """The number that ``text`` is, of at most 12 digits before the point; 0 if it is none."""
    is_number = re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", text.strip())
    return float(text) if is_number else 0.0


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that ``Retry-After`` asks for; of a date, from the response's own ``Date`` on; or None."""
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
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: LearningPacer,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once, learn from the response and return it; raise if it is no 200."""
    async with limiter:
        if verbose:
            print(f"Making request {num}")
        response = await client.get(url, headers={"Content-Type": "application/json"})
        limiter.learn(response)
    if response.status_code != 200:
        raise ValueError(
            f"Unexpected Status: Http status code is {response.status_code}."
        )
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    rate: float | None = None,
    period: float = 1.0,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, as fast as its quota allows, and return the responses in order.

    A `LearningPacer` as ``limiter`` goes on with what an earlier batch learnt.  The
    rest is as in `paced`.
    """
    if not isinstance(limiter, LearningPacer):
        limiter = LearningPacer(rate, period, limit=limit, limiter=limiter)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url, num, client=client, limiter=limiter, verbose=verbose
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, positive

check_constructor(LearningPacer, longest_pause=positive(of="seconds"))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, as fast as its quota allows"
