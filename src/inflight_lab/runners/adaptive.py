"""Adaptive: a rate limit that you do not know, read from headers or found from 429s.

The pacer is that of the rung `paced`.  What is new is that it learns from each answer,
with ``pacer.learn(response)``.  Its pace is in one of three states:

- *Known.*  You pass ``rate`` and ``period``, or the API sends a header such as
  ``RateLimit-Policy: "default";q=100;w=1``: 100 requests (q) in a window of 1 second
  (w).  Requests go at the full pace, as in `paced`.  Of several policies the one with
  the shortest window sets the pace, and all of them are counted.  A policy that counts
  something other than requests, such as ``qu="content-bytes"``, is not used.
- *Known, and holding back.*  The API refuses all the same: it allows no burst, or
  others use the quota too.  The pace goes down by a tenth, once for all that were in
  flight, or by a fifth if the tenth was too little.  It comes back after 10 s; if
  there was another refusal in the two minutes before, by a tenth every minute.
- *Searching.*  Nobody knows the quota.  The pace begins at 20 a second and grows by
  half each second until there is a 429.  Then it goes back to where it was a second
  ago, less a tenth, and from then on grows 20 times more slowly.

After a refusal **all** requests wait as long as ``Retry-After`` says, or 1 s.

What to expect, simulated for 100 a second:

- a known quota: 98.8 % of it, with no 429;
- an unknown one: 87 to 96 % of the first minute, with 4 to 17.  The rest is lost to the
  start, to the pauses, and to what is in flight when the API refuses;
- one that allows no burst, with 1 ms of jitter: 84 %, with 1 to 5 in 10 s.  Without a
  429, spacing / (spacing + 1 ms) = 91 % is the most that is possible.

Sources: draft-ietf-httpapi-ratelimit-headers-10 (work in progress); RFC 6585; RFC 9110;
additive increase and multiplicative decrease, D. Chiu and R. Jain, Computer Networks
and ISDN Systems 17(1), 1989.
"""

import asyncio
import bisect
import contextlib
import math
import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx


class Quota(NamedTuple):
    """So many requests in any ``window`` seconds."""

    requests: float
    window: float

    @property
    def rate(self) -> float:
        """Requests a second, on average."""
        return self.requests / self.window


