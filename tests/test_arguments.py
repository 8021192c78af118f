"""What parameters allow: one clear error that names the parameter, its value and what
is allowed.
"""

from __future__ import annotations

import inspect
import pickle
import re
from collections.abc import AsyncGenerator, Callable
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.arguments import (
    VALIDATORS,
    Validator,
    check,
    check_constructor,
    checked,
    instance,
    integer,
    number,
    one_of,
    positive,
)

pytestmark = pytest.mark.anyio

NAN, INFINITY = float("nan"), float("inf")
URL = "http://127.0.0.1"
SUCH_AS = "such as 'http://127.0.0.1:8000/get'"
REDIS = "such as 'redis://127.0.0.1:6379'"
NOT_EMPTY = "a string that is not empty"
WEB_ADDRESS = "a valid URL that starts with http:// or https:// and names a host"


class Allows(NamedTuple):
    """What some names allow: in words, the last value that fits, the first that does
    not.
    """

    names: str
    type: str
    allowed: str
    fits: object
    refused: object

    @property
    def kind(self) -> str:
        """What an error says to a value of another type."""
        return self.type.format(self.allowed.removesuffix(", and finite"))


COUNT, NUMBER, SECONDS = "an integer, {}", "a number, {}", "a number of seconds, {}"
FINITE, POSITIVE = "0 or more, and finite", "more than 0, and finite"
ALLOWED = [
    Allows("count max_count outside reserve seed", COUNT, "0 or more", 0, -1),
    Allows("ahead attempts burst limit max_limit", COUNT, "1 or more", 1, 0),
    Allows("max_concurrent processes threads", COUNT, "1 or more", 1, 0),
    Allows("port", COUNT, "0 to 65535", 65535, 65536),
    Allows("retry_budget", NUMBER, FINITE, 0, -0.001),
    Allows("rate", NUMBER, POSITIVE, 0.001, 0),
    Allows("period", SECONDS, POSITIVE, 0.001, 0),
    Allows("base cap latency pause", SECONDS, FINITE, 0, -0.001),
    Allows("give_up_after longest_pause timeout", SECONDS, FINITE, 0, -0.001),
    Allows("key", NOT_EMPTY, NOT_EMPTY, "k", ""),
    Allows(
        "store", f"a string {REDIS}", f"an address {REDIS}", "rediss://a", "http://"
    ),
    Allows("url", f"a string {SUCH_AS}", WEB_ADDRESS, "https://[::1]/", "ftp://[::1]/"),
]
BY_NAME = {name: row for row in ALLOWED for name in row.names.split()}


def refusal(validator: Validator, value: object, **options: Any) -> Exception:
    """The error for a value that is not allowed."""
    with pytest.raises((TypeError, ValueError)) as caught:
        validator.check("it", value, **options)
    return caught.value


def test_every_name_is_in_the_table() -> None:
    """A name that gets a validator is tested with its words and its bounds."""
    assert set(BY_NAME) == set(VALIDATORS)


@pytest.mark.parametrize("name", BY_NAME)
def test_a_name_allows_what_it_says(name: str) -> None:
    """The last value that fits passes, the next one and another type are errors."""
    row = BY_NAME[name]
    check(name, row.fits)
    message = f"{name} must be {row.allowed}, got {row.refused!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        check(name, row.refused)
    message = f"{name} must be {row.kind}, got b'3'"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        check(name, b"3")


@pytest.mark.parametrize("value", ["7", True, False, None, [1, 2], 2.5, 3.0, NAN])
def test_what_is_not_an_integer(value: object) -> None:
    """True counts as no number, and 3.0 as no integer."""
    assert isinstance(refusal(integer(0), value), TypeError)


@pytest.mark.parametrize("validator", [number(0, of="seconds"), positive()])
def test_what_is_not_a_finite_number(validator: Validator) -> None:
    """Neither NaN nor what is too large for a float can be waited for."""
    for value in ("7", True, False, None, [1, 2]):
        assert isinstance(refusal(validator, value), TypeError)
    for value in (NAN, INFINITY, -INFINITY, 10**400):
        assert isinstance(refusal(validator, value), ValueError)
    validator.check("it", 1e300)


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:8000/get",
        "localhost:8000/get",
        "//127.0.0.1/get",
        "/get",
        "",
        "http://",
        "http:///get",
        "http://[::1",
        "http://127.0.0.1/\n",
    ],
)
def test_what_is_not_an_address(url: str) -> None:
    """httpx would find out when the first request is sent, or send it elsewhere."""
    message = str(refusal(VALIDATORS["url"], url))
    assert message == f"it must be {WEB_ADDRESS}, got {url!r}"


def test_an_address_may_be_of_httpxs_own_type() -> None:
    """What the other methods of httpx take is taken here too."""
    check("url", httpx.URL("https://[::1]/"))


def test_upper_bounds_and_choices() -> None:
    """Both bounds are allowed and said, and so is each of the choices."""
    for value in (2, 7):
        integer(2, 7).check("it", value)
        number(2, 7).check("it", value)
    for value in (1, 8):
        assert str(refusal(integer(2, 7), value)) == f"it must be 2 to 7, got {value}"
        assert str(refusal(number(2, 7), value)) == f"it must be 2 to 7, got {value}"
    one_of("a", "b").check("it", "b")
    assert str(refusal(one_of("a", "b"), "c")) == "it must be one of 'a', 'b', got 'c'"
    assert isinstance(refusal(one_of("a", "b"), ["a"]), ValueError)


