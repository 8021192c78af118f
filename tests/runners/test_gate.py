"""Gate: what has been said last, and what is final."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from inflight_lab.runners.gate import Gate, GateShutError
from inflight_lab.runners.refusals import Refusal
from inflight_lab.runners.retry_policy import RetryPolicy
from tests.support.virtual_clock import BEGIN, run, virtual_loop

ANSWER = httpx.Response(429)
NO_MORE = Refusal(pause=None, is_permanent=True, reason="no money left")
TOO_LONG = Refusal(pause=121.0)


@pytest.mark.parametrize("final", [NO_MORE, TOO_LONG], ids=["for good", "too long"])
def test_a_later_refusal_does_not_hide_a_final_one(final: Refusal) -> None:
    """Answers to requests in flight may ask for a short pause: still nobody waits, and
    all get the reason that counts.
    """

    async def main() -> None:
        gate = Gate(RetryPolicy())
        gate.obey(final, ANSWER)
        gate.obey(Refusal(pause=5.0), ANSWER)
        with pytest.raises(GateShutError) as shut:
            gate.seconds_until_open()
        assert shut.value.refusal is final

    run(main())


@pytest.mark.parametrize("final", [NO_MORE, TOO_LONG], ids=["for good", "too long"])
def test_nobody_sleeps_at_a_gate_at_which_nobody_waits(final: Refusal) -> None:
    """A backoff that begins after the final refusal ends at once."""

    async def main() -> float:
        gate = Gate(RetryPolicy())
        gate.obey(final, ANSWER)
        await gate.sleep(50)
        return virtual_loop().time()

    assert run(main()) < BEGIN + 1


def test_nobody_begins_to_wait_where_others_have_given_up() -> None:
    """Until the last refusal is over nobody waits, even if that one asks for less."""

    async def main() -> None:
        gate = Gate(RetryPolicy())
        gate.obey(TOO_LONG, ANSWER)
        await asyncio.sleep(20)
        gate.obey(Refusal(pause=110.0), ANSWER)
        with pytest.raises(GateShutError, match="refuses all requests") as shut:
            gate.seconds_until_open()
        assert shut.value.refusal is TOO_LONG
        await asyncio.sleep(110)
        assert gate.seconds_until_open() <= 0

    run(main())


def test_a_gate_that_has_opened_forgets() -> None:
    """A short pause is waited for, although one long ago was too long."""

    async def main() -> float:
        gate = Gate(RetryPolicy())
        gate.obey(TOO_LONG, ANSWER)
        await asyncio.sleep(122)
        gate.obey(Refusal(pause=5.0), ANSWER)
        return gate.seconds_until_open()

    assert run(main()) == pytest.approx(5)


def test_a_gate_asks_its_policy() -> None:
    """Another ``longest_pause`` holds from then on, and the reason names it."""

    async def main() -> str:
        policy = RetryPolicy()
        gate = Gate(policy)
        policy.longest_pause = 4.0
        gate.obey(Refusal(pause=5.0), ANSWER)
        with pytest.raises(GateShutError) as shut:
            gate.seconds_until_open()
        return shut.value.why

    why = "the server asked for a pause of 5 s, and longest_pause is 4 s."
    assert run(main()) == why
