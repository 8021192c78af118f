"""What the package's parameters allow, and the error for a value that is not allowed.

A parameter means the same everywhere, so each name has one validator in `VALIDATORS`.
What the package offers checks its arguments before it does anything else:

>>> check("count", count)
>>> check("limit", limit, or_none=True)

A validator of its own is for what a name means in one place only:

>>> one_of("in flight", "rate").check("strip", strip)
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

Predicate = Callable[[Any], object]
MAX_FLOAT = sys.float_info.max


def anything(value: object) -> bool:
    """Accept every value of the right type."""
    return True


@dataclass(frozen=True)
class Validator:
    """Allows a value of one of ``types`` for which ``fits`` is true.

    ``kind`` describes the types in a ``TypeError``, and ``allowed`` the values in a
    ``ValueError``.  Without ``allowed`` every refusal is a ``TypeError``.  True and
    False are refused unless ``types`` names ``bool``, because Python takes them for
    integers.
    """

    types: tuple[type, ...]
    kind: str
    allowed: str = ""
    fits: Predicate = anything

    def check(self, name: str, value: object, *, or_none: bool = False) -> None:
        """Refuse ``value`` for the parameter ``name``; ``or_none`` allows None too.

        Raises ``TypeError`` or ``ValueError`` that names the parameter, its value and
        what is allowed.
        """
        if value is None and or_none:
            return
        is_of_types = isinstance(value, self.types)
        if isinstance(value, bool):
            is_of_types = bool in self.types
        if is_of_types and self.fits(value):
            return
        ending = f"{', or None' if or_none else ''}, got {value!r}"
        if is_of_types and self.allowed:
            raise ValueError(f"{name} must be {self.allowed}{ending}")
        raise TypeError(f"{name} must be {self.kind}{ending}")


def integer(minimum: int, maximum: float = MAX_FLOAT) -> Validator:
    """Allow an integer between two bounds, both included."""
    bounds = _bounds(minimum, maximum)
    fits = _between(minimum, maximum)
    return Validator((int,), f"an integer, {bounds}", bounds, fits)


def number(minimum: float, maximum: float = MAX_FLOAT, *, of: str = "") -> Validator:
    """Allow a finite number between two bounds, both included; ``of`` is its unit."""
    bounds = _bounds(minimum, maximum)
    allowed = f"{bounds}, and finite" if maximum == MAX_FLOAT else bounds
    kind = f"{_a_number(of)}, {bounds}"
    return Validator((int, float), kind, allowed, _between(minimum, maximum))


def positive(*, of: str = "") -> Validator:
    """Allow a finite number of more than 0; ``of`` is its unit."""
    kind = f"{_a_number(of)}, more than 0"
    return Validator((int, float), kind, "more than 0, and finite", _is_positive)


def switch() -> Validator:
    """Allow True and False."""
    return Validator((bool,), "True or False")


def one_of(*values: object) -> Validator:
    """Allow these values and no other."""
    allowed = f"one of {', '.join(map(repr, values))}"
    return Validator((object,), allowed, allowed, lambda value: value in values)


def instance(of: type, kind: str = "", fits: Predicate = anything) -> Validator:
    """Allow an object of the class ``of`` that ``fits``."""
    return Validator((of,), kind or f"a {of.__name__}(...)", fits=fits)


def _bounds(minimum: float, maximum: float) -> str:
    return f"{minimum} or more" if maximum == MAX_FLOAT else f"{minimum} to {maximum}"


def _between(minimum: float, maximum: float) -> Predicate:
    return lambda value: minimum <= value <= maximum


def _is_positive(value: float) -> bool:
    return 0 < value <= MAX_FLOAT


def _a_number(unit: str) -> str:
    return f"a number of {unit}" if unit else "a number"


def _is_web_address(value: str | httpx.URL) -> bool:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host)


VALIDATORS = {
    "count": integer(0),
    "max_count": integer(0),
    "outside": integer(0),
    "seed": integer(0),
    "limit": integer(1),
    "max_limit": integer(1),
    "port": integer(0, 65535),
    "rate": positive(),
    "period": positive(of="seconds"),
    "latency": number(0, of="seconds"),
    "url": Validator(
        (str, httpx.URL),
        "a string such as 'http://127.0.0.1:8000/get'",
        "a valid URL that starts with http:// or https:// and names a host",
        _is_web_address,
    ),
}
"""By the name of the parameter."""


def check(name: str, value: object, *, or_none: bool = False) -> None:
    """Refuse ``value`` for the parameter ``name``: see `Validator.check`."""
    VALIDATORS[name].check(name, value, or_none=or_none)


# ---- Temporary, until no lesson and no recipe imports it: delete from here to the end.
# ruff: noqa: E402
import contextlib
import functools
import inspect
from types import MethodType
from typing import TypeVar, overload

F = TypeVar("F", bound=Callable[..., Any])


def safely(fits: Predicate) -> Predicate:
    """A value that cannot be tested does not fit."""

    def fits_safely(value: object) -> bool:
        try:
            return bool(fits(value))
        except Exception:
            return False

    return fits_safely


def text(kind: str, allowed: str, fits: Predicate = anything) -> Validator:
    """Allow a string that ``fits``."""
    return Validator((str,), kind, allowed, fits)


STORE_SCHEMES = ("redis://", "rediss://", "redis+sentinel://", "redis+cluster://")
STORE_EXAMPLE = "such as 'redis://127.0.0.1:6379'"
VALIDATORS |= {
    "reserve": integer(0),
    "ahead": integer(1),
    "attempts": integer(1),
    "burst": integer(1),
    "max_concurrent": integer(1),
    "processes": integer(1),
    "threads": integer(1),
    "retry_budget": number(0),
    "base": number(0, of="seconds"),
    "cap": number(0, of="seconds"),
    "give_up_after": number(0, of="seconds"),
    "longest_pause": number(0, of="seconds"),
    "pause": number(0, of="seconds"),
    "timeout": number(0, of="seconds"),
    "key": text("a string that is not empty", "a string that is not empty", bool),
    "store": text(
        f"a string {STORE_EXAMPLE}",
        f"an address {STORE_EXAMPLE}",
        lambda address: address.startswith(STORE_SCHEMES),
    ),
}

BlockingManager = contextlib.AbstractContextManager
AsyncManager = contextlib.AbstractAsyncContextManager


def _is_class(value: object) -> bool:
    """Whether ``value`` is a class that was not called, as ``httpx.AsyncClient``."""
    return isinstance(value, type)


def _is_client(value: object) -> bool:
    return hasattr(value, "get") and not _is_class(value)


def _is_async_client(value: object) -> bool:
    is_sync_context_manager = isinstance(value, BlockingManager)
    is_async_context_manager = isinstance(value, AsyncManager)
    return _is_client(value) and (
        is_async_context_manager or not is_sync_context_manager
    )


def _is_blocking_client(value: object) -> bool:
    is_sync_context_manager = isinstance(value, BlockingManager)
    is_async_context_manager = isinstance(value, AsyncManager)
    return _is_client(value) and (
        is_sync_context_manager or not is_async_context_manager
    )


def _is_transport(value: object) -> bool:
    return hasattr(value, "handle_async_request") and not _is_class(value)


def _are_budgets(budgets: dict[str, tuple[float, float]]) -> bool:
    for amount, seconds in budgets.values():
        if not (_is_positive(amount) and _is_positive(seconds)):
            return False
    return True


def _are_quotas(quotas: list[tuple[float, float]]) -> bool:
    for requests, seconds in quotas:
        if not (1 <= requests <= MAX_FLOAT and _is_positive(seconds)):
            return False
    return True


QUOTAS = (
    "a list of quotas, each 1 or more requests and more than 0 seconds, "
    "such as [(1000, 3600)]"
)
BUDGETS = (
    "amounts, and the seconds that each is for, "
    "such as requests=(100, 1), all more than 0 and finite"
)
OBJECTS = {
    "also": Validator((list, tuple), QUOTAS, QUOTAS, safely(_are_quotas)),
    "budgets": Validator((dict,), BUDGETS, BUDGETS, safely(_are_budgets)),
    "client": instance(object, "an httpx.AsyncClient()", _is_async_client),
    "limiter": instance(
        AsyncManager, "usable with `async with`, such as asyncio.Semaphore(3)"
    ),
    "transport": instance(object, "an httpx.AsyncHTTPTransport()", _is_transport),
}
"""What cannot be typed on a command line."""

BLOCKING_OBJECTS = {
    "client": instance(object, "an httpx.Client()", _is_blocking_client),
    "limiter": instance(
        BlockingManager, "usable with `with`, such as threading.Semaphore(3)"
    ),
}
"""The same objects for code that does not await."""


@overload
def checked(function: F, /, **validators: Validator) -> F: ...
@overload
def checked(**validators: Validator) -> Callable[[F], F]: ...
def checked(function: Any = None, /, **validators: Validator) -> Any:
    """Check the arguments of ``function`` at each call, before anything else is done.

    Each parameter whose name has a validator is checked; None is allowed if it is the
    default.  The result also has a method ``check(...)``, which takes the same
    arguments and only checks them.
    """
    if function is None:
        return functools.partial(checked, **validators)
    checking = _CheckedFunction(function)
    checking.validators = VALIDATORS | OBJECTS | validators
    return functools.update_wrapper(checking, function)


def check_constructor(cls: type, /, **validators: Validator) -> None:
    """Check the arguments of a class of a lesson, which cannot use `checked` itself.

    This replaces ``__init__`` because the class itself must stay.  A checked subclass
    would hide the lesson's source from ``inspect.getsource``; a checked function under
    the same name would break ``isinstance`` and subclasses.
    """
    cls.__init__ = checked(cls.__init__, **validators)  # type: ignore[misc]


class _CheckedFunction(functools.partial[Any]):
    """A function that checks its arguments first.

    A bad argument is an error at the call, and not when the coroutine is awaited, so
    the wrapper is not a coroutine function itself.  ``inspect`` still sees a coroutine
    function with the right signature, because it looks inside a ``partial``.
    """

    __qualname__: str
    validators: dict[str, Validator]

    def check(self, /, *args: Any, **kwargs: Any) -> None:
        """Raise the error that a call would raise for a bad argument."""
        signature = inspect.signature(self.func)
        call = signature.bind(*args, **kwargs)
        call.apply_defaults()
        for name, value in call.arguments.items():
            if name in self.validators:
                or_none = signature.parameters[name].default is None
                self.validators[name].check(name, value, or_none=or_none)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        self.check(*args, **kwargs)
        return self.func(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Bound to its object, as any method is."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str:
        """Pickled by name, as any function is."""
        return self.__qualname__
