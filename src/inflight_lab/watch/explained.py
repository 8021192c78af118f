"""Which notebook explains a finding."""

import re
from typing import NamedTuple

from inflight_lab.watch.findings.finding import Finding

TITLES = {
    "01": "Send one request",
    "02": "Send many at once",
    "03": "Limit with a semaphore",
    "04": "Pause at the limit",
    "06": "Pace to the quota",
    "08": "Survive failures",
    "09": "Send ten thousand and more",
    "13": "Keep two budgets",
}
"""The notebooks that an advice may name, by their number."""
NAMED = re.compile(r" \(notebook (\d\d)\)")


class Notebook(NamedTuple):
    """A notebook of the series."""

    number: str
    title: str


def notebook_for(finding: Finding) -> Notebook | None:
    """The notebook that the finding's advice names; None if it names none."""
    named = NAMED.search(finding.advice)
    if named is None:
        return None
    number = named[1]
    return Notebook(number, TITLES[number])


def without_notebook(advice: str) -> str:
    """The advice alone, where the notebook is named beside it."""
    return NAMED.sub("", advice)
