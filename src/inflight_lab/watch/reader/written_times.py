"""Written times: how long to wait, in all the ways in which APIs write it.

An API that wants you to wait for 20 seconds may write

- the seconds: ``20``, or ``20.5``;
- a duration, with units: ``20s``, ``6m0s``, ``120ms``, ``1h2m3.5s``;
- a Unix time, in seconds since 1970 or in milliseconds: ``1795761000``;
- an HTTP date: ``Fri, 27 Nov 2026 06:30:00 GMT``;
- an RFC 3339 date: ``2026-11-27T06:30:00Z``.

No two of them can be mistaken for each other.  A Unix time of today is more than a
billion.  A wait of a billion seconds would be 31 years, which no API asks for.

Sources: RFC 9110, sections 5.6.7 and 10.2.3; RFC 3339; Go's ``time.Duration``, whose
text OpenAI and Groq send, and the durations of Google's JSON.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_TEXT = 64  # characters; no time or date that an API sends is longer
TOO_LONG = 1e9  # seconds; from here on, a number is a Unix time
SMALLEST_IN_MILLISECONDS = 1e12  # from here on, a Unix time is in milliseconds
UNITS = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}  # in seconds


def seconds_until(written: object, now: float) -> float | None:
    """The seconds from ``now``, a Unix time, until the time that is written.

    ``written`` is the text of a header, or any value of a JSON body.  None if it makes
    no sense.  A moment in the past gives 0.
    """
    text = text_of(written)
    seconds = seconds_in(text)
    if seconds is not None:
        return seconds
    moment = moment_in(text)
    if moment is None or moment - now >= TOO_LONG:
        return None
    return max(0.0, moment - now)


def milliseconds_until(written: object, now: float) -> float | None:
    """The seconds until a time that is written in milliseconds; else None."""
    milliseconds = number_in(written)
    if milliseconds is None:
        return None
    if milliseconds >= SMALLEST_IN_MILLISECONDS:
        return seconds_until(written, now)  # it is a Unix time
    return milliseconds / 1000


def time_of(headers: Mapping[str, str]) -> float:
    """When an API sent an answer, as a Unix time: by its own clock if it says so.

    This computer's clock may differ from it, and a moment that the API names is one by
    the API's clock.
    """
    answered = http_date(headers.get("date", ""))
    return time.time() if answered is None else answered


def seconds_in(text: str) -> float | None:
    """The seconds in ``20.5`` or ``6m0s``; None for anything else, or if too many."""
    seconds = number_in(text)
    if seconds is None:
        seconds = duration_in(text)
    return seconds if seconds is not None and seconds < TOO_LONG else None


def number_in(written: object) -> float | None:
    """The number that is written, without a sign or an exponent; else None."""
    text = text_of(written)
    is_number = re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,20})?", text)
    return float(text) if is_number else None


def text_of(written: object) -> str:
    """A text or a number as text; empty for anything else, or if it is too long."""
    if not isinstance(written, str | int | float):
        return ""
    text = str(written).strip()
    return text if len(text) <= LONGEST_TEXT else ""


def duration_in(text: str) -> float | None:
    """The seconds in ``6m0s``, ``120ms`` or ``34.5s``."""
    part = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(d|h|ms|m|s)"
    if not re.fullmatch(f"({part})+", text):
        return None
    seconds = 0.0
    for number, unit in re.findall(part, text):
        seconds += float(number) * UNITS[unit]
    return seconds


def moment_in(text: str) -> float | None:
    """The moment that is written, as a Unix time in seconds."""
    for read in (unix_time, rfc3339_date, http_date):
        moment = read(text)
        if moment is not None:
            return moment
    return None


def unix_time(text: str) -> float | None:
    """A Unix time in seconds, which may be written in milliseconds."""
    number = number_in(text)
    if number is not None and number >= SMALLEST_IN_MILLISECONDS:
        return number / 1000
    return number


def rfc3339_date(text: str) -> float | None:
    """A date such as 2026-11-27T06:30:00Z as a Unix time."""
    if not re.match("[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]", text):
        return None  # Python also reads a number of 16 digits as a date
    with contextlib.suppress(ValueError, OverflowError):
        return _unix_time_of(datetime.fromisoformat(text))
    return None


def http_date(text: str) -> float | None:
    """A date such as Fri, 27 Nov 2026 06:30:00 GMT as a Unix time."""
    with contextlib.suppress(ValueError, TypeError, OverflowError, IndexError):
        return _unix_time_of(parsedate_to_datetime(text))
    return None


def _unix_time_of(date: datetime) -> float:
    """A date without a time zone is in GMT."""
    in_a_zone = date if date.tzinfo else date.replace(tzinfo=UTC)
    return in_a_zone.timestamp()
