"""Adaptive: a rate limit that you do not know, learned from headers or from 429s.

The pacer is the one of the rung `paced`, but it learns from each answer, with
``pacer.learn(response)``.  It keeps one of three paces:

- *Known.*  You pass ``rate`` and ``period``, or the API sends a header such as
  ``RateLimit-Policy: "default";q=100;w=1``: 100 requests (q) in a window of 1 second
  (w).  Requests are spaced as in `paced`, and counted for every quota that is known.
  After a refusal the pace is a tenth lower for a while: the API may allow no burst.
- *Searching.*  The quota is unknown.  The pace begins at 20 a second and grows by half
  each second until there is a refusal.  Then it goes back to where it was a second ago,
  less a tenth, and from then on grows 20 times more slowly.  It grows only while it
  holds requests up: if you send fewer, their answers say nothing about a faster pace.
- *Unspaced.*  The API names only windows longer than a minute, such as 1,000 a day.
  Such quotas are counted, and the requests that fit go at once, as many as ``limit``
  lets in flight.  (A quota per minute is spaced: OpenAI and Azure check it by the
  second.)  If the API refuses all the same, it counts in shorter windows too: search.

After a refusal **all** requests wait for as long as the API asks, or for 1 s, and twice
as long each time in a row.  If no wait will help, none is sent any more.

If refusals go on, the quota may be smaller than it says, or the API may be overloaded
and refuse at random, where going slower does not help.  How to tell, and all that the
paces do after an answer, is in the lesson `learned_pace`.

What to expect, simulated for 100 a second and an answer after 50 ms:

=========================================  ============  ===============
the quota                                  used          429s
=========================================  ============  ===============
known                                      98.8 %        none
known, but no burst is allowed (*)         84 %          2 or 3 in 10 s
known, but really it is 40 a second        78 to 101 %   9 to 16 a minute
unknown                                    87 to 96 %    4 to 16 a minute
=========================================  ============  ===============

(*) and delay varies by 1 ms: without a 429, no more than 91 % is possible.

How long 1,000 requests take if some are refused at random (the average of six runs).
"Pauses alone" waits after refusals but has no pace; "half of it passed" was given
half the quota as its ``rate``:

============  ============  ===========  =================  =============
refused       pauses alone  known quota  half of it passed  unknown quota
============  ============  ===========  =================  =============
1 %           20 s          22 s         35 s               81 s
5 %           53 s          58 s         75 s               1,100 s
============  ============  ===========  =================  =============

An unknown quota makes this expensive, because every refusal slows the search down.  To
an API that refuses at random pass a ``rate``, even one that is too low.

To paste this file, first paste those that it imports, and those that these import:
`paced`, `learned_pace`, `episodes`, `quota_fields`, `refusals` and `error_bodies`.

Sources: draft-ietf-httpapi-ratelimit-headers-11 (work in progress); "Rate limits" at
developers.openai.com and "Manage Azure OpenAI quota" at learn.microsoft.com, on quotas
per minute that are checked in shorter windows.
"""

import asyncio
import contextlib
import math
import time

import httpx

from inflight_lab.runners.episodes import Refusals
from inflight_lab.runners.error_bodies import unexpected_status
from inflight_lab.runners.learned_pace import (
    KnownPace,
    Pace,
    SearchingPace,
    UnspacedPace,
)
from inflight_lab.runners.paced import LockableLimiter, Pacer, by_period
from inflight_lab.runners.quota_fields import Quota, quotas_in
from inflight_lab.runners.refusals import Refusal, read_refusal

LONGEST_SPACED = 60  # seconds: a quota with a longer window is counted only


