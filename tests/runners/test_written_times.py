"""How long to wait, in all the ways in which APIs write it.

The rows of `FOREIGN` are those of openai-python's ``test_parse_retry_after_header``
(where 0.5 says that it falls back on a backoff: after nonsense, and after more than 120
seconds), httpx-retries' ``test_parse_retry_after*``, and urllib3's
``test_parse_retry_after*`` and ``test_respect_retry_after_header_sleep``.  One row is
left out: urllib3 refuses ``1.0``, and APIs send decimals.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from email.utils import format_datetime, formatdate
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inflight_lab.runners.written_times import (
    milliseconds_until,
    seconds_until,
    time_of,
)
from tests.support.virtual_clock import TODAY, run


class Row(NamedTuple):
    """What is written, and how many seconds after ``TODAY`` that is."""

    written: object
    seconds: float | None


WRITTEN = [
    # Seconds.
    Row("0", 0),
    Row("7", 7),
    Row(" 7 ", 7),
    Row("1.5", 1.5),
    Row("\t1.5\t", 1.5),
    Row("0.000001", 0.000001),
    Row("999999999", 999_999_999),
    Row(34, 34),
    Row(0.5, 0.5),
    Row(0.1 + 0.2, 0.3),
    # Durations.
    Row("1s", 1),
    Row("6m0s", 360),
    Row("120ms", 0.12),
    Row("1h2m3.5s", 3723.5),
    Row("2m59.56s", 179.56),
    Row("34.074824224s", 34.074824224),
    Row("1d", 86_400),
    Row("1000000h", None),
    # Unix times.
    Row("1700000030", 30),
    Row("1700000030.5", 30.5),
    Row("1699999970", 0),
    Row("1700000030000", 30),
    Row("1700000030500", 30.5),
    Row("9999999999", None),
    Row("99999999999", None),
    # Dates.
    Row("Tue, 14 Nov 2023 22:13:50 GMT", 30),
    Row("  Tue, 14 Nov 2023 22:13:50 GMT ", 30),
    Row("Tuesday, 14-Nov-23 22:13:50 GMT", 30),
    Row("Tue Nov 14 22:13:50 2023", 30),
    Row("Tue, 14 Nov 2023 23:13:50 +0100", 30),
    Row("Tue, 14 Nov 2023 22:12:50 GMT", 0),
    Row("2023-11-14T22:13:50Z", 30),
    Row("2023-11-14T22:13:50.5Z", 30.5),
    Row("2023-11-14T23:13:50+01:00", 30),
    Row("2023-11-14T22:13:50", 30),
    Row("2023-11-14T22:12:50Z", 0),
    # What makes no sense.
    Row("", None),
    Row("soon", None),
    Row("-7", None),
    Row("+7", None),
    Row("1e3", None),
    Row("1.", None),
    Row(".5", None),
    Row("1,5", None),
    Row("5, 7", None),
    Row("7 s", None),
    Row("-7s", None),
    Row("7sec", None),
    Row("s", None),
    Row("nan", None),
    Row("inf", None),
    Row("٣", None),
    Row("²", None),
    Row("9" * 400, None),
    Row("1" * 16, None),
    Row("1s" * 100, None),
    Row("Tue, 99 Nov 2023 22:13:50 GMT", None),
    Row("Wed, 21 Oct 99999999999 07:28:00 GMT", None),
    Row("2023-99-14T22:13:50Z", None),
    Row("0001-01-01T00:00:00+23:59", 0),
    Row("9999-01-01T00:00:00Z", None),
    Row(None, None),
    Row(True, None),
    Row(math.nan, None),
    Row({"seconds": 34}, None),
]


@pytest.mark.parametrize("row", WRITTEN, ids=[str(row.written)[:40] for row in WRITTEN])
def test_written_times(row: Row) -> None:
    """Seconds, durations, Unix times and dates are understood, and nothing else."""
    expected = row.seconds and pytest.approx(row.seconds)
    assert seconds_until(row.written, TODAY) == expected


@pytest.mark.parametrize(
    "row",
    [
        Row("0", 0),
        Row("20000", 20),
        Row("8.2", 0.0082),
        Row("999999999999", 999_999_999.999),
        Row("1700000020000", 20),
        Row("9999999999999", None),
        Row("-500", None),
        Row("20s", None),
        Row("soon", None),
        Row(None, None),
    ],
)
def test_milliseconds(row: Row) -> None:
    """A number counts milliseconds, or is a Unix time in milliseconds."""
    expected = row.seconds and pytest.approx(row.seconds)
    assert milliseconds_until(row.written, TODAY) == expected


class ForeignRow(NamedTuple):
    """A row of another library's test of ``Retry-After``."""

    library: str
    written: str
    seconds: float | None
    now: float = TODAY


