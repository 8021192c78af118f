"""The comparison of limiters: what it shows, with the packages and without them."""

from __future__ import annotations

from tests.notebooks.one_run import expect_shown
from tests.support.notebook_tools import COMPARISON, code_cell, kernel
from tests.support.run_all import run_all
from tests.support.shows import looking_at

MISSING = dict.fromkeys(("aiolimiter", "aiometer", "asynciolimiter"))


def test_run_all_shows_what_the_prose_says() -> None:
    """On every computer, because the judge's clock is virtual."""
    with kernel() as fresh:
        assert fresh.run(looking_at(COMPARISON)).status == "ok"
        expect_shown(run_all(COMPARISON, fresh))


def test_a_package_that_is_missing_is_left_out() -> None:
    """None of the three is needed to run all cells."""
    with kernel() as fresh:
        assert fresh.run(f"import sys; sys.modules |= {MISSING}").status == "ok"
        for cell_id in ("code-imports", "code-limiters", "code-runner"):
            run = fresh.run(code_cell(COMPARISON, cell_id))
            assert (run.status, run.error) == ("ok", "")
        assert fresh.value("len(limiters)") == 3
