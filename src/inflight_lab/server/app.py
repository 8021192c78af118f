"""The practice API: answers like httpbin's ``/get``, after a latency, within a quota.

A plain ASGI app with nothing but ``async`` code, so that it runs under uvicorn on a
socket and, with no socket at all, inside ``httpx.ASGITransport``.
"""

import asyncio
import math
import random
from collections.abc import Callable
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
from inflight_lab.runs.events import Stats
from inflight_lab.runs.quota_policy import QuotaPolicy
from inflight_lab.server.chat import Chat, draw_answer, read_chat
from inflight_lab.server.completions import completion
from inflight_lab.server.counting import Counters
from inflight_lab.server.decision import Decision
from inflight_lab.server.dialects import DIALECTS
from inflight_lab.server.echo import echo
from inflight_lab.server.foreign_pages import comes_from_a_foreign_page
from inflight_lab.server.heartbeat import (
    EVERY,
    PATIENCE,
    HeartbeatSend,
    heartbeat_send_of,
)
from inflight_lab.server.knobs import LATENCIES, Knobs
from inflight_lab.server.messages import message
from inflight_lab.server.sizes import TOO_LARGE, declares_too_much, limit_body

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = [LOOPBACK, "localhost"]
AZURE_PATH = "/openai/deployments/{deployment}/chat/completions"
FOREIGN_PAGE = "This server does not answer requests from other websites."


