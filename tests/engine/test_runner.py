"""What can be a runner, as it is found out before it is called."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from inflight_lab.engine.runner import check_runner, takes
from inflight_lab.runners import naive, semaphore


@functools.wraps(semaphore.make_many_requests)
def decorated(*arguments: Any, **options: Any) -> Any:
    """A decorator's wrapper, as functools makes it."""


ALL = {"client", "limiter", "return_exceptions"}


@pytest.mark.parametrize(
    ("runner", "keywords"),
    [
        (naive.make_many_requests, {"client", "return_exceptions"}),
        (decorated, ALL),
        (functools.partial(semaphore.make_many_requests, verbose=False), ALL),
        (lambda url, count, **more: None, ALL),
        (lambda url, count: None, set()),
    ],
)
def test_a_runners_keywords_are_found(runner: Any, keywords: set[str]) -> None:
    """Through a decorator, a partial and ``**`` too."""
    check_runner(runner)
    assert {name for name in ALL if takes(runner, name)} == keywords
