"""What the package's parameters allow: one rule per name, and one way to check them.

`checked` attaches the rules to a function or to a class: each parameter whose name has
a rule is checked.

>>> checked(SharedQuota, rate=number(1))

A rule given by keyword takes the place of the one in `VALIDATORS`, where a name allows
something else.
"""

import contextlib
import functools
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import MethodType
from typing import Any, TypeVar, cast

import httpx

T = TypeVar("T")
MOST = sys.float_info.max


@dataclass(frozen=True)
class Validator:
    """A value is of one of ``types`` (or a ``TypeError`` says ``kind``), and ``fits`` (else ``allowed``).

    Without ``allowed`` what does not fit is a ``TypeError`` too.  True and False are no
    numbers here.
    """

    types: tuple[type, ...]
    kind: str
    allowed: str
    fits: Callable[[Any], object] = lambda _: True


def integer(least: int, most: float = MOST) -> Validator:
    """An integer of ``least`` or more."""
    allowed = f"{least} or more" if most == MOST else f"{least} to {most}"
    return Validator(
        (int,), f"an integer, {allowed}", allowed, lambda value: least <= value <= most
    )


def number(least: float, unit: str = "", most: float = MOST) -> Validator:
    """A finite number of ``least`` or more."""
    allowed = f"{least} or more, and finite" if most == MOST else f"{least} to {most}"
    kind = f"a number{unit}, {allowed.removesuffix(', and finite')}"
    return Validator((int, float), kind, allowed, lambda value: least <= value <= most)


def positive(unit: str = "") -> Validator:
    """A finite number of more than 0."""
    kind = f"a number{unit}, more than 0"
    return Validator(
        (int, float), kind, "more than 0, and finite", lambda value: 0 < value <= MOST
    )


def one_of(*values: object) -> Validator:
    """One of these, and nothing else."""
    allowed = f"one of {', '.join(map(repr, values))}"
    return Validator((object,), allowed, allowed, lambda value: value in values)


def instance(
    of: type, kind: str = "", fits: Callable[[Any], object] = lambda _: True
) -> Validator:
    """An object of one class that ``fits``."""
    return Validator((of,), kind or f"a {of.__name__}(...)", "", fits)


def _made(it: object, right: type = object, wrong: type = object) -> bool:
    """Whether it is no class, and has ``right`` or at least not only ``wrong``."""
    return not isinstance(it, type) and (
        isinstance(it, right) or not isinstance(it, wrong)
    )


STORES = ("redis://", "rediss://", "redis+sentinel://", "redis+cluster://")
SUCH_AS = "such as 'redis://127.0.0.1:6379'"
GROUPS = {
    "count max_count outside reserve seed": integer(0),
    "limit max_limit max_concurrent burst threads processes ahead attempts": integer(1),
    "port": integer(0, 65535),
    "budget": number(0),
    "latency pause longest_pause timeout give_up_after base cap": number(
        0, " of seconds"
    ),
    "rate": positive(),
    "period": positive(" of seconds"),
    "url": Validator(
        (str, httpx.URL),
        "a string such as 'http://127.0.0.1:8000/get'",
        "a valid URL that starts with http:// or https:// and names a host",
        lambda it: (url := httpx.URL(it)).scheme in ("http", "https") and url.host,
    ),
    "store": Validator(
        (str,),
        f"a string {SUCH_AS}",
        f"an address {SUCH_AS}",
        lambda it: it.startswith(STORES),
    ),
    "key": Validator(
        (str,), "a string that is not empty", "a string that is not empty", bool
    ),
}
VALIDATORS = {name: rule for names, rule in GROUPS.items() for name in names.split()}
WITH, ASYNC_WITH = (
    contextlib.AbstractContextManager,
    contextlib.AbstractAsyncContextManager,
)
EACH = "amounts, and the seconds that each is for, such as requests=(100, 1), all more than 0 and finite"
OBJECTS = {  # what cannot be typed on a command line
    "budgets": Validator(
        (dict,),
        EACH,
        EACH,
        lambda it: all(0 < n <= MOST for a, b in it.values() for n in (a, b)),
    ),
    "client": instance(
        object,
        "an httpx.AsyncClient()",
        lambda it: it.get and _made(it, ASYNC_WITH, WITH),
    ),
    "limiter": instance(
        ASYNC_WITH, "usable with `async with`, such as asyncio.Semaphore(3)"
    ),
    "transport": instance(
        object,
        "an httpx.AsyncHTTPTransport()",
        lambda it: it.handle_async_request and _made(it),
    ),
}
BLOCKING = {  # where nothing is awaited
    "client": instance(
        object, "an httpx.Client()", lambda it: it.get and _made(it, WITH, ASYNC_WITH)
    ),
    "limiter": instance(WITH, "usable with `with`, such as threading.Semaphore(3)"),
}


def check(
    name: str, value: object, rule: Validator | None = None, *, or_none: bool = False
) -> None:
    """Apply the rule of ``name``, or ``rule`` in its place; with ``or_none`` None is allowed as well.

    Raises ``TypeError`` or ``ValueError`` that names the parameter, its value and what
    is allowed.
    """
    rule = rule or VALIDATORS[name]
    none_too = ", or None" if or_none else ""
    is_kind = isinstance(value, rule.types) and not isinstance(value, bool)
    error, allowed = (
        (ValueError, rule.allowed)
        if is_kind and rule.allowed
        else (TypeError, rule.kind)
    )
    with contextlib.suppress(Exception):  # what `fits` cannot look at does not fit
        if (or_none and value is None) or (is_kind and rule.fits(value)):
            return
    raise error(f"{name} must be {allowed}{none_too}, got {value!r}")


def checked(target: T, /, **rules: Validator) -> T:
    """``target`` with its arguments checked when it is called: any kind of function, or a class.

    Of a class the constructor is checked, and the class itself is returned.  None is
    allowed where it is the parameter's default.
    """
    function: Any = target.__init__ if isinstance(target, type) else target  # type: ignore[misc]
    checking: Any = functools.update_wrapper(_Checked(function), function)
    checking.rules = VALIDATORS | OBJECTS | rules
    if not isinstance(target, type):
        return cast(T, checking)
    target.__init__ = checking  # type: ignore[misc]
    return target


class _Checked(functools.partial[Any]):
    """A function that checks its arguments first.

    It is a ``partial``, without arguments of its own, so that ``inspect`` finds the
    signature and the kind of the function inside: no one wrapper can be a coroutine
    function and an async generator function.
    """

    __qualname__: str
    rules: dict[str, Validator]

    def check(self, /, *args: Any, **kwargs: Any) -> None:
        """Raise what a call would raise for a bad argument, and do nothing else."""
        call = inspect.signature(self.func).bind(*args, **kwargs)
        call.apply_defaults()
        for name, parameter in call.signature.parameters.items():
            if name in self.rules:
                check(
                    name,
                    call.arguments[name],
                    self.rules[name],
                    or_none=parameter.default is None,
                )

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        self.check(*args, **kwargs)
        return self.func(*args, **kwargs)

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        """Bound to its object, as a constructor is."""
        return self if instance is None else MethodType(self, instance)

    def __reduce__(self) -> str:
        """Pickled as a function is: by its name."""
        return self.__qualname__