class PracticeApp(Knobs):
    """The ASGI app; its knobs may be set while it serves.  ``timeline`` is what it saw.

    ``slow`` is for slow motion: the latency and the period of the knobs are multiplied
    by it.
    """

    slow = 1.0

    def __init__(self, *, seed: int | None = None, **knobs: object) -> None:
        self.timeline = Timeline()
        # `Knobs` checks every value as it is set.
        super().__init__(**knobs)  # type: ignore[arg-type]
        self._seed = seed
        self.reset()
        # A page on the web must not reach this server through a name of its own (DNS
        # rebinding).
        only_loopback_names = Middleware(
            TrustedHostMiddleware, allowed_hosts=LOOPBACK_NAMES, www_redirect=False
        )
        self._site = Starlette(routes=self.routes(), middleware=[only_loopback_names])

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if name in ("period", "slow"):
            self.timeline.period = self.period * self.slow

    def routes(self) -> list[BaseRoute]:
        """The path of each endpoint.  A subclass may serve other paths."""
        return [Route("/get", self.get), *self.chat_routes()]

    def chat_routes(self) -> list[BaseRoute]:
        """The path of each endpoint for chats."""
        return [
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
            Route(AZURE_PATH, self.chat, methods=["POST"]),
            Route("/v1/messages", self.create_message, methods=["POST"]),
        ]

    def reset(self) -> None:
        """Forget all requests and the used quota; draw the first latencies again."""
        self.timeline.reset()
        self._random = random.Random(self._seed)
        self._counters = Counters()

    def twin(self) -> Self:
        """Make another one with the same knobs and seed; a server gets its own port."""
        knobs = asdict(self)
        # A burst may be left over from an earlier quota.  The constructor does not
        # allow one without a quota that uses it; an assignment does.
        burst = knobs.pop("burst")
        twin = type(self)(seed=self._seed, **knobs)
        twin.burst = burst
        return twin

    @property
    def quota_policy(self) -> QuotaPolicy | None:
        """How requests are counted now, if they are."""
        if self.quota == "none":
            return None
        return QuotaPolicy(
            kind=self.quota,
            rate=self.rate,
            period=self.timeline.period,
            burst=self.burst or self._usual_burst(),
            tokens=self.tokens or 0,
        )

    def stats(self) -> Stats:
        """What the server has counted so far."""
        return self.timeline.stats()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection, or refuse it before anything counts it."""
        headers = Headers(scope=scope)
        app: ASGIApp = self._site
        if comes_from_a_foreign_page(headers):
            app = PlainTextResponse(FOREIGN_PAGE, 403)
        elif declares_too_much(headers):
            app = PlainTextResponse(TOO_LARGE, 413)
        await app(scope, limit_body(receive), HeartbeatSend(scope, send))

    async def get(self, request: Request) -> Response:
        """Echo a request, if the quota admits it."""
        return await self._serve(request, JSONResponse(echo(request)))

    async def chat(self, request: Request) -> Response:
        """Complete a chat as OpenAI's API does, if the quotas admit it."""
        return await self._complete(request, completion)

    async def create_message(self, request: Request) -> Response:
        """Complete a chat as Anthropic's API does, if the quotas admit it."""
        return await self._complete(request, message)

    async def _complete(
        self, request: Request, in_form: Callable[[Chat, list[str]], Response]
    ) -> Response:
        try:
            chat = read_chat(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        words = draw_answer(chat, self._random)
        tokens = DIALECTS[self.dialect].cost(chat, len(words))
        return await self._serve(request, in_form(chat, words), tokens=tokens)

    async def _serve(
        self, request: Request, answer: Response, *, tokens: int = 0
    ) -> Response:
        """Count a request, and return ``answer`` or a refusal after the latency."""
        decision = self._decide(tokens)
        response = decision.response(answer)
        status = response.status_code
        counted = decision.counted_tokens
        gauge = self._counters.gauge(self.quota_policy, self.timeline.clock())
        with self.timeline.sending(status, counted, quota=gauge) as number:
            if await self._disconnected_before_the(response, request):
                self.timeline.cancel(number)
            else:
                self.timeline.answer(number, status)
        response.headers["Date"] = formatdate(usegmt=True)
        return response

    async def _disconnected_before_the(
        self, response: Response, request: Request
    ) -> bool:
        """Wait for the latency, or until the client hangs up; say whether it did."""
        seconds = self._draw_latency()
        if self.slow > 1 and seconds < self.slow * PATIENCE:
            send = heartbeat_send_of(request.scope)
            while seconds > EVERY:
                if await _disconnected_within(request, EVERY):
                    return True
                await send.send_heartbeat(response)
                seconds -= EVERY
        return await _disconnected_within(request, seconds)

    def _decide(self, tokens: int) -> Decision:
        """Admit a request as it arrives, or refuse it.

        A refusal, too, is in flight until the latency is over, and counts against
        ``max_concurrent``.
        """
        dialect = DIALECTS[self.dialect]
        if self.exhausted:
            return Decision(dialect.exhausted())
        most = self.max_concurrent
        if most is not None and self.timeline.in_flight >= most:
            return Decision(dialect.overloaded(most))
        policy = self.quota_policy
        if policy is None:
            return Decision()
        # A clock that is fine on every system: Windows' monotonic one ticks 64 times a
        # second.
        now = self.timeline.clock()
        verdict = self._counters.decide(
            policy, tokens=tokens, now=now, counts_refused=dialect.counts_refused
        )
        if verdict.never_fits:
            # Without the headers on the quotas, which a real API may send here: a reset
            # looks like a pause, and this request does not fit after it either.
            return Decision(dialect.too_large(verdict))
        return Decision(
            refusal=None if verdict.admitted else dialect.too_many(verdict),
            quota_headers=dialect.quota_headers(verdict),
            counted_tokens=verdict.counted_tokens,
        )

    def _usual_burst(self) -> int:
        return math.floor(self.rate) if self.quota == "token-bucket" else 1

    def _draw_latency(self) -> float:
        """Seconds until the next answer."""
        return self.slow * self.latency * LATENCIES[self.latency_kind](self._random)


async def _disconnected_within(request: Request, seconds: float) -> bool:
    """Wait ``seconds``, or until the client hangs up; say whether it did."""
    try:
        async with asyncio.timeout(seconds):
            while (await request.receive())["type"] != "http.disconnect":
                pass  # the body does not matter
    except TimeoutError:
        return False
    return True
