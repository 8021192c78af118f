"""The rules of the parameters: one clear error that names the parameter, the value and
what is allowed.
"""

from __future__ import annotations

import inspect
import pickle
from collections.abc import AsyncGenerator, Callable
from typing import Any

import httpx
import pytest

from inflight_lab.arguments import (
    VALIDATORS,
    check,
    checked,
    instance,
    integer,
    number,
    positive,
)

pytestmark = pytest.mark.anyio

NAN, INFINITY = float("nan"), float("inf")
WORDS = {
    "url": "http",
    "store": "such as 'redis://127.0.0.1:6379'",
    "key": "a string that is not empty",
    "port": "0 to 65535",
} | {
    name: allowed
    for names, allowed in {
        "count max_count outside reserve seed": "0 or more",
        "limit max_limit max_concurrent burst threads processes ahead attempts": "1 or more",
        "budget latency pause longest_pause timeout give_up_after base cap": "0 or more",
        "rate period": "more than 0",
    }.items()
    for name in names.split()
}
INTEGERS = [name for name, rule in VALIDATORS.items() if rule.types == (int,)]
NUMBERS = [name for name, rule in VALIDATORS.items() if rule.types == (int, float)]
TEXTS = ["url", "store", "key"]
# What no rule allows but those of integers and numbers that begin at 0.
NO_NUMBERS = ["7", True, False, None, [1, 2], b"3"]
URLS = [
    "127.0.0.1:8000/get",
    "localhost:8000/get",
    "//127.0.0.1/get",
    "/get",
    "",
    "http://",
    "http:///get",
    "ftp://127.0.0.1/get",
    "http://[::1",
    "http://127.0.0.1/\n",
]
ALLOWED: list[tuple[str, object]] = [
    ("url", "http://127.0.0.1:8000/get"),
    ("url", httpx.URL("https://[::1]/")),
    ("store", "rediss://127.0.0.1"),
    ("key", "k"),
    ("port", 65535),
    *((name, 1) for name in (*INTEGERS, *NUMBERS)),
    *((name, 0.5) for name in NUMBERS),
    *((name, 0) for name, words in WORDS.items() if words.startswith("0 ")),
]


def table() -> list[tuple[str, object, type[Exception]]]:
    """Every rule with every bad value."""
    below = {
        name: 0 if WORDS[name] in ("1 or more", "more than 0") else -1
        for name in INTEGERS + NUMBERS
    }
    return [
        *(
            (name, value, TypeError)
            for name in INTEGERS + NUMBERS
            for value in NO_NUMBERS
        ),
        *(
            (name, value, TypeError)
            for name in INTEGERS
            for value in (2.5, 3.0, NAN, INFINITY)
        ),
        *(
            (name, value, ValueError)
            for name in NUMBERS
            for value in (NAN, INFINITY, -0.001, 10**400)
        ),
        *((name, value, ValueError) for name, value in below.items()),
        ("port", 65536, ValueError),
        *(
            (name, value, TypeError)
            for name in TEXTS
            for value in (None, 8000, b"redis://127.0.0.1", True)
        ),
        *(("url", value, ValueError) for value in URLS),
        *(
            ("store", value, ValueError)
            for value in ("127.0.0.1:6379", "http://127.0.0.1", "")
        ),
        ("key", "", ValueError),
    ]


def assert_says(error: BaseException, name: str, value: object, allowed: str) -> None:
    message = str(error)
    assert message.startswith(f"{name} must be ")
    assert f"got {value!r}" in message
    assert allowed in message
    assert "\n" not in message


@pytest.mark.parametrize(("name", "value", "error"), table())
def test_bad_value(name: str, value: object, error: type[Exception]) -> None:
    """Each rule refuses what is no such value (TypeError) or out of bounds
    (ValueError), in its own words.
    """
    with pytest.raises(error) as caught:
        check(name, value)
    assert type(caught.value) is error
    assert_says(caught.value, name, value, WORDS[name])


def test_every_rule_is_in_the_table() -> None:
    """A rule that is added has its words here, and so its bad values."""
    assert set(WORDS) == set(VALIDATORS) == {*INTEGERS, *NUMBERS, *TEXTS}


@pytest.mark.parametrize(("name", "value"), ALLOWED)
def test_good_value(name: str, value: object) -> None:
    """What the words allow is allowed, the bounds included."""
    check(name, value)


def test_none() -> None:
    """None passes where it is allowed, and the message says that it would have."""
    check("limit", None, or_none=True)
    with pytest.raises(ValueError, match=r"^limit must be 1 or more, or None, got 0$"):
        check("limit", 0, or_none=True)
    with pytest.raises(
        TypeError, match=r"^limit must be an integer, 1 or more, or None, got '3'$"
    ):
        check("limit", "3", or_none=True)
    with pytest.raises(
        TypeError, match=r"^limit must be an integer, 1 or more, got None$"
    ):
        check("limit", None)


