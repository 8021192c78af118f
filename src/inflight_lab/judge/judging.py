"""Puts limiters through all trials and checks.

All of them run on the virtual clock, so they take seconds and come out the same on
every machine; only what a request costs in time and memory is real.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from inflight_lab.arguments import checked, instance, number
from inflight_lab.judge.card import Card, Column, side_by_side
from inflight_lab.judge.checks import CHECKS
from inflight_lab.judge.clock import BlockingError
from inflight_lab.judge.results import COULD_BE_JUDGED, RAISES_NOTHING, CheckResult
from inflight_lab.judge.subject import WANTED, Subject
from inflight_lab.judge.trials import PERIODS, trials

NO_CLOCK = (
    "after the first second it sent nothing; it lets none through, or uses a thread "
    "or a clock that the judge does not reach"
)


@checked(rate=number(1), limiter=instance(object, WANTED, callable))
def judge(
    limiter: Callable[..., Any], *, rate: float = 100, period: float = 1.0
) -> Card:
    """Put a limiter for ``rate`` requests per ``period`` seconds through all trials.

    ``limiter`` is what makes one when it is called, such as its class.  Where that
    takes ``rate`` and ``period``, it gets both; where it takes ``rate`` only, it gets
    that if ``period`` is 1.  It may need nothing else.  What it makes is an object for
    ``async with``, or with an async ``acquire`` (and ``release``, if it has that) or
    ``wait``.  Or ``limiter`` is a runner, ``(url, count, *, client)``, which only meets
    the quotas.

    Raises ``TypeError`` for anything else, and whatever the limiter itself raises when
    it is made.
    """
    # In a thread of its own: in a notebook a loop is running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_judge, Subject(limiter, rate, period)).result()


@checked(
    rate=number(1),
    limiters=instance(Mapping, "limiters by name, one or more", bool),
)
def compare(
    limiters: Mapping[str, Callable[..., Any]],
    *,
    rate: float = 100,
    period: float = 1.0,
) -> str:
    """The cards of several limiters side by side, under the names that you give them.

    See `judge` for what a limiter is.
    """
    columns: dict[str, Column] = {}
    for name, limiter in limiters.items():
        try:
            columns[name] = judge(limiter, rate=rate, period=period).column()
        except Exception as error:  # the others are judged all the same
            columns[name] = {COULD_BE_JUDGED: type(error).__name__}
    return side_by_side(columns)


def _judge(subject: Subject) -> Card:
    card = Card(subject.name, subject.rate, subject.period, subject.arguments)
    try:
        if not subject.is_runner:
            subject.run(subject.try_making())
        _fill(card, subject)
    except BlockingError as error:
        card.shares.clear()
        card.findings = {COULD_BE_JUDGED: CheckResult(False, str(error))}
    return card


def _fill(card: Card, subject: Subject) -> None:
    """Write all that is found onto the card, trial by trial and check by check."""
    for quota, network, trial in trials(subject):
        card.shares.setdefault(quota, {})[network] = trial.run()
        if trial.error:
            card.findings[RAISES_NOTHING] = trial.error
    if subject.is_runner:
        return  # it has nothing that could let others through
    let_all_through = len(trial.api.arrivals) >= PERIODS * subject.rate
    if not card.used_any_quota and not let_all_through:
        if RAISES_NOTHING not in card.findings:
            card.findings[COULD_BE_JUDGED] = CheckResult(False, NO_CLOCK)
        return
    for check in CHECKS:
        card.findings[check.question] = check.result(subject)
