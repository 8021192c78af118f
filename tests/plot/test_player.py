"""Recorded runs as HTML that plays: what a page is given."""

from __future__ import annotations

import re

import pytest

from inflight_lab.plot.modules import joined, without_comments
from inflight_lab.plot.player import Recorded, page_parts, player_html
from inflight_lab.plot.widget import PLOT
from inflight_lab.runs.events import RunStats
from inflight_lab.runs.recording import from_text
from inflight_lab.runs.run import Run

RUN = Run(counts=RunStats(started=2), now=0.5)
SCRIPT = re.compile(r'<script type="application/json"([^>]*)>(.*?)</script>', re.DOTALL)


def test_a_page_gets_each_recording_with_its_limit() -> None:
    """In the order given, with the still picture first, and no name ends the script."""
    name = "</script><b>"
    recorded = [Recorded({name: RUN}, 3), Recorded({name: RUN}, 10)]
    html = player_html(recorded, "<img>", view="lines", strip="rate")
    assert html.startswith('<inflight-run data-view="lines" data-strip="rate">\n<div')
    found = SCRIPT.findall(html)
    assert [attribute for attribute, _ in found] == [
        ' data-limit="3"',
        ' data-limit="10"',
    ]
    for _, text in found:
        assert from_text(text) == {name: RUN}


def test_one_recording_needs_no_limit() -> None:
    """Then there is no slider."""
    ((attribute, _),) = SCRIPT.findall(player_html([Recorded({"": RUN})], ""))
    assert attribute == ""


def test_nothing_recorded_is_refused() -> None:
    """So is a run that has not begun."""
    with pytest.raises(ValueError, match="at least one recording"):
        player_html([], "")
    with pytest.raises(ValueError, match="no run to record"):
        player_html([Recorded({"": Run()})], "")


def test_a_page_needs_nothing_else() -> None:
    """Neither another module nor a style sheet, a font or a picture from elsewhere."""
    parts = page_parts()
    assert not re.search(r"^\s*(import|export)\b|@import|url\(|src=", parts, re.M)
    assert parts.count("</script>") == 1


@pytest.mark.parametrize("entry", ["page.js", "replay.js"])
def test_no_text_of_the_script_goes_over_several_lines(entry: str) -> None:
    """Or a line that looks like a comment would be missing; code in a text may."""
    script = without_comments(joined(PLOT / "js" / "player" / entry))
    unclosed = [line for line in script.splitlines() if line.count("`") % 2]
    texts = [line for line in unclosed if not line.endswith("${")]
    assert [line for line in texts if not line.startswith("}")] == []


def test_what_only_people_read_is_left_out() -> None:
    """Comments and margins are; what stands behind code stays as it is."""
    code = "/** Says\n * it. */\n// Why.\nfunction f() {\n  return 1; // yes\n}\n"
    assert without_comments(code) == "function f() {\nreturn 1; // yes\n}\n"
