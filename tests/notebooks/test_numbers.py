"""The numbers in prose that no run explains."""

from __future__ import annotations

from tests.notebooks.numbers import already_executed, findings_in
from tests.support.notebook_tools import GLOSSARY


def test_the_glossary_has_no_number_that_nothing_explains() -> None:
    """It has no code, so its numbers are computed or documented."""
    assert findings_in("glossary", already_executed(GLOSSARY)) == []
