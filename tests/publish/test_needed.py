"""What it takes to publish: whether it is here, and what is said where it is not."""

from __future__ import annotations

import pytest

from inflight_lab.publish import needed


def test_what_is_here_is_enough() -> None:
    """Whoever can run these tests can make pages."""
    needed.check_for_pages()


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
