"""Plain pictures: what they say, and what is drawn in them."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from inflight_lab.lesson.exercises.quota_kinds import ask
from inflight_lab.lesson.plot.drawing import Picture, draw_bars, draw_marks, draw_runs
from inflight_lab.lesson.plot.drawing.svg import ANSWERED, BLUE, REFUSED
from inflight_lab.lesson.runs.events import Stats
from inflight_lab.lesson.runs.run import Level, RequestEvent, Run, no_levels
from inflight_lab.lesson.server.quotas import SlidingWindow

STRANGE = 'a <b> & "c" %41 #1 \U0001f600'


def run_of(*spans: tuple[float, float, int], limit: int | None = None) -> Run:
    """A run with a request for each (sent, ended, status)."""
    events = []
    for number, (sent, ended, status) in enumerate(spans):
        events.append(RequestEvent(sent, "sent", number, None))
        events.append(RequestEvent(ended, "answered", number, status))
    ends = Counter(status for _, _, status in spans)
    counts = {"started": len(spans), "accepted": ends[200], "refused": ends[429]}
    return Run(
        events=sorted(events),
        levels=no_levels() | {"limit": [Level(0, limit)] if limit else []},
        now=max(ended for _, ended, _ in spans),
        announced=len(spans),
        counts=Stats(**counts),
    )


NAIVE = run_of(*[(0.05, 0.5, 200)] * 4, *[(0.05, 0.5, 429)] * 3)
FALLING = run_of(*[(0.1, 2, 200)] * 6, *[(0.1, 4, 200)] * 6)
OFTEN = [time / 12 for time in range(0, 24, 2)]
COMB = run_of(
    (0, 2, 200), *[(time, time + 0.08, 200) for time in OFTEN for _ in "four"]
)
SHUT_TWICE = run_of(
    *[(wait, wait + 0.3, 200) for wait in (0.1, 2, 4) for _ in range(20)]
)
GROUPS = run_of(*[(second, second + 0.3, 200) for second in range(5)], limit=3)


def drawn(picture: Picture, kind: str) -> list[ElementTree.Element]:
    """The elements of a kind; this checks that the SVG can be read, too."""
    root = ElementTree.fromstring(picture.data)
    return root.findall(f"{{http://www.w3.org/2000/svg}}{kind}")


def is_on_a_phone(picture: Picture) -> bool:
    """Whether a phone, 358 pixels wide, shows it whole in letters of 11 pixels."""
    root = ElementTree.fromstring(picture.data)
    width = float(str(root.get("width")))
    letters = [*drawn(picture, "text"), root]
    smallest = min(float(each.get("font-size", 14)) for each in letters)
    begins = [float(str(each.get("x"))) for each in drawn(picture, "text")]
    return smallest * 358 / width >= 11 and max(begins) < width


@pytest.mark.parametrize(
    ("run", "shape"),
    [
        (NAIVE, "Rises to 7 within 0.01 s."),
        (FALLING, "Rises to 12 within 0.01 s, falls to 6 after 1.95 s."),
        (SHUT_TWICE, "3 groups of up to 20, with pauses between them."),
        (GROUPS, "5 groups of up to 1, with pauses between them."),
        (COMB, "Goes up and down, to at most 5."),
    ],
)
def test_a_run_is_told_to_those_who_do_not_see_it(run: Run, shape: str) -> None:
    """The shape of the line in words, and every number that stands above it; both count
    from the first request on.
    """
    title = draw_runs({"": run}).title
    assert title.endswith(shape)
    answered = f"{run.counts.accepted} answered, {run.counts.refused} refused"
    assert answered in title
    assert f"{run.counts.started} requests in " in title


def test_what_is_counted_in_words() -> None:
    """Retries are attempts of those that were asked for, or requests that came, if only
    the API was seen.  Who waits in the client for a connection is in flight, too.
    """
    run = run_of((0, 1, 429), (1, 2, 200), (1, 3, 200))
    run.announced = 2
    assert "2 requests, 3 attempts in 3 s: 2 answered" in draw_runs({"": run}).title
    run.announced = 0
    run.events.insert(3, RequestEvent(1.0, "arrived", 1, 200))
    title = draw_runs({"": run}).title
    assert "3 requests in 3 s" in title
    assert "at most 2 in flight" in title


def test_the_line_goes_on_from_the_last_level_at_a_pixel() -> None:
    """Where three end and two begin at once, it is on at two and not at none."""
    run = run_of(*[(0.0, 50.0, 200)] * 3, *[(50.001, 100.0, 200)] * 2)
    paths = drawn(draw_runs({"": run}), "path")
    (line,) = [each.get("d", "") for each in paths if each.get("stroke") == BLUE]
    _, half_way, _ = re.findall(r"(?:V[\d.]+)+", line)
    two, *_, after = half_way[1:].split("V")
    assert after == two


def test_the_numbers_beside_a_chart() -> None:
    """The most in flight, and the limit that it was moved to."""
    run = run_of(*[(0.05, 2.0, 200)] * 7, limit=3)
    run.levels["limit"].append(Level(1, 8))
    words = [each.text for each in drawn(draw_runs({"": run}), "text")]
    assert (words[-1], "8" in words) == ("limit 8", True)
    assert "7" in [each.text for each in drawn(draw_runs({"": NAIVE}), "text")]


def test_a_refusal_is_marked_when_it_comes_back() -> None:
    """In red, above the line; a run without any has no such mark."""

    def red(run: Run) -> list[str]:
        marks = drawn(draw_runs({"": run}), "path")
        return [str(each.get("d")) for each in marks if each.get("stroke") == REFUSED]

    assert len(red(NAIVE)) == 1
    assert red(FALLING) == []


def test_runs_side_by_side_have_one_axis() -> None:
    """Each with its name, whatever is in it; the image has its mark and the words, and
    its address loses no colour and no letter.
    """
    picture = draw_runs({STRANGE: NAIVE, "slow": FALLING}, mark="ifl-7")
    assert drawn(picture, "title")[0].text == picture.title
    assert f"{STRANGE}: 7 requests" in picture.title
    assert "slow: 12 requests" in picture.title
    html = picture._repr_html_()
    assert "ifl-7" in html
    assert re.search(r'alt="[^"]*12 requests', html)
    source = re.search(r'src="data:image/svg\+xml,([^"]*)"', html)
    assert source
    assert unquote(unescape(source[1])) == picture.data


def test_a_run_that_has_not_begun_has_no_empty_frame() -> None:
    """Words say so, and no axis stands there."""
    picture = draw_runs({"": Run()})
    assert picture.title == "Nothing was sent yet."
    assert drawn(picture, "path") == []


def test_a_long_run_is_a_small_picture() -> None:
    """Ten thousand requests take no more room than fit on a screen."""
    spans = [(n / 100, n / 100 + 0.5, 200 if n % 3 else 429) for n in range(10_000)]
    assert len(draw_runs({"": run_of(*spans)}).data) < 60_000


def test_marks_show_when_requests_came_and_which_were_refused() -> None:
    """Refused ones hang below the line; all rows have the axis of the longest."""
    times = [0, 0.25, 0.5, 0.75, 1.75, 1.8, 1.85, 1.9, 2.25, 2.3]
    answers = ask(SlidingWindow(4, 1), times)
    picture = draw_marks({STRANGE: answers, "short": answers[:4], "none": []})
    marks = [
        (
            each.get("stroke"),
            re.findall(r"M([\d.]+) ([\d.]+)V([\d.]+)", each.get("d", "")),
        )
        for each in drawn(picture, "path")
    ]
    (long,) = [places for stroke, places in marks if stroke == REFUSED]
    green, short = [places for stroke, places in marks if stroke == ANSWERED]
    assert (len(green), len(long), len(short)) == (8, 2, 2)
    assert float(long[0][1]) == float(green[0][2])  # where one begins, others end
    assert float(short[-1][0]) == float(green[1][0]) < float(long[-1][0])
    assert f"{STRANGE}: 10 requests, 2 refused, within 2.3 s" in picture.title
    assert "refusals from 2.25 to 2.3 s" in picture.title
    assert "none: 0 requests" in picture.title
    words = [each for each in drawn(picture, "text") if "requests, " in str(each.text)]
    assert [each.text for each in words][1:] == [
        "short: 2 requests, 0 refused",
        "none: 0 requests, 0 refused",
    ]
    assert is_on_a_phone(picture)


def test_the_words_of_marks_tell_their_groups() -> None:
    """Who cannot see them hears that they came together; even spacing has no groups."""
    times = {
        "herd": [0.0] * 9 + [1.0] * 9 + [3.0, 3.1],
        "even": [0.5 * number for number in range(6)],
        "spread": [0.1 * number for number in range(20)] + [2.5, 3.0],
    }
    asked = {name: ask(SlidingWindow(100, 1), each) for name, each in times.items()}
    title = draw_marks(asked).title
    assert "herd: 20 requests, 0 refused, within 3.1 s, in 3 groups." in title
    assert "even: 6 requests, 0 refused, within 2.5 s." in title
    assert "spread: 22 requests, 0 refused, within 3 s." in title


def test_bars_are_as_long_as_their_numbers() -> None:
    """Each says its number, in front of it, and 0 can be seen; what is allowed is a
    line at its place, even if no bar reaches it.
    """
    series = {"one": {STRANGE: 40.0, "b": 10.0}, "two": {STRANGE: 0.0, "b": 20.0}}
    picture = draw_bars(series, title="seconds")
    widths = [float(str(each.get("width"))) for each in drawn(picture, "rect")]
    assert widths == pytest.approx([172, 1, 43, 86])
    assert picture.title.startswith(f"seconds. {STRANGE}: 40 one. {STRANGE}: 0 two.")
    assert is_on_a_phone(picture)
    picture = draw_bars({"a second": {"now": 20.0}}, title="pace", allowed=25)
    (bar,), (mark,) = drawn(picture, "rect"), drawn(picture, "path")
    place = float(str(mark.get("d"))[1:].split(" ")[0])
    left, width = float(str(bar.get("x"))), float(str(bar.get("width")))
    assert (place - left) / width == pytest.approx(25 / 20)
    assert "25 allowed" in picture.title
