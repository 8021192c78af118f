"""Adaptive: a rate limit that you do not know, read from headers or found from 429s.

The pacer is the one of the rung `paced`, but it learns from each answer, with
``pacer.learn(response)``.  Its pace is in one of three states:

- *Known.*  You pass ``rate`` and ``period``, or the API sends a header such as
  ``RateLimit-Policy: "default";q=100;w=1``: 100 requests (q) in a window of 1 second
  (w).  Requests go at the full pace, as in `paced`.  Of several policies the one with
  the shortest window sets the pace, and all of them are counted.  A policy that counts
  something other than requests, such as ``qu="content-bytes"``, is not used.
- *Known, and holding back.*  The API refuses all the same: it allows no burst, or
  others use the quota too.  The pace goes down by a tenth, once for all that were in
  flight, or by a fifth if the tenth was too little.  It comes back after 10 s; if
  there was another refusal in the two minutes before, by a tenth every minute.
- *Searching.*  The quota is unknown.  The pace begins at 20 a second and grows by
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

LockableLimiter = Any  # a limiter with ``locked()``, such as asyncio.Semaphore

# The pace after a refusal.
SMALL_STEP = 1.1  # it is divided by this, and later multiplied by it again
LARGE_STEP = 1.25  # it is divided by this if the small step was too little
SOON = 3  # seconds: a refusal so soon after another says that the step was too little
LONG_AGO = 120  # seconds: two refusals further apart than this are unrelated
SHORT_HOLD = 10  # seconds at the lower pace, if the last refusal was long ago
LONG_HOLD = 60  # seconds at the lower pace otherwise, and between two steps up
BURST = 8  # requests that may go at once after a delay, at the full pace

# The search for an unknown quota.
FIRST_RATE = 20.0  # requests a second
FIRST_GROWTH = 0.5  # requests a second that each accepted request adds
GROWTH_DIVISOR = 20  # the growth is divided by this at a refusal
LEAST_GROWTH = 0.002  # requests a second; it never grows more slowly than this


class Quota(NamedTuple):
    """``requests`` are allowed in any ``window`` seconds."""

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

    HEADROOM = 1.0125  # the spacing is the quota's own, times this

    def __init__(
        self,
        rate: float | None = None,
        period: float = 1.0,
        *,
        limit: int = 90,
        limiter: LockableLimiter = None,
        longest_pause: float = 60,
    ) -> None:
        self._limiter = limiter or asyncio.Semaphore(limit)
        self._turn = asyncio.Lock()  # asyncio's locks are first come, first served
        self._log = RequestLog(period)
        self._pace: KnownPace | SearchingPace = SearchingPace()
        self._refusals = Refusals()
        self._due = 0.0  # when the next request is due
        self._longest_pause = longest_pause
        self._yours: list[Quota] = []  # the quota that you know
        self._quotas: list[Quota] = []  # the quotas whose requests are counted
        if rate is not None:
            # Your own rate never makes a request give up: one period, two spacings.
            self._longest_pause = max(longest_pause, period + 2 * period / rate)
            self._yours = [Quota(rate, period)]
            self._keep_to(self._yours)

    @property
    def rate(self) -> float:
        """Requests a second, at the moment."""
        return self._pace.rate

    async def __aenter__(self) -> None:
        self._log.refuse_second_entry()
        await self._limiter.__aenter__()
        try:
            await self._take_turn()
        except BaseException:
            await self._limiter.__aexit__(None, None, None)
            raise

    async def __aexit__(self, kind: type[BaseException] | None, *exc_info: Any) -> None:
        self._log.note_ended(answered=kind is None)
        await self._limiter.__aexit__(kind, *exc_info)

    def locked(self) -> bool:
        """Whether one more request would have to wait now."""
        somebody_waits = self._limiter.locked() or self._turn.locked()
        return somebody_waits or self._seconds_until_free() > 0

    async def _take_turn(self) -> None:
        """Wait until a request may go, and note that it goes."""
        arrived = time.perf_counter()
        async with self._turn:
            while (wait := self._seconds_until_free()) > 0:
                if wait > self._longest_pause:
                    raise TimeoutError(
                        f"Not sent: the next turn is {wait:.0f} s away, "
                        f"and longest_pause is {self._longest_pause:g} s."
                    )
                await asyncio.sleep(wait)
            self._log.note_sent()
            self._schedule_next(arrived)

    def _seconds_until_free(self) -> float:
        """Until a request is due and every quota has room; 0 or less if it may go."""
        free_at = self._due
        for quota in self._quotas:
            capacity = max(1, int(quota.requests))
            free_at = max(free_at, self._log.room_at(capacity, quota.window))
        return free_at - time.perf_counter()

    def _schedule_next(self, arrived: float) -> None:
        """Set when the next request is due, as in `paced`."""
        spacing = 1 / self._pace.rate
        catch_up_from = time.perf_counter() - (self._pace.burst - 1) * spacing
        self._due = max(arrived, self._due, catch_up_from) + spacing

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by the API's answer.

        A 429 is a refusal, and so is a 503 that says when to come back.
        """
        policies = quotas_in(response)
        if policies:
            self._keep_to(self._yours + policies)
        pause = retry_after(response)
        status = response.status_code
        if status == 429 or (status == 503 and pause is not None):
            self._hold_back(pause)
        elif status < 500:
            self._refusals.note_accepted()
            self._pace.speed_up()

    def _hold_back(self, pause: float | None) -> None:
        """Let no request go for ``pause`` seconds, and slow down."""
        now = time.perf_counter()
        if self._refusals.begins_episode(self._log.sent_at(now)):
            since_last = self._refusals.note_episode(now)
            # Refused again before anything was accepted: the pause was too short, but
            # the pace need not be wrong.
            if self._refusals.in_a_row == 1:
                self._pace.slow_down(since_last)
        if pause is None or pause == 0:
            pause = self._refusals.pause
        self._due = max(self._due, now + pause)

    def _keep_to(self, quotas: list[Quota]) -> None:
        """Pace requests by the quota with the shortest window.

        Requests are counted for another quota too, unless that pace alone keeps it.
        """
        shortest = min(quotas, key=lambda quota: (quota.window, quota.requests))
        self._quotas = [quota for quota in quotas if quota.rate <= shortest.rate]
        self._log.window = max(quota.window for quota in self._quotas)
        self._log.slack = 0.01 * shortest.window
        # Evenly spaced, the requests of a slow quota could be further apart than
        # longest_pause, and all would give up.  Then go faster than its average: it is
        # kept all the same, because its requests are counted.
        slowest = 2 / self._longest_pause
        rate = max(shortest.rate, slowest) / self.HEADROOM
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
        return BURST if self.rate == self.full_rate else 1

    def slow_down(self, since_last: float) -> None:
        """Go more slowly; the last refusal was ``since_last`` seconds ago."""
        self.rate /= LARGE_STEP if since_last < SOON else SMALL_STEP
        seconds = SHORT_HOLD if since_last > LONG_AGO else LONG_HOLD
        self._hold_until = time.perf_counter() + seconds

    def speed_up(self) -> None:
        """Go a tenth faster, if the pace was held down for long enough."""
        now = time.perf_counter()
        if now >= self._hold_until:
            self.rate = min(self.full_rate, SMALL_STEP * self.rate)
            self._hold_until = now + LONG_HOLD


