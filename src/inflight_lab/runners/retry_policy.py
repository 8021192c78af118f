"""Retry policy: what is worth another attempt, and how long to wait before it.

- *A GET is safe to repeat*, so whatever may be temporary is tried again: a lost
  connection, no answer in time, a request timeout (408), a conflict (409), every server
  error (500 to 599).  OpenAI's client retries the same.
- *Back off exponentially*: if the API is overloaded, wait longer after each failure.
- *With full jitter*: wait for a random part of that, so that requests that failed
  together do not come back together.

Sources: Marc Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015;
RFC 9110, section 9.2.2, on what is safe to repeat.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import httpx

TRANSIENT = (
    TimeoutError,
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
)
TRANSIENT_STATUSES = (408, 409)  # and every server error


def is_transient(response: httpx.Response) -> bool:
    """Whether the same request may get another answer, if this one is no refusal."""
    return response.is_server_error or response.status_code in TRANSIENT_STATUSES


@dataclass
class RetryPolicy:
    """How often to try a request, and how long to wait.

    All times are in seconds.
    """

    attempts: int = 5
    """For each request, the first one included."""
    base: float = 0.5
    """The longest backoff after the first attempt; it doubles with each further one."""
    cap: float = 20.0
    """The longest backoff of all."""
    timeout: float = 10.0
    """For one attempt in all; the client's own timeouts count each read by itself."""
    longest_pause: float = 120.0
    """The longest pause that the API may ask for; as in OpenAI's client."""
    uniform: Callable[[float, float], float] = random.uniform
    """Draws the jitter."""

    def draw_backoff(self, attempts: int) -> float:
        """Seconds to back off after this many attempts, drawn at random."""
        doublings = min(attempts - 1, 100)
        longest = min(self.cap, self.base * 2.0**doublings)
        return self.uniform(0.0, longest)


# The lesson ends here.  Below, the package attaches its checks, and httpx2.
import contextlib

from inflight_lab.arguments import check_constructor

check_constructor(RetryPolicy)
with contextlib.suppress(ImportError):
    import httpx2  # httpx under another name

    TRANSIENT += (
        httpx2.TimeoutException,
        httpx2.NetworkError,
        httpx2.RemoteProtocolError,
        httpx2.ProxyError,
    )  # type: ignore[assignment]
