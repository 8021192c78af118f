"""What parameters allow: one clear error that names the parameter, its value and what
is allowed.
"""

from __future__ import annotations

import httpx
import pytest

from inflight_lab.lesson.arguments import (
    Validator,
    check,
    integer,
    number,
    one_of,
    positive,
    switch,
)

NAN, INFINITY = float("nan"), float("inf")
ALLOWED = [
    ("count", 0, -1, "an integer, 0 or more"),
    ("seed", 0, -1, "an integer, 0 or more"),
    ("limit", 1, 0, "an integer, 1 or more"),
    ("port", 65535, 65536, "an integer, 0 to 65535"),
    ("rate", 0.001, 0, "a number, more than 0"),
    ("period", 0.001, 0, "a number of seconds, more than 0"),
    ("latency", 0, -0.1, "a number of seconds, 0 or more"),
    ("url", httpx.URL("https://[::1]/"), "ftp://[::1]/", "a string such as 'http:"),
]
"""A name, the last value that fits, the first that does not, and what is allowed."""


def refusal(validator: Validator, value: object, *, or_none: bool = False) -> Exception:
    """The error for a value that is not allowed."""
    with pytest.raises((TypeError, ValueError)) as caught:
        validator.check("it", value, or_none=or_none)
    return caught.value


@pytest.mark.parametrize(("name", "fits", "refused", "allowed"), ALLOWED)
def test_a_name_allows_what_it_says(
    name: str, fits: object, refused: object, allowed: str
) -> None:
    """The last value that fits passes, the next one and another type are errors."""
    check(name, fits)
    with pytest.raises(ValueError, match=f"^{name} must be .*, got ") as caught:
        check(name, refused)
    assert str(caught.value).endswith(repr(refused))
    with pytest.raises(TypeError, match=f"^{name} must be {allowed}.*, got b'3'"):
        check(name, b"3")


def test_what_is_not_a_number() -> None:
    """True counts as no number, 3.0 as no integer, and neither NaN nor what is too
    large for a float can be waited for.
    """
    for value in ("7", True, None, 3.0, NAN):
        assert isinstance(refusal(integer(0), value), TypeError)
    for validator in (number(0, of="seconds"), positive()):
        for value in ("7", True, None):
            assert isinstance(refusal(validator, value), TypeError)
        for too_large in (NAN, INFINITY, 10**400):
            assert isinstance(refusal(validator, too_large), ValueError)
        validator.check("it", 1e300)


@pytest.mark.parametrize("url", ["127.0.0.1:8000/get", "http://", "http://[::1"])
def test_what_is_not_an_address(url: str) -> None:
    """httpx would find out when the first request is sent, or send it elsewhere."""
    with pytest.raises(ValueError, match="names a host, got "):
        check("url", url)


def test_bounds_choices_and_switches() -> None:
    """Both bounds are allowed and said, and so is each of the choices; a switch is
    the only place for True and False; None passes where it is allowed, and then each
    message says so.
    """
    for validator in (integer(2, 7), number(2, 7)):
        validator.check("it", 2)
        validator.check("it", 7)
        for value in (1, 8):
            assert str(refusal(validator, value)) == f"it must be 2 to 7, got {value}"
    one_of("a", "b").check("it", "b")
    assert str(refusal(one_of("a", "b"), ["a"])).endswith("'a', 'b', got ['a']")
    switch().check("it", False)
    assert str(refusal(switch(), 1)) == "it must be True or False, got 1"
    integer(1).check("it", None, or_none=True)
    said = str(refusal(integer(1), 0, or_none=True))
    assert said == "it must be 1 or more, or None, got 0"