class SearchingPace:
    """The pace for an unknown quota: faster with each answer, until one is refused."""

    burst = 1
    full_rate = math.inf

    def __init__(self) -> None:
        self.rate = FIRST_RATE
        self._growth = FIRST_GROWTH

    def slow_down(self, since_last: float) -> None:
        """Go back to the pace of a second ago, less a step; then grow more slowly.

        After two refusals in a short time the first step back was too little: take a
        larger one.
        """
        if since_last < SOON:
            self.rate /= LARGE_STEP
            return
        one_second_ago = self.rate / (1 + self._growth)
        self.rate = one_second_ago / SMALL_STEP
        self._growth = max(LEAST_GROWTH, self._growth / GROWTH_DIVISOR)

    def speed_up(self) -> None:
        """Go a little faster: one more request was accepted."""
        self.rate += self._growth


class Refusals:
    """When the API refused requests, in episodes, and how long to wait after each.

    Requests that were sent before the pace was corrected may be refused too.  They
    belong to the same episode.
    """

    def __init__(self) -> None:
        self.in_a_row = 0  # episodes since a request was accepted
        self._last = -math.inf  # when the last episode began

    @property
    def pause(self) -> float:
        """Seconds, if the API names none: 1, and twice as many each time in a row."""
        return 0.5 * 2.0 ** min(self.in_a_row, 60)

    def begins_episode(self, sent: float) -> bool:
        """Whether the refusal of a request ``sent`` at that time begins an episode."""
        return sent > self._last

    def note_episode(self, now: float) -> float:
        """Note that an episode begins; return the seconds since the one before."""
        since_last = now - self._last
        self._last = now
        self.in_a_row += 1
        return since_last

    def note_accepted(self) -> None:
        """Note that a request was accepted."""
        self.in_a_row = 0


