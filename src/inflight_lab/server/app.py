"""The practice API: answers like httpbin's ``/get`` but for secrets, after a latency and within a quota.

A plain ASGI app with nothing but ``async`` code, so that it runs under uvicorn on a
socket and, with no socket at all, inside ``httpx.ASGITransport``.
"""

import asyncio
import math
import random
from dataclasses import asdict
from email.utils import formatdate
from typing import Self

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from inflight_lab.observation.timeline import Timeline
from inflight_lab.quotas.algorithms import KINDS, KINDS_WITH_BURST, Quota
from inflight_lab.quotas.fields import in_digits, policy_field
from inflight_lab.runs.events import Stats
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.server.chat import chat_completion
from inflight_lab.server.echo import echo
from inflight_lab.server.foreign_pages import comes_from_a_foreign_page
from inflight_lab.server.knobs import LATENCIES, Knobs
from inflight_lab.server.sizes import NAMES, measured, too_large

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = [LOOPBACK, "localhost"]


class PracticeApp(Knobs):
    """The ASGI app; its knobs may be set while it serves.  ``timeline`` is what it saw.

    ``slow`` is for slow motion: latency and period take so many times as long as the
    knobs say.
    """

    slow = 1.0

    def __init__(self, *, seed: int | None = None, **knobs: object) -> None:
        self.timeline = Timeline()
        super().__init__(**knobs)  # type: ignore[arg-type]  # Knobs checks every value as it is set
        self._seed = seed
        self.reset()
        # A page on the web must not reach this server through a name of its own (DNS
        # rebinding).
        own_name = Middleware(
            TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES, www_redirect=False
        )
        self._site = Starlette(routes=self.routes(), middleware=[own_name])

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in ("period", "slow"):
            self.timeline.period = self.period * self.slow

    def routes(self) -> list[BaseRoute]:
        """What answers which path.  A subclass may serve other paths instead."""
        chat = Route("/v1/chat/completions", self._chat, methods=["POST"])
        return [Route("/get", self.get), chat]

    def reset(self) -> None:
        """Forget all requests: an empty timeline, an unused quota, the seed's first latency next."""
        self.timeline.reset()
        self._random = random.Random(self._seed)
        self._counters: dict[str, Quota] = {}

    def twin(self) -> Self:
        """Another one with the same knobs and the same seed; a server takes a port of its own."""
        twin = type(self)(seed=self._seed, **asdict(self) | {"burst": None})
        twin.burst = self.burst  # which may have been set for another quota
        return twin

    @property
    def quota_policy(self) -> QuotaPolicy | None:
        """How requests are counted now, if they are."""
        if self.quota == "none":
            return None
        burst = self.burst or (
            math.floor(self.rate) if self.quota == "token-bucket" else 1
        )
        return QuotaPolicy(
            self.quota, self.rate, self.timeline.period, burst, self.tokens or 0
        )

    def stats(self) -> Stats:
        """The numbers up to now, as the server saw them."""
        return self.timeline.stats()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection, or refuse it before anything counts it."""
        answer: ASGIApp = self._site
        if comes_from_a_foreign_page(Headers(scope=scope)):
            answer = PlainTextResponse(
                "This server answers no page of another site.", 403
            )
        elif status := too_large(scope):
            answer = PlainTextResponse(NAMES[status], status)
        await answer(scope, measured(receive), send)

    async def get(self, request: Request) -> Response:
        """Echo a request, if the quota admits it."""
        return await self._serve(request, JSONResponse(echo(request)))

    async def _chat(self, request: Request) -> Response:
        try:
            answer, tokens = chat_completion(await request.body(), self._random)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        return await self._serve(request, answer, tokens=tokens)

    async def _serve(
        self, request: Request, answer: Response, *, tokens: int = 0
    ) -> Response:
        """Count a request, and send what it gets after the latency."""
        response = self._decide(answer, tokens)
        status = response.status_code
        charged = tokens if status < 400 else 0
        with self.timeline.sending(
            status, charged, quota=self._quota_standing()
        ) as number:
            if await _disconnected_within(request, self.slow * self._draw_latency()):
                self.timeline.cancel(number)
            else:
                self.timeline.answer(number, status)
        response.headers["Date"] = formatdate(usegmt=True)
        return response

    def _decide(self, answer: Response, tokens: int) -> Response:
        """Admit a request as it arrives, or refuse it: ``answer``, or what it gets in place of that."""
        if (
            self.max_concurrent is not None
            and self.timeline.in_flight >= self.max_concurrent
        ):
            return _refusal(
                503, f"more than {self.max_concurrent} requests at once", 1.0
            )
        if not (counters := self._current_counters()):
            return answer
        now = (
            self.timeline.clock()
        )  # fine on every system; Windows' monotonic clock ticks 64 times a second
        costs = {"requests": 1, "tokens": tokens}
        waits = {
            name: counter.wait(now, costs[name]) for name, counter in counters.items()
        }
        wait = max(waits.values())
        for name, counter in counters.items():
            if not wait:  # by all of them, or by none
                counter.take(now, costs[name])
        if wait:
            name = max(waits, key=waits.__getitem__)
            most, period = (
                in_digits(counters[name].rate),
                in_digits(self.timeline.period),
            )
            reason = f"more than {most} {name} in {period} s"
            answer = _refusal(429, reason, wait)
        answer.headers.update(self._quota_headers(counters, now, wait))
        return answer

    def _current_counters(self) -> dict[str, Quota]:
        """The quotas by what they count, as the knobs have them now."""
        policy = self.quota_policy
        if not policy:
            return {}
        kind, period = KINDS[policy.kind], policy.period
        counted: dict[str, tuple[float, int]] = {
            "requests": (policy.rate, policy.burst)
        }
        if policy.tokens:
            counted["tokens"] = (policy.tokens, policy.tokens)
        for name, (rate, burst) in counted.items():
            counter = self._counters.get(name)
            if type(counter) is not kind:
                counter = self._counters[name] = kind(rate, period, burst)
            counter.rate, counter.period, counter.burst = rate, period, burst
        return {name: self._counters[name] for name in counted}

    def _quota_standing(self) -> float | None:
        """How the quota of requests stands now, if they are counted."""
        counter = self._counters.get("requests")
        if counter is None or type(counter) is not KINDS.get(self.quota):
            return None
        return counter.standing(self.timeline.clock())

    def _quota_headers(
        self, counters: dict[str, Quota], now: float, wait: float
    ) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers-10: the policy, r remaining, t seconds.

        Where tokens are counted, also what OpenAI's API sends: how long until all of it
        is there again.
        """
        period = self.timeline.period
        reset = wait or (
            period if self.quota.endswith("window") else period / self.rate
        )
        headers = {
            "RateLimit-Policy": policy_field(self.rate, period),
            "RateLimit": f'"default";r={counters["requests"].remaining(now)};t={math.ceil(reset)}',
        }
        for name, counter in counters.items() if "tokens" in counters else ():
            whole = (
                counter.burst
                if self.quota in KINDS_WITH_BURST
                else math.floor(counter.rate)
            )
            headers[f"x-ratelimit-limit-{name}"] = in_digits(counter.rate)
            headers[f"x-ratelimit-remaining-{name}"] = str(counter.remaining(now))
            headers[f"x-ratelimit-reset-{name}"] = f"{counter.wait(now, whole):.3f}s"
        return headers

    def _draw_latency(self) -> float:
        return self.latency * LATENCIES[self.latency_kind](self._random)


async def _disconnected_within(request: Request, seconds: float) -> bool:
    """Wait ``seconds`` for the client to hang up: one wait is the latency and the watch for a cancel."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass  # the body does not matter
    except TimeoutError:
        return False
    return True


def _refusal(status: int, reason: str, wait: float) -> JSONResponse:
    # Whole seconds, rounded up: RFC 9110, section 10.2.3.
    return JSONResponse(
        {"error": reason}, status, {"Retry-After": str(math.ceil(wait))}
    )
