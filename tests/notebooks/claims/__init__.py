"""What each notebook claims: checked after Run All, in a kernel of this machine or in a
browser's page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tests.notebooks.claims import (
    budgets,
    classroom,
    first_steps,
    rates,
    scale,
    snippets,
)
from tests.support.run_all import Ran

CLAIMS: dict[str, Callable[[Ran], None]] = {
    "00": first_steps.claims_of_00,
    "01": first_steps.claims_of_01,
    "02": first_steps.claims_of_02,
    "03": first_steps.claims_of_03,
    "04": first_steps.claims_of_04,
    "05": rates.claims_of_05,
    "06": rates.claims_of_06,
    "07": rates.claims_of_07,
    "08": rates.claims_of_08,
    "09": scale.claims_of_09,
    "10": scale.claims_of_10,
    "11": snippets.claims_of_11,
    "12": classroom.claims_of_12,
    "13": budgets.claims_of_13,
}
"""By the notebook's number."""

CLAIMS_IN_A_PAGE = CLAIMS | {
    "09": partial(scale.claims_of_09, most=360, sockets=False),
    "10": scale.claims_of_10_in_a_page,
}
"""Where there are neither sockets nor threads nor processes."""
