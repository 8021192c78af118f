"""Findings about a library that retries beneath a script that retries."""

from __future__ import annotations

from inflight_lab.watch.findings.nested_retries import retries_in_two_places
from tests.support.watching import Made, log_of

CHATS = "https://api.example.com/v1/chat/completions"
IN_ONE_CALL = [0, 1, 2]
"""How often the library has sent a request before: each of a call's three times."""


def calls(counts: list[int], *, tasks: int = 5, url: str | None = CHATS) -> list[Made]:
    """Tasks whose requests all fail; each says how often it was sent before."""
    return [
        Made(
            number * 1.0,
            status=503,
            url=url or f"https://api.example.com/{task}",
            sender=task,
            retry=retry,
            line="main.py:9",
        )
        for number, retry in enumerate(counts)
        for task in range(tasks)
    ]


def test_a_loop_around_a_client_that_retries() -> None:
    """Three times in each call, and three calls: at one address it is likely."""
    finding = retries_in_two_places(log_of(calls(3 * IN_ONE_CALL)))
    assert finding
    assert finding.certainty == "likely"
    assert finding.facts == (
        "the library sent a request up to 3 times in one call, and the script repeated "
        "10 calls that had failed (main.py:9)"
    )
    assert "Pace first, so that few fail; then switch one of" in finding.advice
    assert str(finding.fix).startswith("inflight-lab snippet with_openai --url ")


def test_addresses_show_what_is_repeated() -> None:
    """Where each has its own, it is certain."""
    finding = retries_in_two_places(log_of(calls(2 * IN_ONE_CALL, url=None)))
    assert finding
    assert finding.certainty == "certain"
    assert str(finding.fix) == "inflight-lab snippet resilient"


def test_one_that_retries_alone() -> None:
    """Only the library, only the script, or nobody knows which."""
    assert retries_in_two_places(log_of(calls(IN_ONE_CALL))) is None
    assert retries_in_two_places(log_of(calls([0, 0, 0, 0]))) is None
    unknown = [each._replace(retry=None) for each in calls(3 * IN_ONE_CALL)]
    assert retries_in_two_places(log_of(unknown)) is None
