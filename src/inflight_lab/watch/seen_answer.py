"""What a failed answer says, as far as the watched script let it be seen."""

from typing import NamedTuple

import httpx

from inflight_lab.watch.events import Ended
from inflight_lab.watch.reader.refusals import (
    Refusal,
    read_refusal,
    retry_after,
    retry_after_ms,
    retry_delay,
    secondary_limit_pause,
)


class SeenAnswer(NamedTuple):
    """What an answer says about sending more."""

    refusal: Refusal | None = None
    """None if it is not a refusal."""
    requested_pause: float | None = None
    """Seconds that it asks to wait; None if it only says when its quota is back."""


def read_answer(answer: Ended) -> SeenAnswer:
    """Read its status, its headers, and its body if the script has read it."""
    if answer.status < 400:
        return SeenAnswer()
    response = _response(answer)
    return SeenAnswer(read_refusal(response), _requested_pause(response))


def _response(answer: Ended) -> httpx.Response:
    headers = []
    for line in answer.headers.splitlines():
        name, _, value = line.partition(":")
        headers.append((name.encode("latin-1"), value.strip().encode("latin-1")))
    body = answer.body.encode(errors="replace")
    return httpx.Response(answer.status, headers=headers, content=body)


def _requested_pause(response: httpx.Response) -> float | None:
    for source in (retry_after_ms, retry_after, retry_delay, secondary_limit_pause):
        pause = source(response)
        if pause is not None:
            return pause
    return None
