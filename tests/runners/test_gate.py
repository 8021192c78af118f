"""Gate: what has been said last, and what is final."""

from __future__ import annotations

import httpx
import pytest

from inflight_lab.runners.gate import Gate, GateShutError
from inflight_lab.runners.refusals import Refusal
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
        gate = Gate()
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
        gate = Gate()
        gate.obey(final, ANSWER)
        await gate.sleep(50)
        return virtual_loop().time()

    assert run(main()) < BEGIN + 1
