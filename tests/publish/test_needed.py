"""The tools for publishing: what brings them, and the error where one is missing."""

from __future__ import annotations

import re
import tomllib

import pytest

from inflight_lab.publish import needed
from tests.support.browser import ROOT


def test_the_extra_brings_the_browser_build() -> None:
    """As the error for a missing module promises."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    extra = tomllib.loads(text)["project"]["optional-dependencies"]["browser"]
    brought = {re.split(r"[^\w-]", requirement)[0] for requirement in extra}
    assert {name.replace("_", "-") for name in needed.FOR_THE_LAB} <= brought


def test_a_missing_module_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the extra that brings it, in one line."""
    monkeypatch.setattr(needed, "FOR_PAGES", ("json", "no_such_module"))
    message = r"^no_such_module is missing: \"inflight-lab\[lab\]\" brings it$"
    with pytest.raises(needed.MissingError, match=message):
        needed.check_for_pages()


def test_a_missing_npm_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what it comes with."""
    monkeypatch.setattr(needed, "FOR_THE_LAB", ())
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(needed.MissingError, match=r"^npm is missing: it comes with"):
        needed.check_for_the_lab()
