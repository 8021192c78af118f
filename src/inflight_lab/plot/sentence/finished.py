"""How a run ended, in the words of somebody who watched it."""

from collections.abc import Callable

from inflight_lab.plot.sentence.causes import why_failed, why_refused
from inflight_lab.plot.sentence.never_sent import never_sent
from inflight_lab.plot.sentence.overall_pace import overall_pace
from inflight_lab.plot.sentence.words import (
    many,
    plain_seconds,
    rounded,
    unbroken,
    with_commas,
)
from inflight_lab.runs.run import Run


def finished_sentence(run: Run) -> str:
    """How ``run`` ended, and why."""
    return unbroken(_first_that_applies(run) + _speed_of(run))


def _speed_of(run: Run) -> str:
    if run.slow == 1:
        return ""
    slow = with_commas(rounded(run.slow, 1))
    return f" ({slow} \N{MULTIPLICATION SIGN} slower)"


def _first_that_applies(run: Run) -> str:
    for situation in SITUATIONS:
        text = situation(run)
        if text:
            return text
    raise AssertionError("the last situation always applies")


def _nothing_sent(run: Run) -> str:
    if run.counts.started:
        return ""
    return "Nothing was sent." if run.now else "Not run yet."


def _stopped(run: Run) -> str:
    if not run.stopped:
        return ""
    counts = run.counts
    unsent = never_sent(run)
    parts = [
        f"{with_commas(counts.accepted)} answered",
        _part(counts.refused, f"refused{_in_brackets(why_refused(run))}"),
        _part(counts.failed, "failed"),
        _part(counts.cancelled - unsent, "given up in flight"),
        _part(unsent, "never sent"),
    ]
    ends = ", ".join(part for part in parts if part)
    return f"Stopped after {_took(run)}: {ends}."


def _all_answered_in_the_end(run: Run) -> str:
    counts = run.counts
    troubled = counts.refused or counts.failed
    if not troubled or not counts.announced or counts.accepted < counts.announced:
        return ""
    if counts.refused >= counts.failed:
        trouble = many(counts.refused, "refusal") + _because(why_refused(run))
    else:
        trouble = many(counts.failed, "failure") + _because(why_failed(run))
    return f"{_all(counts.accepted)} answered in {_took(run)}, after {trouble}."


def _failed(run: Run) -> str:
    counts = run.counts
    if not counts.failed or counts.failed < counts.refused:
        return ""
    who = _out_of(counts.failed, counts.started)
    others = _also(counts.refused, "refused") + _given_up(run)
    return f"{who} failed{_because(why_failed(run))}.{others}"


def _refused(run: Run) -> str:
    counts = run.counts
    if not counts.refused:
        return ""
    who = _out_of(counts.refused, counts.started)
    others = _also(counts.failed, "failed") + _given_up(run)
    return f"{who} refused{_because(why_refused(run))}.{others}"


def _some_unanswered(run: Run) -> str:
    counts = run.counts
    if counts.accepted == counts.started:
        return ""
    unsent = never_sent(run)
    rest = counts.started - counts.accepted - counts.cancelled
    parts = [
        f"{with_commas(counts.accepted)} answered",
        _part(counts.cancelled - unsent, "cancelled"),
        _part(unsent, "never sent"),
        _part(rest, "without an answer"),
    ]
    return ", ".join(part for part in parts if part) + "."


def _all_answered(run: Run) -> str:
    return f"{_all(run.counts.accepted)} answered in {_took(run)}{overall_pace(run)}."


SITUATIONS: tuple[Callable[[Run], str], ...] = (
    _nothing_sent,
    _stopped,
    _all_answered_in_the_end,
    _failed,
    _refused,
    _some_unanswered,
    _all_answered,
)
"""What may be said, the most urgent first.  Each returns "" where it does not apply."""


def _took(run: Run) -> str:
    return plain_seconds(run.elapsed)


def _part(count: int, fate: str) -> str:
    return f"{with_commas(count)} {fate}" if count else ""


def _also(count: int, fate: str) -> str:
    return f" {with_commas(count)} {fate}." if count else ""


def _given_up(run: Run) -> str:
    unsent = never_sent(run)
    in_flight = run.counts.cancelled - unsent
    return _also(in_flight, "cancelled") + _also(unsent, "never sent")


def _in_brackets(why: str) -> str:
    return f" ({why})" if why else ""


def _because(why: str) -> str:
    return f": {why}" if why else ""


def _all(count: int) -> str:
    return "1 request" if count == 1 else f"All {with_commas(count)}"


def _out_of(part: int, whole: int) -> str:
    return (
        _all(whole) if part == whole else f"{with_commas(part)} of {with_commas(whole)}"
    )
