"""What ``Retry-After`` says: one reader, in the same words in each lesson that needs
it.
"""

from __future__ import annotations

import inspect
import math
from datetime import UTC, datetime
from email.utils import format_datetime, formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.runners import adaptive, resilient
from tests.support.virtual_clock import TODAY, run


def read(now: float = TODAY, **fields: str) -> float | None:
    """What the reader makes of a response with these header fields, at a Unix time of
    ``now``.
    """
    headers = [
        (name.replace("_", "-").encode(), value.encode())
        for name, value in fields.items()
    ]

    async def main() -> float | None:
        return adaptive.retry_after(httpx.Response(429, headers=headers))

    return run(main(), today=now)


@pytest.mark.parametrize("function", ["retry_after", "http_date"])
def test_one_text(function: str) -> None:
    """Both lessons stand alone, so the reader stands in both: word for word."""
    texts = {
        inspect.getsource(getattr(lesson, function)) for lesson in (adaptive, resilient)
    }
    assert len(texts) == 1


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("\t1.5\t", 1.5),
        ("9" * 400, 1e9),
        ("-7", None),
        ("+7", None),
        ("1e3", None),
        ("1.", None),
        (".5", None),
        ("1,5", None),
        ("7 s", None),
        ("nan", None),
        ("inf", None),
        ("٣", None),
        ("²", None),
        ("soon", None),
        ("", None),
        (formatdate(TODAY + 30, usegmt=True), 30.0),
        (f"  {formatdate(TODAY + 30, usegmt=True)} ", 30.0),
        (formatdate(TODAY - 30, usegmt=True), 0.0),
        ("Tuesday, 14-Nov-23 22:13:50 GMT", 30.0),
        ("Tue Nov 14 22:13:50 2023", 30.0),
        ("Tue, 99 Nov 2023 22:13:50 GMT", None),
        ("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
    ],
)
def test_reads(value: str, seconds: float | None) -> None:
    """Seconds, decimals and the three forms of an HTTP-date are understood; anything
    else is no answer.
    """
    assert read(Retry_After=value) == seconds


def test_missing() -> None:
    """No header is no answer."""
    assert read() is None


def test_a_date_is_counted_from_the_servers_own() -> None:
    """A client whose clock is an hour wrong still waits the 30 seconds that the server
    means.
    """
    at, sent = formatdate(TODAY + 30, usegmt=True), formatdate(TODAY, usegmt=True)
    assert read(TODAY - 3600, Retry_After=at, Date=sent) == 30
    assert read(TODAY, Retry_After=at, Date="garbage") == 30


@given(
    st.text(st.characters(min_codepoint=32, max_codepoint=126)), st.text(max_size=40)
)
def test_no_header_is_an_error(value: str, date: str) -> None:
    """Whatever a server writes, the answer is None or a finite number of seconds, none
    of them negative.
    """
    seconds = read(Retry_After=value, Date=date)
    assert seconds is None or 0 <= seconds < math.inf


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
    st.floats(0, 2e9),
)
def test_any_date(at: datetime, now: float) -> None:
    """Every HTTP-date is read to the second, and the past is no wait."""
    expected = max(0.0, at.replace(microsecond=0).timestamp() - now)
    assert read(now, Retry_After=format_datetime(at, usegmt=True)) == pytest.approx(
        expected
    )
