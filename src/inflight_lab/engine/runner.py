"""What a runner is: anything to call with a URL and a count, and then to await."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

Runner = Callable[..., Awaitable[Any]]

OPTIONAL = ("client", "limiter", "return_exceptions")
"""The keywords that a runner is given if it takes them."""

ADVICE = (
    "write `async def run(url, count, *, client, limiter):`, "
    "with the keywords that you need"
)


def takes(runner: Runner, keyword: str) -> bool:
    """Whether ``runner`` can be called with ``keyword``."""
    parameters = inspect.signature(runner).parameters
    if keyword in parameters:
        return True
    return any(each.kind is each.VAR_KEYWORD for each in parameters.values())


def check_runner(runner: Any) -> None:
    """Raise ``TypeError`` if ``runner`` cannot be one; the error says what to write."""
    if not callable(runner):
        raise TypeError(
            f"runner must be a function, not called yet: {ADVICE}; got {runner!r}"
        )
    if inspect.isasyncgenfunction(runner) or inspect.isgeneratorfunction(runner):
        raise TypeError(
            "runner must return its outcomes as a list, and not yield: "
            f"{ADVICE}; got {runner!r}"
        )
    try:
        _bind(runner)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"runner must take url and count ({error}): {ADVICE}; got {runner!r}"
        ) from None


def _bind(runner: Runner) -> None:
    """Raise ``TypeError`` if a run could not call ``runner``."""
    keywords = {name: None for name in OPTIONAL if takes(runner, name)}
    inspect.signature(runner).bind("url", 1, **keywords)
