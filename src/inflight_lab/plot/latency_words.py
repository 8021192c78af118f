"""Which latencies of a run are worth a word, and the words."""

from itertools import zip_longest

from inflight_lab.plot.sentence.words import plain_seconds, rounded, with_commas
from inflight_lab.runs.latency import LatencyChange
from inflight_lab.runs.run import Run

BRIEF = 0.25
"""Seconds.  A latency that stood for less is one that a slider went across."""


def lasting_changes(run: Run) -> list[LatencyChange]:
    """The latencies that stood for a while, and the last; none twice in a row.

    The first stands from the beginning: one that is set at once is no change.
    """
    lasting: list[LatencyChange] = []
    for change, after in zip_longest(run.latencies, run.latencies[1:]):
        is_brief = after is not None and after.time - change.time < BRIEF
        is_same = bool(lasting) and lasting[-1].latency == change.latency
        if is_brief or is_same:
            continue
        since = change.time if lasting else run.latencies[0].time
        lasting.append(change._replace(time=since))
    return lasting


def latency_in_words(latency: float) -> str:
    """A latency as it was set: "0.03 s"."""
    return f"{with_commas(rounded(latency, 3))} s"


def latencies_in_words(run: Run) -> str:
    """How the latency of ``run`` changed, in a sentence; "" if it did not."""
    changes = lasting_changes(run)
    if len(changes) < 2:
        return ""
    first, *later = changes
    parts = [f"Latency {latency_in_words(first.latency)}"]
    for change in later:
        seconds = latency_in_words(change.latency)
        parts.append(f"{seconds} from {plain_seconds(change.time)} on")
    return f"{', '.join(parts)}."
