"""A runner: anything that you call with a URL and a count, and then await."""

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
    try:
        keywords = {name: None for name in OPTIONAL_KEYWORDS if takes(runner, name)}
        inspect.signature(runner).bind("url", 1, **keywords)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"runner must take url and count ({error}): "
            f"{SIGNATURE_HINT}; got {runner!r}"
        ) from None
