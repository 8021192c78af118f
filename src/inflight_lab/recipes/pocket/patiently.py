"""Patience: sends a request, and again for as long as that may help."""

import asyncio
import random
import re
import time
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

ATTEMPTS = 8  # for each request
LONGEST_PAUSE = 600  # seconds; if the API asks for more, all ends
LOST = (
    *(TimeoutError, httpx.TimeoutException, httpx.NetworkError),
    *(httpx.ProxyError, httpx.RemoteProtocolError),
)
SPENT = re.compile(  # the money is, or a month's quota
    "insufficient_quota|billing_|(spend|usage)_limit_(exceeded|reached)|BILLING_DISABLED"
    "|credit_balance_exhausted|access_terminated|CONSUMER_SUSPENDED"
)
RESET = re.compile("(x-)?rate-?limit-reset|x-(app|user)-limit-24hour-reset")
PAUSE_IN_BODY = re.compile(r'"retryDelay": ?"(\d+(?:\.\d+)?)s"')  # Gemini's


class NoAnswer(Exception):
    """Why one request has no answer; others may have one."""

    def __init__(self, why: str, status: int = 0) -> None:
        super().__init__(why)
        self.status = status


class Stop(Exception):
    """Why nothing more is sent."""


class Patience:
    """``await patiently(pacer, client.get, url)``, with ``patiently = Patience()``.

    Returns a response with a status below 400.  Raises `NoAnswer` if this request has
    failed for good, and `Stop` if all will.  Share one among all requests of a run.
    """

    def __init__(self, *, timeout: float = 30.0) -> None:
        self.timeout = timeout  # seconds for each attempt
        self.refused = 0  # times in a row
        self.failed = 0  # requests in a row
        self.paused_until = 0.0

    async def __call__(
        self,
        pacer: Any,
        send: Callable[..., Awaitable[Any]],
        *args: Any,
        **options: Any,
    ) -> httpx.Response:
        """Await ``send(*args, **options)`` until there is an answer, and return it."""
        failure = NoAnswer("")
        for attempt in range(ATTEMPTS):
            try:
                async with pacer, asyncio.timeout(self.timeout):
                    response: httpx.Response = await send(*args, **options)
            except LOST as error:
                failure = NoAnswer(repr(error))
            else:
                if response.status_code < 400:
                    self.refused = self.failed = 0
                    return response
                failure = self.heed(response, pacer)
            await asyncio.sleep(random.uniform(0, min(30, 0.5 * 2**attempt)))
        raise self.given_up(failure, pacer)

    def heed(self, response: httpx.Response, pacer: Any) -> NoAnswer:
        """Do what a failure asks for; return it if another attempt may help."""
        status = response.status_code
        failure = NoAnswer(f"status {status}: {response.text[:200]}", status)
        is_never = response.headers.get("x-should-retry") == "false"
        is_spent = is_never or SPENT.search(response.text)
        if status == 401 or (is_spent and status in (402, 403, 429)):
            raise stopped(pacer, failure)
        pause = pause_in(response)
        if is_refusal(response):
            self.hold_back(pacer, pause, failure)
        elif is_never or not (pause or status in (408, 409) or 500 <= status < 600):
            raise self.given_up(failure, pacer)
        return failure

    def hold_back(self, pacer: Any, pause: float, failure: NoAnswer) -> None:
        """All wait: as long as the API asks, and longer for each refusal in a row."""
        if time.monotonic() >= self.paused_until:  # those during one pause are one
            self.refused += 1
        if self.refused == 10 or pause > LONGEST_PAUSE:
            raise stopped(pacer, failure)
        if not pause or self.refused > 1:
            pause = max(pause, min(30, 0.5 * 2 ** (self.refused - 1)))
        self.paused_until = max(self.paused_until, time.monotonic() + pause)
        pacer.pause(pause)

    def given_up(self, failure: NoAnswer, pacer: Any) -> NoAnswer | Stop:
        """What to raise for a request: if fifty in a row have failed, all ends."""
        self.failed = 0 if failure.status in (404, 410) else self.failed + 1
        return stopped(pacer, failure) if self.failed == 50 else failure


def stopped(pacer: Any, failure: NoAnswer) -> Stop:
    """Send nothing more.  Requests in flight still get their answers."""
    reason = Stop(str(failure))
    pacer.stop(reason)
    return reason


def is_refusal(response: httpx.Response) -> bool:
    """Whether the API sends this to all who ask too often."""
    if response.status_code == 403:  # GitHub's and Google's word for 429
        says_so = re.search("rate ?limit", response.text, re.IGNORECASE)
        return bool(says_so) or response.headers.get("x-ratelimit-remaining") == "0"
    return response.status_code in (429, 503, 529)


def pause_in(response: httpx.Response) -> float:
    """The seconds that an answer asks to wait; 0 if it does not say."""
    headers = response.headers
    written = headers.get("retry-after", "")
    in_body = PAUSE_IN_BODY.search(response.text)
    if in_body and not written:
        written = in_body[1]
    if not written and is_refusal(response):  # then by when the quotas come back
        used_up = [
            headers[name]
            for name in filter(RESET.fullmatch, headers)
            if headers.get(name.replace("reset", "remaining"), "0") == "0"
        ]
        written = max(used_up, default="")
    try:
        if "retry-after-ms" in headers:
            return float(headers["retry-after-ms"]) / 1000
        if re.fullmatch(r"\d{1,9}(\.\d+)?", written):
            return float(written)
        if re.fullmatch(r"\d{10,15}", written):  # a Unix time
            return max(0, float(written) - time.time())
        moment = parsedate_to_datetime(written).replace(tzinfo=UTC)
        return max(0, moment.timestamp() - time.time())
    except (ValueError, OverflowError):  # it says nothing, or nothing that makes sense
        return 60 if "secondary rate limit" in response.text else 0  # GitHub's minute