class LearningPacer(Pacer):
    """``async with pacer:`` waits for a turn; `learn` corrects the pace.

    Call ``pacer.learn(response)`` inside the block.  ``rate`` per ``period`` seconds is
    the quota, if you know it.  Entering raises ``TimeoutError`` at once if the next
    turn is more than ``longest_pause`` seconds away, and ``ValueError`` if the API has
    said that no wait will help.  All else is as in `paced`.
    """

    def __init__(
        self,
        rate: float | None = None,
        period: float = 1.0,
        *,
        limit: int = 90,
        limiter: LockableLimiter = None,
        longest_pause: float = 120,
    ) -> None:
        super().__init__(limit=limit, limiter=limiter)
        self._longest_pause = longest_pause
        self._refusals = Refusals()
        self._is_bottleneck = False  # whether the pace made the latest request wait
        self._stopped = asyncio.Event()  # no wait will help
        self._reason = ""  # why it has stopped, in the API's words
        self._yours: list[Quota] = []  # the quota that you know
        self._quotas = []
        self._go_on_with(SearchingPace())
        if rate is not None:
            # Your own quota never makes a request give up: it makes it wait for a
            # period and two spacings at most.
            self._longest_pause = max(longest_pause, period + 2 * period / rate)
            self._yours = [Quota(rate, period)]
            self._keep_to_known(self._yours)

    @property
    def rate(self) -> float:
        """The pace at the moment, in requests a *second*.

        The ``rate`` of a `Pacer`, as that of this constructor, is per *period*.
        """
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = rate
        self._spacing = 1 / rate

    def _schedule_next(self, arrived: float) -> None:
        """Set when the next request is due; note whether this one had to wait."""
        self._is_bottleneck = self._due > arrived
        super()._schedule_next(arrived)

    async def _sleep(self, seconds: float) -> None:
        """Wait for a turn, unless it is too far away or never comes."""
        if not self._stopped.is_set():
            if seconds > self._longest_pause:
                raise TimeoutError(
                    f"Not sent: the next turn is {seconds:.0f} s away, "
                    f"and longest_pause is {self._longest_pause:g} s."
                )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._stopped.wait()
        if self._stopped.is_set():
            raise ValueError(
                f"Not sent: the API will refuse every request: {self._reason}"
            )

    def learn(self, response: httpx.Response) -> Refusal | None:
        """Correct the pace by the API's answer, and return what a refusal says."""
        announced = quotas_in(response.headers)
        if announced:
            self._keep_to_known(self._yours + announced)
        sent = self._log.sent_at(otherwise=time.perf_counter())
        refusal = read_refusal(response)
        if refusal is None:
            if response.status_code < 500:
                self._note_accepted(sent)
        elif not refusal.is_permanent:
            self._hold_back(sent, refusal.pause)
        elif refusal.concerns_all:
            self._stop(refusal.reason)
        return refusal

    def _keep_to_known(self, quotas: list[Quota]) -> None:
        """Count requests for all quotas, and space them by the shortest window."""
        if quotas == self._quotas:
            return
        self._keep_to(list(quotas))
        shortest = min(quotas, key=by_period)
        if shortest.window <= LONGEST_SPACED:
            self._go_on_with(KnownPace(shortest, full_rate=1 / self._spacing))
        else:
            self._go_on_with(UnspacedPace())

    def _note_accepted(self, sent: float) -> None:
        """Note that a request was accepted; speed up only if the pace held it up.

        If requests come more slowly than the pace allows, their answers say nothing
        about a faster one.
        """
        if self._refusals.note_accepted(sent) and self._is_bottleneck:
            self._go_on_with(self._pace.accepted(self._refusals.run))

    def _hold_back(self, sent: float, pause: float | None) -> None:
        """Let no request go for ``pause`` seconds, and correct the pace."""
        episode = self._refusals.note_refused(sent)
        # Refused again before anything was accepted: the pause was too short, but the
        # pace need not be wrong.
        if episode and self._refusals.in_a_row == 1:
            self._go_on_with(self._pace.refused(episode))
        seconds = pause or self._refusals.pause
        self._due = max(self._due, time.perf_counter() + seconds)

    def _go_on_with(self, pace: Pace) -> None:
        self._pace = pace
        self._burst = pace.burst
        self.rate = pace.rate

    def _stop(self, reason: str) -> None:
        """Send no more, and wake the one whose turn is next."""
        self._reason = reason or "it gives no reason."
        self._due = math.inf
        self._stopped.set()


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
        raise unexpected_status(response)
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


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, positive

check_constructor(LearningPacer, longest_pause=positive(of="seconds"))
make_many_requests = checked(make_many_requests)
PLAN = "{count} requests, as fast as its quota allows"
