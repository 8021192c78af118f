"""The practice API: answers like httpbin's ``/get``, after a latency, within a quota.

A plain ASGI app with nothing but ``async`` code, so that it runs under uvicorn on a
socket and, with no socket at all, inside ``httpx.ASGITransport``.
"""

import asyncio
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

from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.runs.terms import QuotaPolicy, Terms
from inflight_lab.lesson.runs.timeline import Timeline
from inflight_lab.lesson.server.admission import Admission, Counters
from inflight_lab.lesson.server.answers import completion, draw_answer, echo, read_chat
from inflight_lab.lesson.server.dialects import DIALECTS, Dialect
from inflight_lab.lesson.server.foreign_pages import comes_from_a_foreign_page
from inflight_lab.lesson.server.knobs import Knobs
from inflight_lab.lesson.server.quotas import KINDS

LOOPBACK = "127.0.0.1"
LOOPBACK_NAMES = [LOOPBACK, "localhost"]
FOREIGN_PAGE = "This server does not answer requests from other websites."


class PracticeApp(Knobs):
    """The ASGI app.  Its knobs may be set while it serves; it writes to ``timeline``.

    With a ``rate`` and no ``quota``, the quota is a sliding window.  Raises
    ``TypeError`` or ``ValueError`` for a bad knob, which it names.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        timeline: Timeline | None = None,
        **knobs: object,
    ) -> None:
        self.timeline = timeline or Timeline()
        if "rate" in knobs:
            knobs = {"quota": "sliding-window"} | knobs
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
        if name == "period":
            self.timeline.period = self.period

    def routes(self) -> list[BaseRoute]:
        """The path of each endpoint.  A subclass may serve other paths."""
        return [
            Route("/get", self.get),
            Route("/v1/chat/completions", self.chat, methods=["POST"]),
        ]

    def reset(self) -> None:
        """Forget all requests and the used quota; draw the first latencies again."""
        self.timeline.reset()
        self._random = random.Random(self._seed)
        self._counters = Counters()

    def twin(self) -> Self:
        """Make another one with the same knobs and seed; a server gets its own port."""
        return type(self)(seed=self._seed, **asdict(self))

    @property
    def quota_policy(self) -> QuotaPolicy | None:
        """How requests are counted now, if they are."""
        if self.quota == "none":
            return None
        quota = KINDS[self.quota](self.rate, self.period)
        return QuotaPolicy(
            kind=self.quota,
            rate=self.rate,
            period=self.period,
            burst=quota.usual_burst,
            tokens=self.tokens or 0,
            shape=quota.shape,
            starts=quota.starts,
        )

    @property
    def terms(self) -> Terms:
        """Its quota, its other limits and its latency now."""
        return Terms(
            quota=self.quota_policy,
            max_concurrent=self.max_concurrent or 0,
            latency=self.latency,
        )

    def stats(self) -> Stats:
        """The numbers so far."""
        return self.timeline.stats()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI connection, or refuse it before anything counts it."""
        app: ASGIApp = self._site
        if comes_from_a_foreign_page(Headers(scope=scope)):
            app = PlainTextResponse(FOREIGN_PAGE, 403)
        await app(scope, receive, send)

    async def get(self, request: Request) -> Response:
        """Echo a request, if the quota admits it."""
        return await self._serve(request, JSONResponse(echo(request)))

    async def chat(self, request: Request) -> Response:
        """Complete a chat as OpenAI's API does, if the quotas admit it."""
        try:
            chat = read_chat(await request.body())
        except ValueError as error:
            return JSONResponse({"error": str(error)}, 400)
        words = draw_answer(chat, self._random)
        tokens = DIALECTS[self.dialect].tokens_of(chat, len(words))
        return await self._serve(request, completion(chat, words), tokens=tokens)

    async def _serve(
        self, request: Request, answer: Response, *, tokens: int = 0
    ) -> Response:
        """Count a request.  After the latency, return ``answer`` or a refusal."""
        timeline = self.timeline
        due = timeline.clock() + self._draw_latency()
        dialect = DIALECTS[self.dialect]
        refusal, admission = self._decide(dialect, tokens)
        if refusal is None:
            answer.headers.update(dialect.quota_headers(admission.usages))
        response = refusal or answer
        with timeline.sending(
            response.status_code,
            admission.counted_tokens,
            quota=admission.gauge,
            due=due,
        ) as number:
            rest = due - timeline.clock()
            if await self.disconnected_within(request, rest):
                timeline.cancel(number)
            else:
                timeline.answer(number, response.status_code)
        response.headers["Date"] = formatdate(usegmt=True)
        return response

    async def disconnected_within(self, request: Request, seconds: float) -> bool:
        """Wait ``seconds``, or until the client hangs up; say whether it did."""
        try:
            async with asyncio.timeout(seconds):
                while (await request.receive())["type"] != "http.disconnect":
                    pass  # the body does not matter
        except TimeoutError:
            return False
        return True

    def _decide(
        self, dialect: Dialect, tokens: int
    ) -> tuple[Response | None, Admission]:
        """Admit a request as it arrives, or return the response that refuses it.

        A refused request is also in flight until the latency is over, and counts
        against ``max_concurrent``.
        """
        if self.exhausted:
            return dialect.refuse_for_good(), Admission()
        most = self.max_concurrent
        if most is not None and self.timeline.in_flight >= most:
            return dialect.refuse_overload(most), Admission()
        policy = self.quota_policy
        if policy is None:
            return None, Admission()
        # A clock that is fine on every system: Windows' monotonic one ticks 64 times a
        # second.
        now = self.timeline.clock()
        admission = self._counters.decide(
            policy,
            tokens=tokens,
            now=now,
            counts_refused=dialect.counts_refused,
        )
        return dialect.refuse(admission), admission

    def _draw_latency(self) -> float:
        """Seconds until the next answer."""
        varying = self._random.uniform(-self.jitter, self.jitter)
        return self.latency * (1 + varying)
