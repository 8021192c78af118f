"""What a cell may ask of its page, and when a run shows what the text says."""

from __future__ import annotations

from typing import Any

import pytest

from inflight_lab.publish.cell_metadata import Claim, PageOptions, options_of
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.run import Run
from tests.support.notebook_tools import NOTEBOOKS, load


def test_limits_and_claims_are_read() -> None:
    """Limits come in their order, each once; every number that is said is a claim of
    its own.
    """
    shows = [
        {"refused": "none", "answered": 30},
        {"runner": "naive", "limit": 40, "refused": "some"},
    ]
    entry = {"limits": [40, 3, 40], "shows": shows, "moment": "asleep"}
    asked = options_of({"inflight_lab": entry})
    assert asked.limits == (3, 40)
    assert asked.moment == "asleep"
    assert asked.claims_at(None) == [Claim("answered", 30), Claim("refused", "none")]
    assert asked.claims_at(40) == [Claim("refused", "some", "naive", 40)]


def test_other_metadata_asks_for_nothing() -> None:
    """Editors write there as well."""
    assert options_of({"editable": True}) == PageOptions()


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ([3], r"inflight_lab must be an object, got \[3\]"),
        ({"limit": [3]}, r"a name in inflight_lab must be one of 'moment', 'limits'"),
        ({"moment": "late"}, "moment must be one of 'not arrived', 'asleep'"),
        ({"limits": 3}, "limits must be a list, got 3"),
        ({"limits": [0]}, "each of limits must be 1 or more, got 0"),
        ({"shows": {"refused": 3}}, "shows must be a list"),
        ({"shows": [{}]}, "each of shows must have one of 'answered', 'refused'"),
        ({"shows": [{"lost": 3}]}, "a name in each of shows must be one of"),
        ({"shows": [{"refused": "few"}]}, "refused in shows must be 0 or more, 'some'"),
        ({"shows": [{"refused": -1}]}, "refused in shows must be 0 or more, 'some'"),
        ({"shows": [{"refused": True}]}, "refused in shows must be a number, 'some'"),
        ({"shows": [{"runner": 1, "failed": 1}]}, "runner in shows must be the name"),
        (
            {"limits": [3], "shows": [{"limit": 4, "refused": 1}]},
            "a limit in shows must be one of limits, got 4",
        ),
    ],
)
def test_what_no_page_can_follow_is_refused(asked: Any, error: str) -> None:
    """The error names what is wrong, and what is allowed."""
    with pytest.raises((TypeError, ValueError), match=error):
        options_of({"inflight_lab": asked})


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        (Claim("refused", 2), True),
        (Claim("refused", 3), False),
        (Claim("refused", "some"), True),
        (Claim("refused", "none"), False),
        (Claim("failed", "none"), True),
        (Claim("failed", "some"), False),
        (Claim("answered", 5), True),
        (Claim("peak in flight", 3), True),
    ],
    ids=str,
)
def test_a_claim_is_about_one_number_of_the_run(claim: Claim, holds: bool) -> None:
    """It is an exact number, or whether there are any at all."""
    run = Run(counts=RunStats(accepted=5, refused=2, peak_in_flight=3))
    assert claim.holds_for(run) is holds


def test_the_cells_of_the_series_ask_for_what_a_page_can_have() -> None:
    """A mistake there would be noticed only when the site is made; and what is written
    about 02 to 06, 08 and 12 is checked.
    """
    checked = set()
    for path in NOTEBOOKS:
        for cell in load(path).cells:
            if options_of(cell.metadata).claims:
                checked.add(path.stem[:2])
    assert checked == {"02", "03", "04", "05", "06", "08", "12"}