class RequestLog:
    """The API's log of the last requests, as far as a client can know it.

    When did a request reach the API?  The client knows only when it sent the request
    and when the answer came.  The answer took at least the shortest latency ever seen;
    the rest may have been delay on the way to the API.  So a request counts from the
    latest possible moment: when its answer came, less the shortest latency.  As long as
    there is no answer, it may be reaching the API right now.

    Copied from `paced`, so that this file can be pasted.  New here: `sent_at`.
    """

    def __init__(self, window: float) -> None:
        self.window = window  # for how many seconds a request counts
        self.slack = 0.01 * window  # seconds, for delays longer than any seen so far
        self.shortest_latency = 0.0  # until the first answer
        self._has_answers = False
        self._sent: dict[asyncio.Task[Any] | None, float] = {}  # in flight
        self._ended: list[float] = []  # when the others ended, in order

    def refuse_second_entry(self) -> None:
        """Raise ``RuntimeError`` if the current task has a request in flight."""
        if asyncio.current_task() in self._sent:
            raise RuntimeError("This task is already inside the pacer.")

    def note_sent(self) -> None:
        """Note that the current task sends a request now."""
        self._sent[asyncio.current_task()] = time.perf_counter()

    def sent_at(self, otherwise: float) -> float:
        """When the current task sent its request; ``otherwise`` if it has sent none."""
        return self._sent.get(asyncio.current_task(), otherwise)

    def note_ended(self, *, answered: bool) -> None:
        """Note that the current task's request has its answer, or was given up."""
        now = time.perf_counter()
        sent = self._sent.pop(asyncio.current_task())
        latency = now - sent
        if answered:
            if latency < self.shortest_latency or not self._has_answers:
                self.shortest_latency = latency
            self._has_answers = True
            ended = now
        else:  # it may have reached the API as late as now
            ended = now + self.shortest_latency
        # A cancelled request may still be on its way, and a latency may be shorter than
        # the shortest one seen so far.
        earliest_end = sent + self.shortest_latency + self.slack
        bisect.insort(self._ended, max(ended, earliest_end))
        self._forget(now - self.window)

    def room_at(self, capacity: int, window: float) -> float:
        """When a window has room for one more request; it may be a past moment.

        A window holds at most ``capacity`` requests.
        """
        now = time.perf_counter()
        earliest_ends = [sent + self.shortest_latency for sent in self._sent.values()]
        ends = sorted(self._ended + [max(now, end) for end in earliest_ends])
        if len(ends) < capacity:
            return now
        reached_api = ends[-capacity] - self.shortest_latency
        return reached_api + window

    def _forget(self, before: float) -> None:
        """Drop the requests that ended before this moment."""
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
    limiter: LockableLimiter = None,
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