class LearningPacer:
    """``async with pacer:`` waits for a turn; `learn` corrects the pace.

    Call ``pacer.learn(response)`` inside the block.  ``rate`` per ``period`` seconds is
    the quota, if you know it.  If the next turn is more than ``longest_pause`` seconds
    away, entering raises ``TimeoutError`` at once.  All else is as in `paced`.
    """

    MARGIN = 1.0125  # the spacing is so many times as wide as the quota's

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
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._log = RequestLog(period)
        self._pace: KnownPace | SearchedPace = SearchedPace()
        self._refusals = Refusals()
        self._due = 0.0  # when the next request is due
        self._longest_pause = longest_pause
        self._yours: list[Quota] = []  # the quota that you know
        self._quotas: list[Quota] = []  # those that are counted
        if rate:
            self._longest_pause = max(longest_pause, period + 2 * period / rate)
            self._yours = [Quota(rate, period)]
            self._keep_to(self._yours)

    @property
    def rate(self) -> float:
        """Requests a second, at the moment."""
        return self._pace.rate

    async def __aenter__(self) -> None:
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        self._log.end(answered=kind is None)
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        somebody_waits = self._limiter.locked() or self._turn.locked()
        return somebody_waits or self._seconds_until_free() > 0

    async def _take_turn(self) -> None:
        """Wait until a request may go, and note that it goes."""
        came = time.perf_counter()
        async with self._turn:
            while (wait := self._seconds_until_free()) > 0:
                if wait > self._longest_pause:
                    raise TimeoutError(
                        "Not sent: the server asked for too long a pause."
                    )
                await asyncio.sleep(wait)
            self._log.begin()
            self._schedule_next(came)

    def _seconds_until_free(self) -> float:
        """Until one more is due and every quota has room; 0 or less if it may go."""
        free_at = self._due
        for quota in self._quotas:
            most = max(1, int(quota.requests))
            free_at = max(free_at, self._log.room_at(most, quota.window))
        return free_at - time.perf_counter()

    def _schedule_next(self, came: float) -> None:
        """The next is due one spacing after this one was due, as in `paced`."""
        spacing = 1 / self._pace.rate
        catch_up_from = time.perf_counter() - (self._pace.burst - 1) * spacing
        self._due = max(came, self._due, catch_up_from) + spacing

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by what the API answered.

        A 429 is a refusal, and so is a 503 that says when to come back.
        """
        policies = quotas_in(response)
        if policies:
            self._keep_to(self._yours + policies)
        asked = retry_after(response)
        status = response.status_code
        if status == 429 or (status == 503 and asked is not None):
            self._refused(asked)
        elif status < 500:
            self._refusals.end()
            self._pace.speed_up()

    def _refused(self, asked: float | None) -> None:
        """Hold all requests back for ``asked`` seconds, and slow down."""
        now = time.perf_counter()
        if self._refusals.is_new(self._log.sent_at(now)):
            since_last = self._refusals.note(now)
            # Refused again before anything was accepted: the pause was too short, and
            # that says nothing about the pace.
            if self._refusals.in_a_row == 1:
                self._pace.slow_down(since_last)
        self._due = max(self._due, now + (asked or self._refusals.pause))

    def _keep_to(self, quotas: list[Quota]) -> None:
        """Pace requests by the quota with the shortest window.

        Another one is counted as well, unless that pace alone keeps it.
        """
        shortest = min(quotas, key=lambda quota: (quota.window, quota.requests))
        self._quotas = [quota for quota in quotas if quota.rate <= shortest.rate]
        self._log.window = max(quota.window for quota in self._quotas)
        self._log.margin = 0.01 * shortest.window
        slowest = 2 / self._longest_pause
        rate = max(shortest.rate, slowest) / self.MARGIN
        if self._pace.full_rate != rate:
            self._pace = KnownPace(rate)


class KnownPace:
    """The pace for a quota that is known: the full rate, or less after a refusal."""

    def __init__(self, full_rate: float) -> None:
        self.full_rate = full_rate
        self.rate = full_rate
        self._hold_until = 0.0

    @property
    def burst(self) -> int:
        """How many requests may go at once after a delay."""
        return 8 if self.rate == self.full_rate else 1

    def slow_down(self, since_last: float) -> None:
        """Hold back, ``since_last`` seconds after it was slowed down before."""
        self.rate /= 1.25 if since_last < 3 else 1.1
        seconds = 10 if since_last > 120 else 60
        self._hold_until = time.perf_counter() + seconds

    def speed_up(self) -> None:
        """Try a tenth more, if it has held back for long enough."""
        now = time.perf_counter()
        if now >= self._hold_until:
            self.rate = min(self.full_rate, 1.1 * self.rate)
            self._hold_until = now + 60


class SearchedPace:
    """The pace for an unknown quota: faster with each answer, until one is refused."""

    burst = 1
    full_rate = math.inf

    def __init__(self) -> None:
        self.rate = 20.0
        self._growth = 0.5  # requests a second, with each answer

    def slow_down(self, since_last: float) -> None:
        """Go back to where it was, and grow more slowly from there.

        A refusal less than three seconds after the last one says that it did not go
        back far enough.
        """
        if since_last < 3:
            self.rate /= 1.25
            return
        one_second_ago = self.rate / (1 + self._growth)
        self.rate = one_second_ago / 1.1
        self._growth = min(self._growth, max(0.002, self._growth / 20))

    def speed_up(self) -> None:
        """One more answer without a refusal."""
        self.rate += self._growth


class Refusals:
    """When the API refused, and how long to wait where it does not say.

    What was sent before the pace was corrected may be refused too: that is the same
    congestion, and no new one.
    """

    def __init__(self) -> None:
        self.in_a_row = 0  # congestions since a request was accepted
        self._last = -math.inf

    @property
    def pause(self) -> float:
        """Seconds: 1 after the first refusal, doubled by each one that follows."""
        return 0.5 * 2.0 ** min(self.in_a_row, 60)

    def is_new(self, sent: float) -> bool:
        """Whether a request that was sent then met a new congestion."""
        return sent > self._last

    def note(self, now: float) -> float:
        """Note a new congestion; return the seconds since the one before."""
        since_last = now - self._last
        self._last = now
        self.in_a_row += 1
        return since_last

    def end(self) -> None:
        """A request was accepted."""
        self.in_a_row = 0


class RequestLog:
    """The API's log of the last requests, as far as a client can know it.

    When did a request reach the API?  The client knows only when it was sent, and when
    its answer came.  The answer took some time to come, and the rest of the latency may
    have been lost on the way there.  So the request counts from the latest moment that
    is possible: when its answer came, less the shortest latency ever seen.  As long as
    it has no answer, that moment is not yet over.
    """

    def __init__(self, window: float) -> None:
        self.window = window  # for how many seconds a request counts
        self.margin = 0.01 * window  # for delay that no answer has shown yet
        self.shortest_latency = 0.0  # until the first answer
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # those in the window, in order

    def begin(self) -> None:
        """The current task sends a request."""
        self._sent[asyncio.current_task()] = time.perf_counter()

    def sent_at(self, otherwise: float) -> float:
        """When the current task sent its request; ``otherwise`` if it has sent none."""
        return self._sent.get(asyncio.current_task(), otherwise)

    def end(self, *, answered: bool) -> None:
        """The current task's request has its answer, or was given up."""
        now = time.perf_counter()
        sent = self._sent.pop(asyncio.current_task())
        latency = now - sent
        if answered:
            self.shortest_latency = min(self.shortest_latency or latency, latency)
            ended = now
        else:  # it may have reached the API as late as now
            ended = now + self.shortest_latency
        # What was cancelled may still be on its way, and a latency may be shorter than
        # the shortest one seen so far.
        earliest_end = sent + self.shortest_latency + self.margin
        bisect.insort(self._ended, max(ended, earliest_end))
        self._forget(now - self.window)

    def room_at(self, most: int, window: float) -> float:
        """When the last ``window`` seconds hold fewer than ``most``: now, or later."""
        now = time.perf_counter()
        earliest_ends = [sent + self.shortest_latency for sent in self._sent.values()]
        ends = self._ended + [max(now, end) for end in earliest_ends]
        if len(ends) < most:
            return now
        reached_api = ends[-most] - self.shortest_latency
        return reached_api + window

    def _forget(self, before: float) -> None:
        """Drop the requests that ended before."""
        del self._ended[: bisect.bisect(self._ended, before)]


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: LearningPacer,
    verbose: bool = False,
) -> httpx.Response:
    """Wait for a turn, GET ``url`` once, learn from the response, and return it.

    Raises ``ValueError`` if the status is not 200.
    """
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
    """GET ``url`` ``count`` times, as fast as its quota allows, in order.

    A `LearningPacer` as ``limiter`` goes on with what an earlier batch learnt.  The
    other parameters are those of `paced`; without ``rate`` the quota is unknown.
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


def quotas_in(response: httpx.Response) -> list[Quota]:
    """The quotas that ``RateLimit-Policy`` names.

    A policy that makes no sense, or that counts something other than requests (``qu``,
    the quota unit), is left out.
    """
    quotas = []
    for policy in response.headers.get("RateLimit-Policy", "").split(","):
        fields = dict(re.findall(r";\s*(qu|q|w)=([^;]*)", policy))
        requests = number_in(fields.get("q", ""))
        window = number_in(fields.get("w", ""))
        unit = fields.get("qu", "requests").strip(' "')
        if requests and window and unit == "requests":
            quotas.append(Quota(requests, window))
    return quotas


def number_in(text: str) -> float:
    """The number in ``text``, of at most 12 digits before the point; else 0."""
    is_number = re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", text.strip())
    return float(text) if is_number else 0.0


def retry_after(response: httpx.Response) -> float | None:
    """The seconds that ``Retry-After`` asks for, or None if it asks for no pause.

    A date is compared with the response's own ``Date``: the clocks may differ.
    """
    value = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        return min(float(value), 1e9)  # 400 digits would be infinite
    come_back = http_date(value)
    if come_back is None:
        return None
    answered = http_date(response.headers.get("Date", ""))
    if answered is None:
        answered = time.time()
    return max(0.0, come_back - answered)


def http_date(value: str) -> float | None:
    """An HTTP date, which is always in GMT, as a Unix time; None for anything else."""
    with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
        return parsedate_to_datetime(value).replace(tzinfo=UTC).timestamp()
    return None


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, positive

check_constructor(LearningPacer, longest_pause=positive(of="seconds"))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, as fast as its quota allows"
