"""What the package's parameters allow, and the error for a value that is not allowed.

A parameter means the same everywhere, so each name has one validator in `VALIDATORS`.
Every public function and class checks its arguments first:

>>> check("count", count)
>>> check("limit", limit, or_none=True)

A name that means something else in one place has its validator there:

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

        Raises ``TypeError`` or ``ValueError``, which names the parameter, its value and
        the values that are allowed.
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
    "seed": integer(0),
    "limit": integer(1),
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
