"""Error bodies: what the body of an answer says about an error.

Most APIs describe an error in JSON, for programs (a code) and for people (a message):

    {"error": {"code": "insufficient_quota", "message": "You exceeded your quota."}}

Where it stands differs between APIs; the functions below find it.
"""

from __future__ import annotations

import json
from typing import Any

import httpx

LARGEST_BODY = 64 * 1024  # bytes: a larger body is no error message
LONGEST_REASON = 200  # characters
REASONS = (
    "message",
    "detail",
    "description",
    "error_description",
    "title",
    "error",
    "code",
    "type",
)
"""What APIs call the words: first those for people, then those for programs."""


def unexpected_status(response: httpx.Response) -> ValueError:
    """What to raise for a status other than 200; the API's own words are a note."""
    error = ValueError(
        f"Unexpected Status: Http status code is {response.status_code}."
    )
    reason = reason_in(response)
    if reason:
        error.add_note(f"The API says: {reason}")
    return error


def reason_in(response: httpx.Response) -> str:
    """The error message; else the error's code, if it has one."""
    error = error_in(response)
    for name in REASONS:
        words = error.get(name)
        if isinstance(words, str) and words:
            return " ".join(words.split())[:LONGEST_REASON]
    return ""


def error_in(response: httpx.Response) -> dict[str, Any]:
    """The error that a body describes.  Most APIs wrap it in ``error``."""
    body = body_in(response)
    error = body.get("error")
    return error if isinstance(error, dict) else body


def body_in(response: httpx.Response) -> dict[str, Any]:
    """The JSON object in a body; empty if there is none.  Gemini puts it in a list."""
    try:
        body = response.content
    except RuntimeError:  # it has not been read, and may have no end
        return {}
    if len(body) > LARGEST_BODY:
        return {}
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if isinstance(content, list) and content:
        content = content[0]
    return content if isinstance(content, dict) else {}


def details_in(response: httpx.Response) -> list[dict[str, Any]]:
    """The error's details: Google sends several, Anthropic one."""
    details = error_in(response).get("details")
    if isinstance(details, dict):
        details = [details]
    if not isinstance(details, list):
        return []
    return [detail for detail in details if isinstance(detail, dict)]


def parts_in(response: httpx.Response) -> list[dict[str, Any]]:
    """The error, its details, what is beside it, and Telegram's parameters."""
    error = error_in(response)
    body = body_in(response)
    parts = [error, *details_in(response), body]
    for part in (error, body):
        parameters = part.get("parameters")
        if isinstance(parameters, dict):
            parts.append(parameters)
    return parts


def codes_in(response: httpx.Response) -> set[str]:
    """The error's codes: words for programs."""
    error = error_in(response)
    codes = [error.get("code"), error.get("type")]
    for detail in details_in(response):
        codes += [detail.get("reason"), detail.get("error_code")]
    return {code for code in codes if isinstance(code, str)}
