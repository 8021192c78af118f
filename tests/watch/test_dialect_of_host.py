"""In practice an API that is known refuses as it does."""

from __future__ import annotations

from pathlib import Path

import pytest

from inflight_lab.server.dialects import DIALECTS
from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.dialect_of_host import DIALECT_BY_HOST, dialect_of
from inflight_lab.watch.findings.retries import REFUSALS_COUNT, storm_of_retries
from tests.support.watching import Made, log_of, watch


@pytest.mark.parametrize(
    ("host", "dialect"),
    [
        ("api.openai.com", "openai"),
        ("eu.api.openai.com:443", "openai"),
        ("mine.openai.azure.com", "azure"),
        ("api.github.com", "github"),
        ("api.openai.com.example", ""),
        ("notapi.openai.com", ""),
        ("api.example.com", ""),
        ("", ""),
    ],
)
def test_the_dialect_of_a_host(host: str, dialect: str) -> None:
    """Of the host itself or one below it, and of no other."""
    assert dialect_of(host) == dialect


def test_all_of_them_are_dialects() -> None:
    """And each that is an API's has a host."""
    assert {*DIALECT_BY_HOST.values(), "draft"} == set(DIALECTS)


ASKS = """
import requests
first, _, last = [requests.get("https://{host}/user") for _ in "abc"]
print(last.status_code, "Inflight" in first.text, last.headers.get("Retry-After"))
"""


@pytest.mark.parametrize(
    ("host", "options", "printed", "said"),
    [
        (
            "api.github.com",
            (),
            "403 False None\n",
            "The practice server imitated api.github.com (--dialect github).",
        ),
        ("api.github.com", ("--dialect", "draft"), "429 False ", ""),
        (
            "api.openai.com",
            (),
            "429 False ",
            "The practice server imitated api.openai.com (--dialect openai): refused "
            "requests count against the quota as well.",
        ),
        ("api.example.com", (), "429 False ", ""),
    ],
    ids=["github", "another was chosen", "openai", "not known"],
)
def test_practice_imitates_the_api_that_is_asked(
    host: str, options: tuple[str, ...], printed: str, said: str, tmp_path: Path
) -> None:
    """Unless another dialect was chosen; it says so, and no answer shows how."""
    script = tmp_path / "asks.py"
    script.write_text(ASKS.replace("{host}", host))
    done = watch("--no-browser", "--practice", "1/20s", *options, script)
    assert done.stdout.startswith(printed), done.stderr
    assert ("imitated" in done.stderr) == bool(said)
    assert said in done.stderr


def retried(host: str) -> list[Made]:
    """Twenty things, each asked for three times without a pause."""
    return sorted(
        Made(n / 100 + again, 0.1, 429, url=f"https://{host}/{n}", sender=n)
        for n in range(20)
        for again in (0.0, 0.11, 0.22)
    )


@pytest.mark.parametrize(
    ("host", "practice", "counts"),
    [
        ("api.openai.com", "", True),
        ("api.github.com", "", False),
        ("api.example.com", "", False),
        ("api.example.com", "openai", True),
        ("api.openai.com", "draft", False),
    ],
)
def test_where_refusals_count_the_advice_says_so(
    host: str, practice: str, counts: bool
) -> None:
    """By the host or, in practice, by the dialect."""
    quota = AnnouncedQuota(5, 1, is_certain=True) if practice else None
    log = log_of(retried(host), practice_quota=quota)
    log.dialect = practice
    finding = storm_of_retries(log)
    assert finding
    assert finding.advice.endswith(REFUSALS_COUNT) == counts
