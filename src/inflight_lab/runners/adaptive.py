"""Adaptive: a rate limit that you do not know, learned from headers or from 429s.

The pacer is the one of the rung `paced`, but it learns from each answer.

- *Headers.*  ``RateLimit-Policy: "default";q=100;w=1`` says it all: 100 requests (q) in
  a window of 1 second (w).
- *429s.*  If nothing is said, begin at 20 a second and grow by half each second until
  there is a refusal.  From then on grow slowly with each answer, and fall by an eighth
  at each refusal: additive increase, multiplicative decrease.

A refusal says something about the pace only once for all that was in flight, and an
answer says something about a faster pace only if other requests wait for their turn.

A quota that you know may be refused as well: the API may allow less than it says, or it
may be busy and refuse at random, where a slower pace does not help.  A limiter that
refuses a request also refuses those right behind it, and chance does not:

- If hardly any of those were refused lately, the pace stays as it is.
- If more than a quarter of them were, it goes down to what was accepted in a period,
  in steps of at most two fifths.
- If that is not clear, it goes down too, but to no less than three fifths of the most
  that was accepted in one period.

What to expect, simulated for 100 a second and an answer after 50 ms:

    the quota                                    used         429s
    known                                        98.8 %       none
    unknown                                      83 to 98 %   6 to 26 a minute
    unknown, and no burst is allowed             70 %         5 a minute
    known as 100, but really it is 40 a second   88 to 101 %  10 to 16 a minute

With more in flight there are more 429s: up to 110 in the last row after 500 ms, where
50 requests are on their way before the first refusal is back.

1,000 requests to an API that refuses at random take 20 s for 1 %, and 35 to 70 s for
5 %, if you pass a ``rate``: nearly all of that are the pauses.  Without one, each of
these refusals slows the search down: they take about 50 s for 1 %, and more than ten
minutes for 5 %.

Sources: D. Chiu and R. Jain, Computer Networks and ISDN Systems 17(1), 1989;
draft-ietf-httpapi-ratelimit-headers-11 (work in progress).
"""

import asyncio
import contextlib
import math
import re
import time
from collections import deque
from typing import Any

import httpx

from inflight_lab.runners.pacer import Pacer
from inflight_lab.runners.patiently import Patience
from inflight_lab.runners.refusals import read_refusal

FIRST_RATE = 20.0  # requests a second
FIRST_GROWTH = 0.5  # requests a second, for each answer: by half each second
FIRST_STEP = 0.7  # about as fast as a second ago
GROWTH = 0.01
GROWTH_OF_KNOWN = 0.005
STEP = 0.88
LEAST = 0.6  # of what was accepted in one period, if the quota is known
BEHIND = 5  # so many requests are right behind a refused one
CHANCE = 0.18  # if no more of those were refused, it was not the pace
LIMITER = 0.25  # if more were refused, it was
UNDECIDED = 0.2  # too few are known
LONGEST_SPACED = 60.0  # seconds: a quota for longer is counted, and needs no spacing
POLICY = re.compile(r"\bq=(\d+);\s*w=(\d+)(?!.*\bqu=)")


