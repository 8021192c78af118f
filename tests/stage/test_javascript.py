"""What the stage's JavaScript works out, without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.deno import expect_to_pass, javascript_tests


@pytest.mark.parametrize(
    "path", javascript_tests(Path(__file__).parent / "js"), ids=str
)
def test_javascript(path: Path) -> None:
    """Each of its tests passes in Deno."""
    expect_to_pass(path)
