"""Budgets: quotas of requests and of tokens, although tokens are known only later.

- *All or nothing, in turn.*  The first in line goes when all budgets have room for it.
  Nobody overtakes it.
- *Reserve the most.*  A request reserves an estimate of its prompt's tokens, and all
  the tokens that its answer may have (`token_counts`).  They come back when the API has
  forgotten the request (`reservations`, `shares`).
- *Give nothing back, unless the API does.*  See below.
- *Believe the API.*  Its headers may say that less remains than we think.  When it
  refuses a request, all wait for as long as it says (`refusals`), and the request is
  sent again.  If it says that no wait will help, nothing more is sent.

What do you get back when an answer is shorter than ``max_tokens``?

- *Nothing*, from OpenAI and Azure: they count a request when it arrives, by the most
  that it may cost, and refused ones too.  OpenAI takes the larger of ``max_tokens`` and
  an estimate of the request; we take the sum of both, which is never less.  That is the
  default.
- *The rest, once the answer is there*: Bedrock reserves the most and corrects it at the
  end.  Anthropic counts the tokens of an answer while they are written, and
  ``max_tokens`` not at all.  Use ``Budgets(..., refunds=True)``.
- *Only prompts count*: Gemini.  Use a budget of ``input_tokens``; Anthropic has that
  and ``output_tokens``.

Sources: developers.openai.com, "Rate limits"; learn.microsoft.com, "Manage Azure OpenAI
quota"; AWS, "How tokens are counted in Amazon Bedrock"; platform.claude.com, "Rate
limits"; ai.google.dev, "Rate limits".
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial

import httpx

from inflight_lab.runners.error_bodies import unexpected_status
from inflight_lab.runners.gate import Gate, GateShutError
from inflight_lab.runners.peek import readable, with_body
from inflight_lab.runners.refusals import Refusal, read_refusal
from inflight_lab.runners.reservations import Reservation, Reservations
from inflight_lab.runners.token_counts import (
    UsageReader,
    cost_of,
    most_tokens,
    usage_in,
    with_total,
)

Limiter = contextlib.AbstractAsyncContextManager[object]  # what asyncio.Semaphore is
SAFE = ("GET", "HEAD", "OPTIONS")  # to repeat, even if they have been processed
NOT_PROCESSED = (403, 408, 429, 503, 529)  # even a POST may be sent again after these


class Budgets(httpx.AsyncHTTPTransport):
    """Keeps requests and tokens within several quotas at once.

    ``Budgets(requests=(500, 60), tokens=(30_000, 60))`` allows 500 requests and 30,000
    tokens a minute.  The names are yours, but a transport counts tokens only for those
    that begin with ``tokens``, ``input_tokens`` or ``output_tokens``, and requests for
    all others.

    Use it as a client's transport, ``httpx.AsyncClient(transport=budgets)``, which may
    be openai's ``http_client``.  Give that ``max_retries=0``: a request that is refused
    is sent again here, and retries in two places multiply.  anthropic is built on
    httpx2 since its version 2: ``import httpx2 as httpx`` in a copy of these files.
    A request whose tokens never fit raises ``ValueError`` at once.

    Or write ``async with budgets.take(...)`` around one request.
    """

    attempts = 6  # for a request that is refused
    backoff = 2.0  # seconds, if the API does not say how long to wait; then doubled
    longest_pause = 120.0  # seconds; if the API asks for more, nobody waits

    def __init__(
        self, *, refunds: bool = False, **budgets: tuple[float, float]
    ) -> None:
        if not isinstance(refunds, bool):
            raise TypeError(f"refunds must be True or False, got {refunds!r}")
        super().__init__(limits=httpx.Limits(max_connections=None))
        budgets = budgets or {"requests": (100, 1)}
        self._names = tuple(budgets)
        self._refunds = refunds
        self.gate = Gate(self)
        self._reservations = Reservations(budgets, self.gate)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` for a client, once the budgets have room for it."""
        request.headers["Accept-Encoding"] = "identity"  # its usage must be readable
        await request.aread()  # it may have to be sent again
        tokens = await self.estimate(request)
        costs = {name: cost_of(name, tokens, if_not_tokens=1) for name in self._names}
        send_once = partial(super().handle_async_request, request)
        return await self.send(send_once, costs, is_safe=request.method in SAFE)

    async def estimate(self, request: httpx.Request) -> dict[str, float]:
        """Estimate the most tokens that ``request`` may cost.

        Replace it in a subclass if you know better, by a tokenizer for example.
        """
        return most_tokens(request)

    async def send(
        self,
        send_once: Callable[[], Awaitable[httpx.Response]],
        costs: Mapping[str, float],
        *,
        is_safe: bool = False,
    ) -> httpx.Response:
        """Send a request within the budgets, and again while the API refuses it.

        Returns the first answer that is not a refusal, or the refusal after which it
        makes no sense to try again.  A request that ``is_safe`` is sent again even if
        it may have been processed.
        """
        attempt = 1
        while True:
            try:
                response, refusal = await self._attempt(send_once, costs)
            except GateShutError as shut:
                return with_body(shut.answer, shut.answer.content)
            if refusal is None or attempt == self.attempts:
                return response
            if not self._may_repeat(response, refusal, is_safe=is_safe):
                return response
            await response.aclose()
            if refusal.pause is None:
                await asyncio.sleep(self._draw_backoff(attempt))
            attempt += 1

    @contextlib.asynccontextmanager
    async def take(self, **costs: float) -> AsyncIterator[Callable[..., None]]:
        """Wait until every budget has room for its cost, then take all of them.

        ``as correct`` gives a function: ``correct(tokens=412)``, inside the block or
        later, says what it really cost.  Raises ``ValueError`` at once for a cost that
        never fits, and `GateShutError` if the API has refused all requests.
        """

        def correct(**costs: float) -> None:
            reservation.correct(**costs)
            self._reservations.look_again()

        async with self._reservations.reserve(costs) as reservation:
            yield correct

    async def _attempt(
        self,
        send_once: Callable[[], Awaitable[httpx.Response]],
        costs: Mapping[str, float],
    ) -> tuple[httpx.Response, Refusal | None]:
        """Send a request once.  Returns its answer, and the refusal if it is one."""
        async with self._reservations.reserve(costs) as reservation:
            response = await send_once()
        reservation.learn(response.headers)
        refusal = await self._refusal_in(response)
        if refusal is None:
            self._watch_usage(response, reservation)
        return response, refusal

    async def _refusal_in(self, response: httpx.Response) -> Refusal | None:
        """Read what a refusal says, and have all requests obey it from now on."""
        if response.status_code < 400:
            return None
        answer = await readable(response)
        refusal = read_refusal(answer)
        if refusal is not None:
            self.gate.obey(refusal, answer)
            self._reservations.look_again()
        return refusal

    def _may_repeat(
        self, response: httpx.Response, refusal: Refusal, *, is_safe: bool
    ) -> bool:
        if refusal.is_permanent or self.gate.is_shut_for_too_long:
            return False
        return is_safe or response.status_code in NOT_PROCESSED

    def _draw_backoff(self, attempt: int) -> float:
        longest = self.backoff * 2.0 ** (attempt - 1)
        return random.uniform(longest / 2, longest)

    def _watch_usage(self, response: httpx.Response, reservation: Reservation) -> None:
        """Settle the costs as soon as the answer has been read."""
        settle = partial(self._settle, reservation)
        if response.is_stream_consumed:
            settle(usage_in(response.content))
            return
        if self._refunds:
            reservation.hold()
        response.stream = UsageReader(response.stream, settle)

    def _settle(self, reservation: Reservation, usage: dict[str, float]) -> None:
        """Take what the request has cost beyond its reservation, or refund the rest."""
        usage = with_total(usage)
        for name, share in reservation.shares.items():
            cost = cost_of(name, usage, if_not_tokens=share.cost)
            share.correct(cost if self._refunds else max(cost, share.cost))
        if self._refunds:  # such an API counts until the answer ends
            reservation.count_from(time.perf_counter())
        self._reservations.look_again()


