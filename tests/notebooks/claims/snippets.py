"""What notebook 11 claims."""

from __future__ import annotations

import re

from tests.support.notebook_tools import load
from tests.support.run_all import Ran


def claims_of_11(ran: Ran) -> None:
    """The recipes do what is said of them, and the server counts what the text says."""
    expect_a_whole_quota(ran)
    expect_a_resumed_run(ran)
    assert ran.text("code-changed").endswith("requests sent: [0, 5, 5]")
    expect_headers(ran)
    expect_findings(ran)
    answers, refused, _, took = re.findall(r"[\d.]+", ran.text("code-fixed-run"))
    assert (answers, refused) == ("200", "0")
    assert float(took) >= 2  # "they would take 200 / 100"
    for widget in ("code-calculator", "code-watch"):
        assert "application/vnd.jupyter.widget-view+json" in ran.cell(widget).mime_types
    assert_practice_comes_with_a_warning(ran)


def expect_a_whole_quota(ran: Ran) -> None:
    """Nothing is refused, and the script takes as long as its pace needs."""
    counted, refused_and_took = ran.text("code-paced").splitlines()
    assert counted == "Counter({'<Response [200 OK]>': 300})"
    refused, _, took = re.findall(r"[\d.]+", refused_and_took)
    assert int(refused) == 0
    assert float(took) >= 3  # "300 requests would take 300 / 100"


def expect_a_resumed_run(ran: Ran) -> None:
    """The first start is stopped in the middle, and the second asks for the rest."""
    (written,) = re.findall(r"(\d+) answers are in", ran.text("code-start-and-stop"))
    (sent,) = re.findall(r"Measured: (\d+)", ran.text("code-resume"))
    assert 0 < int(written) < 200
    assert int(written) + int(sent) == 200
    assert "200 of 200 have an answer" in ran.text("code-resume")


def expect_headers(ran: Ran) -> None:
    """The answers name the quota, and the refusal says when to come back."""
    first, sixth = ran.text("code-look").partition("request 6")[::2]
    assert first.startswith("request 1, status 200")
    assert sixth.startswith(", status 429")
    assert '"default";q=5;w=60' in first
    assert '"default";r=4;' in first
    assert "Retry-After: None" in first
    assert re.search(r"Retry-After: \d+$", sixth, re.M)
    assert "I am: python-httpx/" in sixth


def expect_findings(ran: Ran) -> None:
    """`Watch` sees 40 refused, and says why."""
    said = ran.text("code-watch")
    assert "20 accepted, 40 refused." in " ".join(said.split())
    assert re.search(r"^certain: Over the quota:", said, re.M)


def assert_practice_comes_with_a_warning(ran: Ran) -> None:
    """Before it shows ``--practice``, it says where those answers are kept."""
    text = "\n".join(cell.source for cell in load(ran.path).cells)
    before, practice, _ = text.partition("--practice")
    assert practice
    assert "Practice answers are not real data" in before
    assert "practice-results.jsonl" in before
