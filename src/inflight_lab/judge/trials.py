"""How much of a quota a limiter uses, and how many requests are refused."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from inflight_lab.judge.api import QUOTAS, Api
from inflight_lab.judge.clock import BEGIN, virtual_loop
from inflight_lab.judge.results import CheckResult, raised
from inflight_lab.judge.subject import Subject
from inflight_lab.quotas.algorithms import Quota

PERIODS = 10
"""Of each trial, after the first period, in which bursts are allowed."""


class Network(NamedTuple):
    """How smoothly requests travel."""

    jitter: float = 0.0
    """Seconds by which the way to the API varies."""
    stall: float = 0.0
    """Seconds for which the loop stands still once a second."""


NETWORKS = {
    "still": Network(),
    "10 ms of jitter": Network(jitter=0.01),
    "stalls of 100 ms": Network(stall=0.1),
}


class Share(NamedTuple):
    """What came out of one trial."""

    used: float
    """Of the quota: 1.0 is all of it."""
    refused: int


@dataclass
class Trial:
    """One limiter or runner against one quota over one network."""

    subject: Subject
    api: Api
    network: Network
    error: CheckResult | None = None
    """What the limiter raised, if it did."""

    def run(self) -> Share:
        """Send for as long as the trial takes, and count."""
        try:
            self.subject.run(self._send())
        except TimeoutError:
            pass  # the trial is over, or nothing would ever happen again
        except Exception as error:
            self.error = raised(error)
        return Share(self._share_used(), self.api.refusals)

    async def _send(self) -> None:
        async with (
            asyncio.timeout((1 + PERIODS) * self.subject.period),
            asyncio.TaskGroup() as tasks,
        ):
            stalls = tasks.create_task(self._stall_each_second())
            await self.subject.send_all(self.api, 2 * (1 + PERIODS))
            stalls.cancel()

    async def _stall_each_second(self) -> None:
        while self.network.stall:
            await asyncio.sleep(1)
            virtual_loop().stall(self.network.stall)

    def _share_used(self) -> float:
        period = self.subject.period
        begin = BEGIN + period
        end = begin + PERIODS * period
        accepted = sum(begin <= arrival < end for arrival in self.api.accepted)
        return accepted / (self.subject.rate * PERIODS)


def trial(
    subject: Subject, make_quota: Callable[[float, float], Quota], network: Network
) -> Trial:
    """Prepare a trial against a quota that was never used."""
    quota = make_quota(subject.rate, subject.period)
    return Trial(subject, Api(quota, network.jitter), network)


def trials(subject: Subject) -> list[tuple[str, str, Trial]]:
    """One for each quota and network, with their names."""
    prepared = []
    for quota, make_quota in QUOTAS.items():
        for name, network in NETWORKS.items():
            prepared.append((quota, name, trial(subject, make_quota, network)))
    return prepared
