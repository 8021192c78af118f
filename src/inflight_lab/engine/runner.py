"""What a runner is: anything to call with a URL and a count, and then to await."""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any

Runner = Callable[..., Awaitable[Any]]

OPTIONAL_KEYWORDS = ("client", "limiter", "return_exceptions")
"""The keywords that a runner is called with if it accepts them."""

SIGNATURE_HINT = (
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
    """Raise a ``TypeError`` that says what to write if ``runner`` is not a runner."""
    if not callable(runner):
        raise TypeError(
            "runner must be a function, not called yet: "
            f"{SIGNATURE_HINT}; got {runner!r}"
        )
    if inspect.isasyncgenfunction(runner) or inspect.isgeneratorfunction(runner):
        raise TypeError(
            "runner must return its outcomes as a list, and not yield: "
            f"{SIGNATURE_HINT}; got {runner!r}"
        )
    try:
        _bind(runner)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"runner must take url and count ({error}): "
            f"{SIGNATURE_HINT}; got {runner!r}"
        ) from None


def _bind(runner: Runner) -> None:
    """Raise ``TypeError`` if an execution could not call ``runner``."""
    keywords = {name: None for name in OPTIONAL_KEYWORDS if takes(runner, name)}
    inspect.signature(runner).bind("url", 1, **keywords)
