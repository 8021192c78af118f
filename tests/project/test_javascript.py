"""What the JavaScript works out, without a browser."""

from __future__ import annotations

from tests.support.deno import OFFLINE, deno


def test_javascript() -> None:
    """Each test in a ``.test.js`` file passes in Deno."""
    run = deno("test", "--no-check", *OFFLINE, "tests")
    assert run.returncode == 0, run.stdout + run.stderr