async def make_one_request(
    url: str,
    num: int,
    *,
    client: httpx.AsyncClient,
    limiter: Limiter,
    budgets: Budgets,
    verbose: bool = False,
) -> httpx.Response:
    """Take a slot, and GET ``url`` within the budgets until it is not refused.

    Returns the response, or raises ``ValueError`` if its status is not 200.
    """

    async def get_once() -> httpx.Response:
        if verbose:
            print(f"Making request {num}")
        return await client.get(url, headers={"Content-Type": "application/json"})

    async with limiter:
        response = await budgets.send(get_once, {"requests": 1}, is_safe=True)
    if response.status_code != 200:
        raise error_for(response, budgets.longest_pause)
    return response


def error_for(response: httpx.Response, longest_pause: float) -> ValueError:
    """Make the error for a status that is not 200, with what the API says as notes."""
    error = unexpected_status(response)
    refusal = read_refusal(response)
    if refusal is not None and (refusal.pause or 0) > longest_pause:
        error.add_note(
            f"It asks for a pause of {refusal.pause:.0f} s, "
            f"and longest_pause is {longest_pause:g} s."
        )
    return error


async def make_many_requests(
    url: str,
    count: int,
    *,
    limit: int = 90,
    client: httpx.AsyncClient | None = None,
    limiter: Limiter | None = None,
    budgets: Budgets | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | BaseException]:
    """GET ``url`` ``count`` times within ``budgets``; return the responses in order.

    By default these are 100 requests a second.  The other parameters are those of
    `paced`.
    """
    budgets = budgets or Budgets()
    limiter = limiter or asyncio.Semaphore(limit)
    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        make_one = partial(
            make_one_request,
            client=client,
            limiter=limiter,
            budgets=budgets,
            verbose=verbose,
        )
        tasks = [asyncio.create_task(make_one(url, num)) for num in range(count)]
        return await asyncio.gather(*tasks, return_exceptions=return_exceptions)


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import check_constructor, checked, instance

check_constructor(Budgets)
make_many_requests = checked(make_many_requests, budgets=instance(Budgets))
PLAN = "{count} requests, at most 100 in 1 s"
