"""Both pacers, whatever becomes of requests, network, loop and limit: quota, slots and
outcomes hold.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inflight_lab import AdjustableLimiter
from inflight_lab.runners import adaptive
from inflight_lab.runners.adaptive import LearningPacer
from inflight_lab.runners.paced import Pacer
from tests.support.simulator import URL, Path, SimulatedApi, quota
from tests.support.virtual_clock import run, virtual_loop

many = pytest.mark.parametrize(
    "examples", [100, pytest.param(5000, marks=pytest.mark.full)]
)
each_pacer = pytest.mark.parametrize("pacer", [Pacer, LearningPacer])
OUTCOMES = (
    httpx.Response,
    httpx.ReadError,
    TimeoutError,
    ValueError,
    asyncio.CancelledError,
)
PATIENT = 1e9


def batches(there: st.SearchStrategy[float], patience: st.SearchStrategy[float]) -> Any:
    """Requests of any fate, none of them quicker than 20 ms at the API, and for how
    long each is awaited.
    """
    latency = st.one_of(st.floats(0.02, 0.2), st.floats(0.02, 5))
    path = st.builds(
        Path, there=there, latency=latency, back=st.floats(0, 0.5), lost=st.booleans()
    )
    return st.tuples(
        st.just("send"), st.lists(st.tuples(path, patience), min_size=1, max_size=30)
    )


STALL = st.tuples(st.just("stall"), st.floats(0, 1.5))
QUIET = st.tuples(st.just("wait"), st.one_of(st.floats(0, 0.1), st.floats(0, 3)))
CANCEL = st.tuples(st.just("cancel"), st.integers(0, 200))
LIMIT = st.tuples(st.just("limit"), st.integers(1, 40))
IMPATIENT = st.one_of(st.just(PATIENT), st.floats(0.001, 3))
NEAR = st.lists(
    st.one_of(batches(st.floats(0, 0.01), IMPATIENT), STALL, QUIET, CANCEL, LIMIT),
    min_size=1,
    max_size=25,
)
FAR = st.lists(
    st.one_of(batches(st.floats(0, 2), st.just(PATIENT)), STALL, QUIET, LIMIT),
    min_size=1,
    max_size=25,
)
RATE, SLOTS = st.integers(1, 20), st.integers(1, 40)


def live_through(
    history: list[tuple[str, Any]], make: Callable[..., Any], slots: int
) -> list[float]:
    """Do as ``history`` says, with one pacer; return when requests reached the API, in
    order.
    """
    fates = [(Path(latency=0.02), PATIENT)]
    api = SimulatedApi(lambda: fates.pop(0)[0])

    async def request(number: int) -> httpx.Response:
        async with shared:
            async with asyncio.timeout(fates[0][1]):
                return await api.get(URL, headers={})

    async def main() -> None:
        nonlocal shared
        limiter = AdjustableLimiter(slots)
        shared = make(limiter=limiter)
        tasks = [asyncio.create_task(request(0))]
        await tasks[0]  # the pacer has seen the shortest latency there is
        for what, value in history:
            if what == "send":
                fates.extend(value)
                tasks += [asyncio.create_task(request(len(tasks))) for _ in value]
            elif what == "cancel":
                tasks[value % len(tasks)].cancel()
            elif what == "limit":
                limiter.limit = value
            elif what == "stall":
                virtual_loop().stall(value)
            else:
                await asyncio.sleep(value)
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(outcome, OUTCOMES) for outcome in outcomes)
        assert limiter.in_use == limiter.waiting == 0, "a slot was lost"
        await asyncio.sleep(21)  # longer than the longest window
        assert not shared.locked(), "a turn or a place was lost"

    shared: Any = None
    run(main())
    return sorted(api.arrivals)


def assert_kept(arrivals: list[float], allowed: int, window: float = 1.0) -> None:
    """No span of one window holds more than the quota."""
    for first, next_over in zip(arrivals, arrivals[allowed:], strict=False):
        assert next_over - first >= window - 1e-9, (
            f"more than {allowed} requests in {window:g} s"
        )


@many
@each_pacer
def test_no_window_holds_more_than_the_quota(pacer: type, examples: int) -> None:
    """Cancelled, timed out, lost or stalled: the API never counts more than the quota
    in any one period.
    """

    @settings(max_examples=examples)
    @given(NEAR, RATE, SLOTS)
    def holds(history: list[tuple[str, Any]], rate: int, slots: int) -> None:
        arrivals = live_through(
            history, lambda **limiter: pacer(rate, **limiter), slots
        )
        assert_kept(arrivals, rate)
        gcra = quota("gcra", rate, burst=10)
        assert sum(gcra.admit(arrival) > 0 for arrival in arrivals) == 0

    holds()


@many
@each_pacer
def test_no_network_breaks_the_quota(pacer: type, examples: int) -> None:
    """The same for any network, though requests overtake each other and arrive seconds
    late.
    """

    @settings(max_examples=examples)
    @given(FAR, RATE, SLOTS)
    def holds(history: list[tuple[str, Any]], rate: int, slots: int) -> None:
        assert_kept(
            live_through(history, lambda **limiter: pacer(rate, **limiter), slots), rate
        )

    holds()


@many
def test_any_burst_keeps_the_window(examples: int) -> None:
    """The told pacer's ``burst`` may be any, a fraction included."""

    @settings(max_examples=examples)
    @given(NEAR, RATE, SLOTS, st.floats(1, 30))
    def holds(
        history: list[tuple[str, Any]], rate: int, slots: int, burst: float
    ) -> None:
        assert_kept(
            live_through(history, lambda **how: Pacer(rate, burst=burst, **how), slots),
            rate,
        )

    holds()


