"""A card for any limiter: what it uses of each kind of quota, what it is refused, and how it fails.

All trials run on the virtual clock, so they take seconds and come out the same on every
machine; only what a request costs in time and memory is real.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from inflight_lab.arguments import checked, instance, number
from inflight_lab.judge.api import QUOTAS, Api
from inflight_lab.judge.checks import CHECKS, found
from inflight_lab.judge.clock import BEGIN, BlockingError, virtual_loop
from inflight_lab.judge.subject import WANTED, Subject

SECONDS = 10.0
"""Of each trial against a quota, after the first second, in which bursts are allowed."""
NO_CLOCK = (
    "NO: after the first second it sent nothing; it lets none through, or uses a thread "
    "or a clock that the judge does not reach"
)
NETWORKS = {
    "still": (0.0, 0.0),
    "10 ms of jitter": (0.01, 0.0),
    "stalls of 100 ms": (0.0, 0.1),
}
"""Seconds by which the way to the API varies, and for which the loop stands still once a second."""


@dataclass
class Card:
    """What was found.  ``str(card)`` is the table."""

    name: str
    shares: dict[str, dict[str, tuple[float, int]]] = field(default_factory=dict)
    """By quota and network: the share of the quota that was used, and the refusals."""
    findings: dict[str, str] = field(default_factory=dict)
    """By question: what a look at one property found."""

    def __str__(self) -> str:
        lines = [f"{self.name}: share of the quota used, and 429s"]
        lines.append(" " * 16 + "".join(f"{name:>18}" for name in NETWORKS))
        for quota, cells in self.shares.items():
            lines.append(
                f"{quota:16}"
                + "".join(f"{share:>10.1%}, {n:>5}" for share, n in cells.values())
            )
        return "\n".join(
            [
                *lines,
                "",
                *(f"{question}: {found}" for question, found in self.findings.items()),
            ]
        )

    def column(self) -> dict[str, str]:
        """The same in short, line by line, for a table of several."""
        shares = {
            f"{quota}, {network}": f"{share:.1%}, {refused:>4}"
            for quota, cells in self.shares.items()
            for network, (share, refused) in cells.items()
        }
        return shares | {
            question: re.split("[:,]", found)[0]
            for question, found in self.findings.items()
        }


@checked(rate=number(1), limiter=instance(object, WANTED, callable))
def judge(
    limiter: Callable[..., Any], *, rate: float = 100, period: float = 1.0
) -> Card:
    """Put a limiter for ``rate`` requests per ``period`` seconds through all trials.

    ``limiter`` is what makes one when it is called without arguments, such as its
    class: an object for ``async with``, or with an async ``acquire`` (and ``release``,
    if it has that) or ``wait``.  Or it is a runner, ``(url, count, *, client)``, which
    only meets the quotas.

    Raises ``TypeError`` for anything else, and whatever the limiter itself raises when
    it is made.
    """
    with ThreadPoolExecutor(
        1
    ) as elsewhere:  # in a notebook another loop runs in this thread
        return elsewhere.submit(_judge, limiter, rate, period).result()


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
    """The cards of several limiters side by side, under the names that you give them: see `judge`."""
    columns: dict[str, dict[str, str]] = {}
    for name, limiter in limiters.items():
        try:
            columns[name] = judge(limiter, rate=rate, period=period).column()
        except Exception as error:  # the others are judged all the same
            columns[name] = {"could be judged": type(error).__name__}
    rows = dict.fromkeys(row for column in columns.values() for row in column)
    lines = [
        ["", *columns],
        *([row, *(column.get(row, "") for column in columns.values())] for row in rows),
    ]
    width = 2 + max(len(cell) for _, *cells in lines for cell in cells)
    return "\n".join(
        f"{row:34}" + "".join(f"{cell:>{width}}" for cell in cells)
        for row, *cells in lines
    )


def _judge(limiter: Callable[..., Any], rate: float, period: float) -> Card:
    subject = Subject(limiter, rate, period)
    card = Card(subject.name)
    try:
        if not subject.is_runner:
            subject.run(subject.try_making())
        begin, end = BEGIN + period, BEGIN + (1 + SECONDS) * period
        for quota, make in QUOTAS.items():
            card.shares[quota] = {}
            for name, (jitter, stall) in NETWORKS.items():
                api = Api(make(rate, period), jitter)
                outcome = found(subject, partial(_send, api=api, stall=stall))
                if outcome.startswith("NO: it raised"):
                    card.findings["runs without an error"] = outcome
                share = sum(begin <= at < end for at in api.accepted) / (rate * SECONDS)
                card.shares[quota][name] = share, api.refusals
        if subject.is_runner:
            return card  # there is nothing that could let others through
        used = any(
            share for cells in card.shares.values() for share, _ in cells.values()
        )
        if (
            not used and len(api.arrivals) < SECONDS * rate
        ):  # else it let everything through at once
            card.findings["could be judged"] = NO_CLOCK
        else:
            card.findings |= {
                question: found(subject, look) for question, look in CHECKS.items()
            }
    except BlockingError as error:
        return Card(subject.name, findings={"could be judged": f"NO: {error}"})
    return card


async def _send(subject: Subject, api: Api, stall: float) -> str:
    """Send for so many periods as are looked at; what it has sent until then counts."""

    async def stall_each_second() -> None:
        while stall:
            await asyncio.sleep(1)
            virtual_loop().stall(stall)

    async with (
        asyncio.timeout((1 + SECONDS) * subject.period),
        asyncio.TaskGroup() as tasks,
    ):
        stalls = tasks.create_task(stall_each_second())
        await subject.send_all(api, 2 * SECONDS + 2)
        stalls.cancel()
    return "yes"