OPENAI = 1_696_004_797.0  # Fri, 29 Sep 2023 16:26:37 GMT
URLLIB3 = datetime(2019, 6, 3, 11, tzinfo=UTC).timestamp()
FOREIGN = [
    ForeignRow("openai", "20", 20),
    ForeignRow("openai", "0", 0),
    ForeignRow("openai", "-10", None),
    ForeignRow("openai", "60", 60),
    ForeignRow("openai", "61", 61),
    ForeignRow("openai", "120", 120),
    ForeignRow("openai", "121", 121),
    ForeignRow("openai", "Fri, 29 Sep 2023 16:26:57 GMT", 20, OPENAI),
    ForeignRow("openai", "Fri, 29 Sep 2023 16:26:37 GMT", 0, OPENAI),
    ForeignRow("openai", "Fri, 29 Sep 2023 16:26:27 GMT", 0, OPENAI),
    ForeignRow("openai", "Fri, 29 Sep 2023 16:27:37 GMT", 60, OPENAI),
    ForeignRow("openai", "Fri, 29 Sep 2023 16:27:38 GMT", 61, OPENAI),
    ForeignRow("openai", "Fri, 29 Sep 2023 16:28:37 GMT", 120, OPENAI),
    ForeignRow("openai", "Fri, 29 Sep 2023 16:28:38 GMT", 121, OPENAI),
    ForeignRow("openai", "99999999999999999999999999999999999", None),
    ForeignRow("openai", "inf", None),
    ForeignRow("openai", "nan", None),
    ForeignRow("openai", "Zun, 29 Sep 2023 16:26:27 GMT", 0, OPENAI),
    ForeignRow("openai", "Fri, 29 Sep 100000 16:26:57 GMT", None, OPENAI),
    ForeignRow("openai", "", None),
    ForeignRow("httpx-retries", "5", 5),
    ForeignRow("httpx-retries", "10", 10),
    ForeignRow("httpx-retries", formatdate(TODAY + 5, usegmt=True), 5),
    ForeignRow("httpx-retries", formatdate(TODAY - 5, usegmt=True), 0),
    ForeignRow("httpx-retries", formatdate(TODAY + 5, usegmt=True)[:-4], 5),
    ForeignRow("httpx-retries", "invalid", None),
    ForeignRow("httpx-retries", "invalid date", None),
    ForeignRow("httpx-retries", "\u0665", None),
    ForeignRow("httpx-retries", "\u00b2", None),
    ForeignRow("urllib3", "0", 0),
    ForeignRow("urllib3", "1000", 1000),
    ForeignRow("urllib3", "\t42 ", 42),
    ForeignRow("urllib3", "3600", 3600),
    ForeignRow("urllib3", "-1", None),
    ForeignRow("urllib3", "+1", None),
    ForeignRow("urllib3", "\xb2", None),
    ForeignRow("urllib3", "Mon, 3 Jun 2019 12:00:00 UTC", 3600, URLLIB3),
    ForeignRow("urllib3", "Mon, 3 Jun 2019 11:00:00 UTC", 0, URLLIB3),
    ForeignRow("urllib3", "Mon, 03 Jun 2019 11:30:12 GMT", 1812, URLLIB3),
    ForeignRow("urllib3", "Monday, 03-Jun-19 11:30:12 GMT", 1812, URLLIB3),
    ForeignRow("urllib3", "Mon Jun  3 11:30:12 2019", 1812, URLLIB3),
]


@pytest.mark.parametrize(
    "row", FOREIGN, ids=[f"{r.library} {r.written}" for r in FOREIGN]
)
def test_other_libraries_rows(row: ForeignRow) -> None:
    """What other clients' tests read is read here, and what they refuse is not."""
    assert seconds_until(row.written, row.now) == row.seconds


def test_the_time_of_an_answer_is_the_servers() -> None:
    """A client whose clock is an hour wrong still waits the 30 seconds that the server
    means, and without a date that can be read its own clock has to do.
    """

    async def main(date: str) -> float:
        return time_of({"date": date})

    assert run(main(formatdate(TODAY, usegmt=True)), today=TODAY - 3600) == TODAY
    assert run(main("garbage"), today=TODAY - 3600) == TODAY - 3600
    assert run(main("")) == TODAY


@given(st.text(max_size=80), st.floats(0, 1e11))
def test_whatever_is_written(written: str, now: float) -> None:
    """The answer is None, or seconds that can be waited for."""
    for read in (seconds_until, milliseconds_until):
        seconds = read(written, now)
        assert seconds is None or 0 <= seconds < 1e9


@given(st.integers(0, 10**9), st.integers(0, 3))
def test_any_milliseconds(number: int, decimals: int) -> None:
    """Milliseconds are read with any number of decimals."""
    milliseconds = number / 10**decimals
    written = f"{milliseconds:.{decimals}f}"
    assert milliseconds_until(written, TODAY) == pytest.approx(milliseconds / 1000)


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
    st.floats(0, 2e9),
)
def test_any_date(at: datetime, now: float) -> None:
    """Each date is read as it was meant in both notations, the past is no wait, and 31
    years make no sense.
    """
    whole_second = at.replace(microsecond=0)
    http_date = format_datetime(at, usegmt=True)
    assert seconds_until(at.isoformat(), now) == sensible(at.timestamp() - now)
    assert seconds_until(http_date, now) == sensible(whole_second.timestamp() - now)


def sensible(seconds: float) -> float | None:
    return max(0.0, seconds) if seconds < 1e9 else None