@many
def test_several_quotas_are_each_kept(examples: int) -> None:
    """However requests end, each of the pacer's quotas holds."""

    @settings(max_examples=examples)
    @given(NEAR, RATE, st.integers(1, 60), st.sampled_from([2, 5, 20]), SLOTS)
    def holds(
        history: list[tuple[str, Any]], rate: int, more: int, period: int, slots: int
    ) -> None:
        also = [(more, period)]
        arrivals = live_through(
            history, lambda **how: Pacer(rate, also=also, **how), slots
        )
        assert_kept(arrivals, rate)
        assert_kept(arrivals, more, period)

    holds()


POLICIES = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from([0.5, 1, 2, 5, 20])),
    min_size=1,
    max_size=3,
)


@many
def test_every_policy_is_kept(examples: int) -> None:
    """Of several policies in the header each is kept, as soon as the first answer has
    named them.
    """

    @settings(max_examples=examples)
    @given(POLICIES, st.integers(1, 60), st.floats(0, 0.1))
    def holds(policies: list[tuple[int, float]], count: int, there: float) -> None:
        field = ", ".join(f'"{n}";q={q};w={w:g}' for n, (q, w) in enumerate(policies))

        class Api(SimulatedApi):
            async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
                await super().get(url, headers=headers)
                return httpx.Response(200, headers={"RateLimit-Policy": field})

        async def main() -> None:
            pacer = LearningPacer(longest_pause=1000)
            await adaptive.make_many_requests(URL, 1, client=api, limiter=pacer)
            await adaptive.make_many_requests(URL, count, client=api, limiter=pacer)

        api = Api(lambda: Path(there=there))
        run(main())
        assert len(api.arrivals) == count + 1
        for allowed, window in policies:
            assert_kept(api.arrivals[1:], allowed, window)

    holds()


LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"
ANSWERS = st.lists(
    st.tuples(
        st.sampled_from([200, 200, 200, 429, 429, 503, 500, 404]),
        st.sampled_from(
            [None, "0", "0.5", "1", "3", "20", "70", "soon", "-1", LONG_AGO]
        ),
        st.sampled_from(
            [
                None,
                '"a";q=5;w=1',
                '"a";q=50;w=10, "b";q=2;w=1',
                '"a";q=1;w=1000000000',
                "junk",
            ]
        ),
    ),
    min_size=1,
    max_size=20,
)


@many
def test_whatever_the_api_answers(examples: int) -> None:
    """Each request has its outcome, nobody sends during a pause that was asked for, and
    no slot is lost.
    """

    @settings(max_examples=examples)
    @given(
        ANSWERS,
        st.integers(1, 80),
        SLOTS,
        st.one_of(st.none(), st.floats(0.5, 100)),
        st.booleans(),
    )
    def holds(
        answers: list[Any], count: int, slots: int, rate: float | None, cancel: bool
    ) -> None:
        held_until = 0.0

        class Api(SimulatedApi):
            async def get(self, url: str, *, headers: dict[str, str]) -> httpx.Response:
                nonlocal held_until
                assert virtual_loop().now >= held_until - 1e-9, "sent during a pause"
                status, asked, policy = answers[len(self.arrivals) % len(answers)]
                await super().get(url, headers=headers)
                if (
                    status in (429, 503)
                    and asked
                    and asked.replace(".", "").isdecimal()
                ):
                    held_until = max(held_until, virtual_loop().now + float(asked))
                sent = {"Retry-After": asked, "RateLimit-Policy": policy}
                return httpx.Response(
                    status, headers={name: text for name, text in sent.items() if text}
                )

        async def main() -> None:
            limiter = AdjustableLimiter(slots)
            pacer = LearningPacer(rate, limiter=limiter)
            requests = [
                asyncio.create_task(
                    adaptive.make_one_request(URL, n, client=api, limiter=pacer)
                )
                for n in range(count)
            ]
            await asyncio.sleep(1)
            if cancel:
                requests[count // 2].cancel()
            outcomes = await asyncio.gather(*requests, return_exceptions=True)
            assert all(isinstance(outcome, OUTCOMES) for outcome in outcomes)
            assert limiter.in_use == limiter.waiting == 0
            assert 0 < pacer.rate < 1e6 or pacer.rate == math.inf

        api = Api(lambda: Path())
        run(main())

    holds()


@pytest.mark.parametrize("make", [Pacer, LearningPacer])
def test_entering_twice_is_an_error_that_costs_no_slot(
    make: Callable[..., Any],
) -> None:
    """A task that is inside cannot enter again; the pacer serves others as before."""

    async def main() -> int:
        limiter = AdjustableLimiter(2)
        pacer = make(rate=100, limiter=limiter)
        async with pacer:
            with pytest.raises(RuntimeError, match="already inside the pacer"):
                await pacer.__aenter__()
        async with pacer:
            pass
        return limiter.in_use

    assert run(main()) == 0
