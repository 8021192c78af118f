"""The reading of numbers: what is found wrong in a notebook made up for it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest

from tests.notebooks import numbers
from tests.notebooks.numbers import (
    Finding,
    already_executed,
    findings_in,
    values_printed,
)
from tests.support.claimed_numbers import Apart, Documented, Explained
from tests.support.notebook_tools import GLOSSARY
from tests.support.output_words import WIDGET
from tests.support.sections import Cell

PLAN = "| notebook | ask |\n|---|---|\n| 04 | batches of 20 with a limit of {} |"
CODE = """
server = PracticeServer(latency=0.3, rate=100)
await make_many_requests(server.url, 200, limit=30)
"""
PRINTED = """
limit 30: 180 answers, 20 429s, 2.14 s, 90% of the quota
busiest second: 94 sent
"""


def findings(prose: str) -> list[Finding]:
    """What is wrong with a notebook that has one section."""
    cells = [
        Cell("title", is_code=False, source="# Title"),
        Cell("heading", is_code=False, source="## Surprise 7: a section"),
        Cell("code", is_code=True, source=CODE, printed=PRINTED),
        Cell("text", is_code=False, source=prose),
    ]
    return findings_in("made up", cells)


def wrong_in(prose: str) -> list[str]:
    """The numbers in it that are found wrong."""
    return [each.number.mention.text for each in findings(prose) if each.number]


@pytest.mark.parametrize(
    "prose",
    [
        "There are 200 requests, and two hundred tasks for them.",
        "An answer takes 300 ms, or 0.3 seconds.",
        "It takes more than 0.3 seconds.",
        "20 were refused: 20 429s.",
        "Of 200, 180 got an answer.",
        "A limit of 30 sends 30 / 0.3 = 100 a second.",
        "It used at least 30 % of the quota, as [07](07_judge.ipynb) explains.",
        "429 means *Too Many Requests* (RFC 6585), as 403 may on Python 3.12.",
        "There are two ways, and the first one is `limit=17`.",
        "Are all 200 accepted, at 100 a second?",
        "| rung | answers | 429s |\n|---|---|---|\n| limit 30 | 180 | 20 |",
        "One of 1 / latency a second, and of 100, 200 and 30 / 0.3 = 100.",
        "At most 30 are refused, because 30 were in flight at most.",
        PLAN.format(3),
        "See the 3rd line of notebook 12.\n\n```text\n77\n```",
    ],
)
def test_a_right_number_is_not_found(prose: str) -> None:
    """What the code shows, the cell printed, or the sentence computes."""
    assert wrong_in(prose) == []


class Wrong(NamedTuple):
    """A piece of prose, and what must be found in it."""

    prose: str
    found: list[str]


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong("There are 201 requests.", ["201"]),
        Wrong("Fifteen requests go first.", ["Fifteen"]),
        Wrong("An answer takes 0.35 seconds.", ["0.35"]),
        Wrong("30 were refused.", ["30"]),
        Wrong("None of them was refused: there is no 429.", ["None", "no"]),
        Wrong("It takes 0.3 seconds.", ["0.3"]),
        Wrong("It takes about 2 seconds.", ["2"]),
        Wrong("It takes at least 3 seconds.", ["3"]),
        Wrong("You get 200 answers.", ["200"]),
        Wrong("The semaphore takes six seconds.", ["six"]),
        Wrong("Of those, 100 were in the busiest second.", ["100"]),
        Wrong("| rung | seconds |\n|---|---|\n| limit 30 | 2.1 |", ["2.1"]),
        Wrong(PLAN.format(77), ["77"]),
        Wrong("A limit of 30 sends 30 / 0.3 = 90 a second.", ["90"]),
        Wrong("It used 30 % of the quota.", ["30"]),
        Wrong(
            "| rung | answers | 429s |\n|---|---|---|\n| limit 30 | 200 | 0 |",
            ["200", "0"],
        ),
    ],
    ids=lambda wrong: wrong.prose,
)
def test_a_wrong_number_is_found(wrong: Wrong) -> None:
    """What nothing explains, and what the cell printed otherwise although the same
    number is a parameter of something else.
    """
    assert wrong_in(wrong.prose) == wrong.found


class Explains(NamedTuple):
    """An explanation of the number in "See 75 requests", and what is wrong then."""

    explained: Explained
    wrong: str


@pytest.mark.parametrize(
    "explains",
    [
        Explains({"75 requests": "0.3 * 200 + 15 / 1"}, "but no code shows 15"),
        Explains({"75 requests": "0.3 * 200"}, "0.3 * 200, which is 60"),
        Explains({"75 requests": "0.3 * 200 + 30 / 2"}, ""),
        Explains({"75 requests": 'printed("code")[1] - 100 - 100 / 20'}, ""),
        Explains({"75 requests": Documented("the API's page")}, ""),
        Explains({"76 requests": "76"}, "and the prose has 0 numbers there"),
        Explains({"75 requests": ("75", "1")}, "and the prose has 1 numbers there"),
    ],
    ids=str,
)
def test_an_explanation_is_computed(
    explains: Explains, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From numbers that the notebook shows; and one that explains nothing is found."""
    monkeypatch.setitem(numbers.NUMBERS, "made up", explains.explained)
    *_, said = ["", *(finding.what for finding in findings("See 75 requests."))]
    assert said.endswith(explains.wrong)
    assert bool(said) == bool(explains.wrong)


def test_an_explanation_does_not_hide_what_was_printed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A computed time beside another one that was measured is a contradiction, unless
    the two are said to be of different things.
    """
    monkeypatch.setitem(numbers.NUMBERS, "made up", {"0.6 s": "2 * 0.3"})
    assert wrong_in("It takes 0.6 s.") == ["0.6"]
    monkeypatch.setitem(numbers.NUMBERS, "made up", {"0.6 s": Apart("2 * 0.3")})
    assert wrong_in("It takes 0.6 s.") == []


def test_what_the_reader_sets_is_the_readers() -> None:
    """In *Play* and *Your turn* a number needs no code, but none is refused there that
    was not.
    """
    prose = "## Play\n\n- *requests* at 101: are 45 refused? 45 are refused."
    assert wrong_in(prose) == ["45"]


OUTPUTS = [
    nbformat.v4.new_output("stream", text="sent: 30\n"),
    nbformat.v4.new_output(
        "display_data",
        {
            "text/plain": "Requests over time. 20 of 30 refused.",
            "image/svg+xml": "<title>Requests over time.</title><text>45 s</text>",
        },
    ),
    nbformat.v4.new_output(
        "display_data",
        {"text/plain": "bars", "image/svg+xml": "<text>333 measured</text>"},
    ),
    nbformat.v4.new_output("display_data", {"text/plain": "Panel(99)", WIDGET: {}}),
]


def test_what_stands_below_a_cell_is_read_as_a_reader_does(tmp_path: Path) -> None:
    """What was printed, what a run's picture says, and the numbers beside bars; not the
    numbers of an axis, nor the name of a widget.
    """
    cell = nbformat.v4.new_code_cell("...", outputs=OUTPUTS)
    path = tmp_path / "executed.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
    (read,) = already_executed(path)
    assert values_printed(read) == [30, 20, 30, 333]


def test_the_glossary_has_no_number_that_nothing_explains() -> None:
    """It has no code, so its numbers are computed or documented."""
    assert findings_in("glossary", already_executed(GLOSSARY)) == []
