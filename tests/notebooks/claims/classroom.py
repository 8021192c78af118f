"""What notebook 12 claims."""

from __future__ import annotations

from tests.support.run_all import Ran

ALL_RUN = """
import asyncio
await asyncio.gather(panel.start(), slow.start())
"""
CHALLENGE = """
challenge.limit, api.latency = {limit}, 0.3
await challenge.start()
"""
EVENTS = """[
    (event.time, event.kind) for event in slow.lanes["with a pause"].timeline.events
]"""


def claims_of_12(ran: Ran) -> None:
    """Two runners, single requests, a challenge and a recording keep their promises."""
    assert ran.kernel.run(ALL_RUN).status == "ok"

    # Two runners: naive is done first and half of it is refused; the semaphore takes
    # ten rounds of 0.7 s, and none is.
    hasty = stats(ran, "panel", "naive")
    assert (hasty["accepted"], hasty["refused"]) == (45, 45)
    limited = stats(ran, "panel", "semaphore")
    assert (limited["accepted"], limited["refused"]) == (90, 0)
    assert hasty["elapsed"] < 6.9 < limited["elapsed"]

    # Single requests: the runner with a pause has a gap of a second, and the other has
    # none.
    plain, pausing = stats(ran, "slow", "semaphore"), stats(ran, "slow", "with a pause")
    assert pausing["elapsed"] > plain["elapsed"] + 0.8
    happened = ran.kernel.value(EVENTS)
    ends = [time for time, kind in happened if kind == "answered"]
    begins = [time for time, kind in happened if kind == "sent"]
    assert begins[3] - ends[2] > 0.8
    asleep = [time for time, kind in happened if kind == "freed"]
    assert asleep[0] - ends[2] > 0.8  # "and their slots sleep"

    # The challenge: the limit of the solution meets no 429, and far above it there are
    # some.
    for limit, kept in ((10, True), (60, False)):
        assert ran.kernel.run(CHALLENGE.format(limit=limit)).status == "ok"
        met = ran.kernel.value("challenge.goals_met")
        assert (met["no 429"], met["120 answers"]) == (kept, kept)

    # A slider of one's own, and the panel's: either moves the other.
    assert ran.kernel.run("wide.value = 60").status == "ok"
    assert ran.kernel.value("challenge.limit") == 60
    assert ran.kernel.run("challenge.limit = 7").status == "ok"
    assert ran.kernel.value("wide.value") == 7

    # The recording: 200 answers on either side, the paced ones long before the others;
    # neither is quicker than its limit and its pauses allow.
    paced = recorded(ran, "paced")
    pausing = recorded(ran, "semaphore and pause")
    assert paced["accepted"] == pausing["accepted"] == 200
    assert 3 < paced["elapsed"] < pausing["elapsed"] / 3
    whole = ran.kernel.value("replay.runs['semaphore and pause'].elapsed")
    assert pausing["elapsed"] == whole  # "even the last"
    assert whole > 13
    assert ran.text("code-replay").splitlines()[:4] == [
        "semaphore and pause: 200 answers, 13.2 s,",
        "  at most 20 in flight",
        "paced: 200 answers, 3.4 s,",
        "  at most 20 in flight",  # "always at its limit"
    ]


def recorded(ran: Ran, name: str) -> dict[str, float]:
    """The counts of one side of the recording, at its end."""
    return dict(ran.kernel.value(f"vars(replay.runs[{name!r}].counts)"))


def stats(ran: Ran, panel: str, name: str) -> dict[str, float]:
    return ran.kernel.value(f"vars({panel}.lanes[{name!r}].server.stats())")
