"""Answers: what is kept of an answer, or in words why there is none."""

import httpx

from inflight_lab.recipes.results_file import Outcome
from inflight_lab.runners.error_bodies import reason_in


class NoAnswer(Exception):
    """Why an item has no answer."""


class TryAgain(NoAnswer):
    """The same, but another attempt may bring one."""


def json_in(response: httpx.Response) -> Outcome:
    """The status and the JSON of an answer.  Only a 200 must have a body.

    Raises ``NoAnswer`` if its body is not JSON.
    """
    status = response.status_code
    if status != 200 and not response.content:
        return {"status": status, "data": None}
    try:
        return {"status": status, "data": response.json()}
    except (ValueError, RecursionError) as error:
        raise NoAnswer(f"status {status}, but the answer is not JSON") from error


def status_in_words(response: httpx.Response) -> str:
    """The status, and the new address, or what the API or the standard says."""
    status = response.status_code
    if response.has_redirect_location:
        return f"status {status}: moved to {response.headers['Location']:.200}"
    said = reason_in(response) or httpx.codes.get_reason_phrase(status)
    return f"status {status}: {said}" if said else f"status {status}"


def in_words(error: Exception) -> str:
    """What went wrong; some errors have no text, only a name."""
    if isinstance(error, NoAnswer):
        return str(error)
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name
