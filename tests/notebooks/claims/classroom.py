"""What notebook 11 claims."""

from __future__ import annotations

from tests.support.run_all import Ran

ALL_END = """
import asyncio
while panel.running or slow.running or not replay._task.done():
    await asyncio.sleep(0.05)
"""
CHALLENGE = """
challenge.limit, api.latency = {limit}, 0.3
await challenge.start()
"""
EVENTS = """[
    (event.time, event.kind) for event in slow.lanes["with a pause"].timeline.events
]"""


def claims_of_11(ran: Ran) -> None:
    """Two runners side by side, slow motion, a challenge and a recording show what a
    teacher promises.
    """
    assert ran.kernel.run(ALL_END).status == "ok"

    # Two runners: naive is done first, up to sixty are refused; the semaphore takes
    # longer, none is.
    hasty, limited = stats(ran, "panel", "naive"), stats(ran, "panel", "semaphore")
    assert (hasty["accepted"] + hasty["refused"], limited["accepted"]) == (120, 120)
    assert 0 < hasty["refused"] <= 60, hasty
    assert hasty["elapsed"] < limited["elapsed"], (hasty, limited)
    assert (limited["refused"], limited["busiest_period"] <= 24) == (0, True)

    # Slow motion: the runner with a pause has a gap of a slow second, and the other has
    # none.
    plain, pausing = stats(ran, "slow", "semaphore"), stats(ran, "slow", "with a pause")
    assert pausing["elapsed"] > plain["elapsed"] + 4
    assert ran.kernel.value("slow.lanes['with a pause'].feed.recorder.numbered")
    happened = ran.kernel.value(EVENTS)
    ends = [time for time, kind in happened if kind == "answered"]
    begins = [time for time, kind in happened if kind == "sent"]
    assert begins[3] - ends[2] > 4
    asleep = [time for time, kind in happened if kind == "freed"]
    assert asleep[0] - ends[2] > 4  # "and their slots sleep"
    assert ran.kernel.value("quiet.latency") == 0.1

    # The challenge: the highest limit of the solution meets no 429, and far above it
    # there are some.
    for limit, kept in ((10, True), (20, False)):
        assert ran.kernel.run(CHALLENGE.format(limit=limit)).status == "ok"
        met = ran.kernel.value("challenge.goals_met")
        assert (met["no 429"], met["120 answers"]) == (kept, kept)

    # A slider of one's own, and the panel's: either moves the other.
    assert ran.kernel.run("wide.value = 60").status == "ok"
    assert ran.kernel.value("challenge.limit") == 60
    assert ran.kernel.run("challenge.limit = 7").status == "ok"
    assert ran.kernel.value("wide.value") == 7

    # The recording: 200 answers on either side, the paced ones long before the others.
    shown = ran.kernel.value(
        "{name: feed.recorder.status()['counts'] for name, feed in replay.feeds.items()}"
    )
    assert {name: each["accepted"] for name, each in shown.items()} == dict.fromkeys(
        shown, 200
    )
    assert shown["paced"]["elapsed"] < shown["semaphore and pause"]["elapsed"] / 3


def stats(ran: Ran, panel: str, name: str) -> dict[str, float]:
    return ran.kernel.value(f"vars({panel}.lanes[{name!r}].server.stats())")