def test_rule_of_the_place() -> None:
    """Where a name allows something else, the rule that is given counts, and not the
    one in the table.
    """
    check("burst", 1.5, number(1))
    with pytest.raises(
        ValueError, match=r"^rate must be 1 or more, and finite, got 0\.5$"
    ):
        check("rate", 0.5, number(1))
    with pytest.raises(
        ValueError, match=r"^latency must be more than 0, and finite, got 0$"
    ):
        check("latency", 0, positive())
    with pytest.raises(ValueError, match=r"^level must be 1 to 3, got 4$"):
        check("level", 4, integer(1, 3))


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


class Constructed:
    """Keep what came."""

    def __init__(
        self, url: str, count: int = 3, *, limit: int | None = None, pause: float = 1.0
    ) -> None:
        self.came = function.__wrapped__(url, count, limit=limit, pause=pause)


class Derived(Constructed):
    """A class whose parent's constructor is checked."""

    def __init__(self, count: int) -> None:
        super().__init__("http://127.0.0.1", count)


PLAIN = [function, coroutine, generator]
SIGNATURES = [inspect.signature(each) for each in (*PLAIN, Constructed)]
function = checked(function)
coroutine = checked(coroutine)
generator = checked(generator)
checked(Constructed)
TARGETS = [function, coroutine, generator, Constructed]


async def came(target: Callable[..., Any], *args: object, **kwargs: object) -> str:
    """What the target got, whatever kind it is."""
    result = target(*args, **kwargs)
    if inspect.isasyncgen(result):
        return await anext(result)
    if isinstance(result, Constructed):
        return result.came
    return str(await result if inspect.isawaitable(result) else result)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("http://127.0.0.1", -1), "count must be 0 or more, got -1"),
        (
            ("127.0.0.1",),
            "url must be a valid URL that starts with http:// or https:// and names a host, ",
        ),
        (("http://127.0.0.1", 3, 0), "limit must be 1 or more, or None, got 0"),
        (
            ("http://127.0.0.1", 3, 2, None),
            "pause must be a number of seconds, 0 or more, got None",
        ),
    ],
)
def test_checked_when_called(
    target: Callable[..., Any], arguments: tuple[Any, ...], message: str
) -> None:
    """Every kind of target refuses as it is called: before it is awaited, and before it
    is first read.
    """
    url, *more = arguments
    names = ["count", "limit", "pause"][: len(more)]
    with pytest.raises((TypeError, ValueError)) as caught:
        target(url, **dict(zip(names, more, strict=True)))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("target", TARGETS)
async def test_good_arguments_arrive(target: Callable[..., Any]) -> None:
    """What is allowed reaches the target as it was passed; None is allowed where it is
    the default.
    """
    assert await came(target, "http://127.0.0.1") == "http://127.0.0.1 3 None 1.0"
    given = await came(target, "http://127.0.0.1", 0, limit=2, pause=0)
    assert given == "http://127.0.0.1 0 2 0"
    assert (
        await came(target, url="http://127.0.0.1", limit=None)
        == "http://127.0.0.1 3 None 1.0"
    )


def test_none_needs_its_default() -> None:
    """None is refused where the default is something else, and where there is none."""
    for arguments in ({"count": None}, {"pause": None}, {"url": None}):
        with pytest.raises(TypeError, match="got None"):
            function(**({"url": "http://127.0.0.1"} | arguments))


def test_looks_like_its_target() -> None:
    """Name, docstring, signature and kind stay: the panel, the command line and
    ``help`` go by them.
    """
    assert [inspect.signature(target) for target in TARGETS] == SIGNATURES
    assert [inspect.iscoroutinefunction(each) for each in TARGETS] == [
        False,
        True,
        False,
        False,
    ]
    assert [inspect.isasyncgenfunction(each) for each in TARGETS] == [
        False,
        False,
        True,
        False,
    ]
    for before, after in zip(PLAIN, TARGETS, strict=False):
        assert (after.__name__, after.__doc__, after.__module__) == (
            before.__name__,
            before.__doc__,
            __name__,
        )
        assert inspect.getsource(after) == inspect.getsource(before)


def test_pickles_by_name() -> None:
    """A checked function goes to another process as any function does."""
    for target in TARGETS:
        assert pickle.loads(pickle.dumps(target)) is target


def test_constructor_of_a_subclass() -> None:
    """A class whose parent is checked is checked in what it hands on."""
    assert Derived(2).came == "http://127.0.0.1 2 None 1.0"
    with pytest.raises(ValueError, match="count must be 0 or more, got -1"):
        Derived(-1)


def test_checked_with_rules_of_its_own() -> None:
    """A rule given with the target takes the place of the table's, for this target
    only.
    """

    def run(count: int, rules: dict[str, int] | None = None) -> int:
        return count

    own = checked(run, count=integer(5), rules=instance(dict))
    assert own(5) == 5
    assert own(5, {}) == 5
    with pytest.raises(ValueError, match=r"^count must be 5 or more, got 4$"):
        own(4)
    with pytest.raises(
        TypeError, match=r"^rules must be a dict\(\.\.\.\), or None, got 3$"
    ):
        own(5, 3)
    assert checked(run)(4) == 4
