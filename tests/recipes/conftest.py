"""What the tests of all recipes begin with."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _with_a_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A key in the environment, and an empty folder."""
    monkeypatch.setenv("API_KEY", "secret")
    monkeypatch.chdir(tmp_path)