class LearningPacer(Pacer):
    """A `Pacer` that you tell each answer: ``pacer.learn(response)`` in its block.

    ``rate`` per ``period`` seconds is the quota, if you know it.
    """

    def __init__(
        self,
        rate: float | None = None,
        period: float = 1,
        *,
        limit: int = 90,
        limiter: Any = None,
    ) -> None:
        super().__init__(rate or FIRST_RATE, period, limit=limit, limiter=limiter)
        self._yours = [(rate, period)] if rate else []
        self._known: list[tuple[float, float]] = []
        self._fastest = math.inf
        self._is_searching = not rate
        self._refused_sent = 0.0  # when the request left that was refused first
        self._slowed_at = 0.0
        self._refused_behind: deque[bool] = deque(maxlen=40)
        self._accepted: deque[float] = deque()  # within the last period
        self._most_accepted: deque[int] = deque(maxlen=100)  # before each refusal
        if rate:
            self._keep_to(self._yours)

    def learn(self, response: httpx.Response) -> None:
        """Correct the pace by the API's answer."""
        policies = response.headers.get("ratelimit-policy", "").split(",")
        announced = [POLICY.search(policy) for policy in policies]
        quotas = [(float(each[1]), float(each[2])) for each in announced if each]
        if quotas and self._yours + quotas != self._known:
            self._keep_to(self._yours + quotas)
        refusal = read_refusal(response)
        is_refused = bool(refusal and not refusal.is_permanent)
        sent = self._in_flight[asyncio.current_task()]
        if sent <= self._slowed_at:
            self._note_in_flight(sent, is_refused)
        elif is_refused:
            self._note_refused(sent)
        elif refusal is None and response.status_code < 500:
            self._note_accepted()

    def _keep_to(self, quotas: list[tuple[float, float]]) -> None:
        """Count by all of these quotas, and space by the shortest one."""
        self._known = quotas
        first, *others = sorted(quotas, key=by_period)
        if by_period(first) > LONGEST_SPACED:
            others.insert(0, first)
            first = (math.inf, 1.0)
        self.rate, self.period = first
        self.also = others
        self._fastest = self.rate
        self._is_searching = False

    def _note_accepted(self) -> None:
        now = time.perf_counter()
        self._accepted.append(now)
        while self._accepted[0] < now - self.period:
            self._accepted.popleft()
        if self._line.locked():  # others wait for the pacer
            self.rate += self._growth() * self.period
            self.rate = min(self.rate, self._fastest)

    def _growth(self) -> float:
        if self._is_searching:
            return FIRST_GROWTH
        return GROWTH_OF_KNOWN if self._known else GROWTH

    def _note_in_flight(self, sent: float, is_refused: bool) -> None:
        """Note what became of a request that left before the last refusal came."""
        seconds_behind = sent - self._refused_sent
        if 0 < seconds_behind <= BEHIND * self.period / self.rate:
            self._refused_behind.append(is_refused)

    def _note_refused(self, sent: float) -> None:
        self._most_accepted.append(len(self._accepted))
        is_chance = self._known and self._share_behind() <= CHANCE
        if not is_chance:
            self.rate = self._slower()
        self._is_searching = False
        self.burst = 1  # the API may allow none
        self._refused_sent = sent
        self._slowed_at = time.perf_counter()

    def _share_behind(self) -> float:
        """Which share of the requests right behind a refused one was refused, too."""
        behind = self._refused_behind
        if len(behind) < BEHIND:
            return UNDECIDED
        return sum(behind) / len(behind)

    def _slower(self) -> float:
        """A step slower, or what was accepted; not far below that if it is chance."""
        if math.isinf(self.rate):  # no pace was needed so far
            return FIRST_RATE
        if self._is_searching:
            return FIRST_STEP * self.rate
        step = STEP * self.rate
        if not self._known:
            return step
        most = max(self._most_accepted)
        if self._share_behind() > LIMITER:
            return max(LEAST * self.rate, min(step, most))
        return max(step, LEAST * most)


def by_period(quota: tuple[float, float]) -> float:
    """Sort key: the shortest period first."""
    _, period = quota
    return period


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: LearningPacer,
    patiently: Patience,
    verbose: bool = False,
) -> httpx.Response:
    """GET ``url`` until there is an answer, learn from each, and return the last.

    Raises `NoAnswer` if this request has failed for good, and `Stop` if all will.
    """

    async def get() -> httpx.Response:
        if verbose:
            print(f"Making request {num}")
        response = await client.get(url, headers={"Content-Type": "application/json"})
        limiter.learn(response)
        return response

    answer: httpx.Response = await patiently(limiter, get)
    return answer


async def make_many_requests(
    url: str,
    count: int,
    *,
    rate: float | None = None,
    period: float = 1.0,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Any = None,
    patiently: Patience | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times, as fast as its quota allows, in order.

    A `LearningPacer` as ``limiter`` goes on with what an earlier batch learnt.  The
    other parameters are those of `paced`; without ``rate`` the quota is unknown.
    """
    if not isinstance(limiter, LearningPacer):
        limiter = LearningPacer(rate, period, limit=limit, limiter=limiter)
    patiently = patiently or Patience()
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        tasks = [
            asyncio.create_task(
                make_one_request(
                    url,
                    num,
                    client=client,
                    limiter=limiter,
                    patiently=patiently,
                    verbose=verbose,
                )
            )
            for num in range(count)
        ]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)