def test_none() -> None:
    """None passes where it is allowed, and then each message says so."""
    limit = integer(1)
    limit.check("it", None, or_none=True)
    said = str(refusal(limit, 0, or_none=True))
    assert said == "it must be 1 or more, or None, got 0"
    said = str(refusal(limit, "3", or_none=True))
    assert said == "it must be an integer, 1 or more, or None, got '3'"
    assert str(refusal(limit, None)) == "it must be an integer, 1 or more, got None"


def function(
    url: str, count: int = 3, *, limit: int | None = None, pause: float = 1.0
) -> str:
    """Say what came."""
    return f"{url} {count} {limit} {pause}"


async def coroutine(
    url: str, count: int = 3, *, limit: int | None = None, pause: float = 1.0
) -> str:
    """Say what came."""
    return function(url, count, limit=limit, pause=pause)


async def generator(
    url: str, count: int = 3, *, limit: int | None = None, pause: float = 1.0
) -> AsyncGenerator[str, None]:
    """Say what came."""
    yield function(url, count, limit=limit, pause=pause)


class Decorated:
    """Keep what came."""

    @checked
    def __init__(
        self, url: str, count: int = 3, *, limit: int | None = None, pause: float = 1.0
    ) -> None:
        self.came = f"{url} {count} {limit} {pause}"


class Attached:
    """Keep what came, in a file that does not know `checked`."""

    def __init__(
        self, url: str, count: int = 3, *, limit: int | None = None, pause: float = 1.0
    ) -> None:
        self.came = f"{url} {count} {limit} {pause}"


class Derived(Attached):
    """A class whose parent's constructor is checked."""

    def __init__(self, count: int) -> None:
        super().__init__(URL, count)


PLAIN = [function, coroutine, generator, Attached]
SIGNATURES = list(map(inspect.signature, PLAIN))
SOURCES = [inspect.getsource(each) for each in PLAIN]
function, coroutine, generator = map(checked, (function, coroutine, generator))
check_constructor(Attached)
TARGETS = [function, coroutine, generator, Attached]
each_target = pytest.mark.parametrize("target", [*TARGETS, Decorated])


async def came(target: Callable[..., Any], *args: object, **kwargs: object) -> str:
    """What the target got, whatever kind it is."""
    result = target(*args, **kwargs)
    if inspect.isasyncgen(result):
        return await anext(result)
    if inspect.isawaitable(result):
        return str(await result)
    return str(getattr(result, "came", result))


@each_target
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": -1}, "count must be 0 or more, got -1"),
        ({"url": "127.0.0.1"}, f"url must be {WEB_ADDRESS}, got '127.0.0.1'"),
        ({"limit": 0}, "limit must be 1 or more, or None, got 0"),
        ({"pause": None}, "pause must be a number of seconds, 0 or more, got None"),
        ({"count": None}, "count must be an integer, 0 or more, got None"),
    ],
)
def test_checked_when_called(
    target: Callable[..., Any], arguments: dict[str, Any], message: str
) -> None:
    """Every kind of target refuses as it is called, before it is awaited or first read,
    None included where it is not the default.
    """
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}$"):
        target(**({"url": URL} | arguments))


@each_target
async def test_good_arguments_arrive(target: Callable[..., Any]) -> None:
    """What is allowed reaches the target as it was passed; None is allowed where it is
    the default.
    """
    assert await came(target, URL) == f"{URL} 3 None 1.0"
    assert await came(target, URL, 0, limit=2, pause=0) == f"{URL} 0 2 0"
    assert await came(target, url=URL, limit=None) == f"{URL} 3 None 1.0"


def test_looks_like_its_target() -> None:
    """Name, docstring, signature and kind stay: the panel, the command line and
    ``help`` go by them.
    """
    assert list(map(inspect.signature, TARGETS)) == SIGNATURES
    for before, after, source in zip(PLAIN, TARGETS, SOURCES, strict=True):
        assert inspect.getsource(after) == source
        assert (after.__name__, after.__doc__) == (before.__name__, before.__doc__)
        assert after.__module__ == __name__
    coroutines = filter(inspect.iscoroutinefunction, TARGETS)
    generators = filter(inspect.isasyncgenfunction, TARGETS)
    assert (list(coroutines), list(generators)) == ([coroutine], [generator])


def test_pickles_by_name() -> None:
    """A checked function goes to another process as any function does."""
    for target in TARGETS:
        assert pickle.loads(pickle.dumps(target)) is target


def test_constructor_of_a_subclass() -> None:
    """A class whose parent is checked is checked in what it hands on."""
    assert Derived(2).came == f"{URL} 2 None 1.0"
    with pytest.raises(ValueError, match="count must be 0 or more, got -1"):
        Derived(-1)


def test_checked_with_validators_of_its_own() -> None:
    """A validator given with the target replaces the table's, for this target only."""

    def run(count: int, validators: dict[str, int] | None = None) -> int:
        return count

    for own in (
        checked(run, count=integer(5), validators=instance(dict)),
        checked(count=integer(5), validators=instance(dict))(run),
    ):
        assert own(5, {}) == 5
        with pytest.raises(ValueError, match=r"^count must be 5 or more, got 4$"):
            own(4)
        with pytest.raises(
            TypeError, match=r"^validators must be a dict\(\.\.\.\), or None, got 3$"
        ):
            own(5, 3)
    assert checked(run)(4) == 4
