"""What can be a runner, as it is found out before it is called."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import pytest

from inflight_lab.engine.runner import check_runner, takes
from inflight_lab.runners import naive, semaphore


async def only_url(url: str) -> None:
    """Not one: a run passes a count as well."""


async def one_more(url: str, count: int, *, token: str) -> None:
    """Not one: a run has no token."""


async def yields(url: str, count: int) -> AsyncIterator[None]:
    """Not one: there is nothing to await."""
    yield


def yields_at_once(url: str, count: int) -> Iterator[None]:
    """Nor is this."""
    yield


class NotOne(NamedTuple):
    """What cannot be a runner, and how the error begins."""

    runner: Any
    error: str


@pytest.mark.parametrize(
    "case",
    [
        NotOne(
            None, "runner must be a function, not called yet: write `async def run("
        ),
        NotOne(only_url, "runner must take url and count (too many positional "),
        NotOne(one_more, "runner must take url and count (missing a required "),
        NotOne(yields, "runner must return its outcomes as a list, and not yield: "),
        NotOne(yields_at_once, "runner must return its outcomes as a list, and not "),
    ],
    ids=lambda case: getattr(case.runner, "__name__", "None"),
)
def test_what_is_not_a_runner_is_refused(case: NotOne) -> None:
    """The error says what to write instead, and what was given."""
    with pytest.raises(TypeError) as caught:
        check_runner(case.runner)
    assert str(caught.value).startswith(case.error)
    assert str(caught.value).endswith(f"got {case.runner!r}")


@functools.wraps(semaphore.make_many_requests)
def decorated(*arguments: Any, **options: Any) -> Any:
    """A decorator's wrapper, as functools makes it."""


@pytest.mark.parametrize(
    ("runner", "keywords"),
    [
        (naive.make_many_requests, {"client", "return_exceptions"}),
        (semaphore.make_many_requests, {"client", "limiter", "return_exceptions"}),
        (decorated, {"client", "limiter", "return_exceptions"}),
        (
            functools.partial(naive.make_many_requests, return_exceptions=False),
            {"client", "return_exceptions"},
        ),
        (lambda url, count, **more: None, {"client", "limiter", "return_exceptions"}),
        (lambda url, count: None, set()),
    ],
)
def test_a_runners_keywords_are_found(runner: Any, keywords: set[str]) -> None:
    """Through a decorator, a partial and ``**`` too."""
    check_runner(runner)
    names = ("client", "limiter", "return_exceptions")
    assert {name for name in names if takes(runner, name)} == keywords
