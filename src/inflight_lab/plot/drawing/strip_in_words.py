"""What a strip shows, in words for people who do not see it."""

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from statistics import mean, median
from typing import NamedTuple

from inflight_lab.plot.drawing.axis import Scale
from inflight_lab.plot.drawing.stacks import Known, Mark, Stack, bursts_of
from inflight_lab.plot.drawing.strip_numbers import (
    SEEN_APART,
    WIDEST_BURST,
    standing_out,
)

LONGER = 3
LONG = 0.1
"""A gap is seen as one if it is so many times as long as usual, or this share of the
axis."""

AT_ONCE = 0.1
"""Seconds: what is shorter has one time, because times are said to a tenth."""

MOST_GROUPS = 8
"""Nobody keeps the times of more groups in mind."""


class Group(NamedTuple):
    """Requests between two gaps, in the order in which they came."""

    marks: list[Mark]

    @property
    def lasts(self) -> float:
        """Seconds from the first to the last."""
        return self.marks[-1].time - self.marks[0].time

    @property
    def refused(self) -> int:
        """How many of them were refused."""
        return sum(mark.known == "refused" for mark in self.marks)

    def when(self, x: Scale) -> str:
        """At which time they came, or from when to when."""
        begin = self.marks[0].time
        end = self.marks[-1].time
        if self.lasts < AT_ONCE:
            return f"at {begin:.1f} s"
        span = f"from {begin:.1f} to {end:.1f} s"
        is_stream = self.lasts > WIDEST_BURST * x.per_pixel
        return f"evenly spaced {span}" if is_stream and are_even(self.marks) else span

    def in_words(self, x: Scale) -> str:
        """How many came when, and how many of them were refused."""
        words = f"{len(self.marks)} {self.when(x)}"
        if not self.refused:
            return words
        if self.refused == len(self.marks):
            return f"{words}, refused"
        return f"{words}, {self.refused} of them refused"


def strip_in_words(stacks: Sequence[Stack], x: Scale) -> str:
    """How many requests came when; there are some."""
    groups = groups_of(stacks, x)
    if len(groups) <= MOST_GROUPS:
        return "; ".join(group.in_words(x) for group in groups)
    sizes = [len(group.marks) for group in groups]
    every = Group([mark for group in groups for mark in group.marks])
    return f"{len(groups)} groups of {range_of(sizes)} {every.when(x)}"


def range_of(numbers: Iterable[int]) -> str:
    """The only number, or the smallest and the largest."""
    different = sorted(set(numbers))
    if len(different) == 1:
        return str(different[0])
    return f"{different[0]} to {different[-1]}"


def groups_of(stacks: Sequence[Stack], x: Scale) -> list[Group]:
    """What is between gaps; what stands out of a stream is a group by itself."""
    loud = standing_out(stacks)
    groups = []
    for burst in bursts_of(stacks, shortest_gap(stacks, x)):
        for _, same in groupby(burst, loud.__contains__):
            groups.append(Group([mark for stack in same for mark in stack.marks]))
    return singles_joined(moments_joined(groups))


def shortest_gap(stacks: Sequence[Stack], x: Scale) -> float:
    """Seconds without a request that are seen as a gap."""
    gaps = gaps_between([mark for stack in stacks for mark in stack.marks])
    long = LONG * (x.last - x.first)
    longer = LONGER * median(gaps or [long])
    return max(SEEN_APART * x.per_pixel, min(long, longer))


def moments_joined(groups: Iterable[Group]) -> list[Group]:
    """Groups for which one time is enough are one group."""
    joined: list[Group] = []
    for group in groups:
        if joined and group.marks[-1].time - joined[-1].marks[0].time < AT_ONCE:
            joined[-1] = Group([*joined[-1].marks, *group.marks])
        else:
            joined.append(group)
    return joined


def singles_joined(groups: Iterable[Group]) -> list[Group]:
    """Single requests that follow each other and had the same outcome are one group."""
    joined: list[Group] = []
    for outcome, same in groupby(groups, outcome_of_a_single):
        if outcome:
            joined.append(Group([group.marks[0] for group in same]))
        else:
            joined += same
    return joined


def outcome_of_a_single(group: Group) -> Known | None:
    """What is known of its only request; None if it has several."""
    return group.marks[0].known if len(group.marks) == 1 else None


def are_even(marks: Sequence[Mark]) -> bool:
    """Whether no gap is much longer than others, and the pace does not change."""
    gaps = gaps_between(marks)
    half = len(gaps) // 2
    if not half:
        return False
    if max(gaps) >= 2 * mean(gaps):
        return False
    shorter, longer = sorted([sum(gaps[:half]), sum(gaps[-half:])])
    return longer < 1.5 * shorter


def gaps_between(marks: Sequence[Mark]) -> list[float]:
    """Seconds from each request to the next."""
    return [later.time - mark.time for mark, later in pairwise(marks)]
