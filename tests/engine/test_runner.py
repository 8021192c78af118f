"""What can be a runner, as it is found out before it is called."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from inflight_lab.engine.runner import check_runner, takes
from inflight_lab.runners import naive, semaphore


async def only_url(url: str) -> None:
    """Not one: a run passes a count as well."""


async def one_more(url: str, count: int, *, token: str) -> None:
    """Not one: a run has no token."""


@pytest.mark.parametrize(
    ("runner", "error"),
    [
        (None, "must be a function, not called yet: write `async def run("),
        (only_url, "must take url and count (too many positional "),
        (one_more, "must take url and count (missing a required "),
    ],
)
def test_what_is_not_a_runner_is_refused(runner: Any, error: str) -> None:
    """The error says what to write instead, and what was given."""
    with pytest.raises(TypeError) as caught:
        check_runner(runner)
    assert str(caught.value).startswith(f"runner {error}")
    assert str(caught.value).endswith(f"got {runner!r}")


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
