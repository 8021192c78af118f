"""What is said at the end: in a terminal, and on the page with its notebook."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from inflight_lab.publish.contents import entry_of
from inflight_lab.watch import explained
from inflight_lab.watch.conclusion import Conclusion, one_command_a_script
from inflight_lab.watch.findings import finding
from inflight_lab.watch.findings.command import Command
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding
from tests.support.notebook_tools import notebook

FINDINGS = Path(finding.__file__).parent
PACED = Finding(
    CERTAIN,
    "Refused",
    facts="3x 429",
    advice="Pace them (notebook 06).",
    fix=Command("paced", ("--rate 50",)),
)
ALONE = Finding(
    LIKELY,
    "Slow",
    facts="1 at a time",
    advice="Send several at once.",
    fix=Command("semaphore"),
)


def test_each_notebook_that_a_finding_names_has_its_title() -> None:
    """The page can say what to open for whatever stands out."""
    sources = "".join(path.read_text() for path in FINDINGS.glob("*.py"))
    named = set(re.findall(r"notebook (\d\d)", sources))
    assert named == set(explained.TITLES)
    for number, title in explained.TITLES.items():
        assert entry_of(notebook(number)).title == f"{number} {title}"


def test_the_page_gets_each_finding_with_its_notebook() -> None:
    """Its number and title, or none; and the command beside it."""
    sent = Conclusion("60 requests.", [PACED, ALONE], ["Careful."], status=2)
    paced, alone = sent.for_page()["findings"]
    assert paced["notebook"] == {"number": "06", "title": "Pace to the quota"}
    assert (paced["certainty"], paced["headline"]) == ("certain", "Refused")
    assert paced["advice"] == "Pace them."
    assert paced["fix"] == "inflight-lab snippet paced --rate 50 --output fixed.py"
    assert alone["notebook"] is None
    assert sent.for_page()["status"] == 2


def test_only_the_words_that_are_used_are_explained() -> None:
    """What *certain* and *likely* mean, each where a finding begins with it."""
    certain = "certain: the events of the run show it."
    assert certainty_of([PACED]) == certain
    assert certainty_of([PACED, ALONE]).startswith(f"{certain} likely: ")
    assert certainty_of([ALONE]).startswith("likely: ")
    assert certainty_of([]) == ""


def certainty_of(findings: list[Finding]) -> str:
    """What the page says below these findings about their first words."""
    return str(Conclusion("60 requests.", findings).for_page()["certainty"])


def test_a_terminal_gets_a_line_for_each() -> None:
    """The run first, then what stands out with its command, then what to be careful
    with.
    """
    assert str(Conclusion("60 requests.", [PACED], ["Careful."])).splitlines() == [
        "60 requests.",
        "certain: Refused: 3x 429. Pace them (notebook 06).",
        "  inflight-lab snippet paced --rate 50 --output fixed.py",
        "certain: the events of the run show it.",
        "A command with --output writes a short script to edit, and beside it a file "
        "with what that uses. Without --output, it prints both as one script.",
        "To open the notebook: inflight-lab --open 06",
        "Careful.",
    ]


def test_a_script_has_one_command() -> None:
    """The one that fills in most, however long its words are; what is said about the
    others goes with them.
    """
    bare = replace(PACED, fix=Command("paced", note="About the command."))
    kept = one_command_a_script([bare, ALONE, PACED, PACED])
    assert [each.fix for each in kept] == [None, ALONE.fix, PACED.fix, None]
    assert kept[0].whole_advice == PACED.advice


def test_another_address_is_another_script() -> None:
    """A command for one API does not take the place of that for another."""
    near = replace(PACED, fix=Command("paced", ("--rate 5",), "https://a.example/{id}"))
    far = replace(PACED, fix=Command("paced", url="https://longer.example/items/{id}"))
    assert one_command_a_script([near, far]) == [near, far]


def test_what_to_know_about_a_command_stands_beside_it() -> None:
    """After the advice, in the terminal and on the page."""
    noted = replace(PACED, fix=Command("paced", note="It sends with httpx."))
    words = "Pace them (notebook 06). It sends with httpx."
    assert f". {words}\n  inflight-lab snippet paced" in str(noted)
    (finding,) = Conclusion("60 requests.", [noted]).for_page()["findings"]
    assert finding["advice"] == "Pace them. It sends with httpx."
