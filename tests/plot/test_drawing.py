"""Plain pictures: what they say, and what is drawn in them."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from inflight_lab.exercises.quota_kinds import ask
from inflight_lab.plot.drawing import Picture, draw_bars, draw_runs, draw_strips
from inflight_lab.plot.drawing.svg import GREEN, RED
from inflight_lab.quotas.algorithms import SlidingWindow
from inflight_lab.runs.events import Stats
from inflight_lab.runs.run import Level, RequestEvent, Run, no_levels

STRANGE = 'a <b> & "c" %41 #1 \U0001f600'


def run_of(*spans: tuple[float, float, int], limit: int | None = None) -> Run:
    """A run with a request for each (sent, ended, status)."""
    events = []
    for number, (sent, ended, status) in enumerate(spans):
        events.append(RequestEvent(sent, "sent", number, None))
        events.append(RequestEvent(ended, "answered", number, status))
    events.sort()
    refused = sum(status == 429 for _, _, status in spans)
    levels = no_levels()
    if limit:
        levels["limit"].append(Level(0, limit))
    return Run(
        events=events,
        levels=levels,
        now=max(ended for _, ended, _ in spans),
        counts=Stats(
            started=len(spans),
            accepted=len(spans) - refused,
            refused=refused,
            peak_in_flight=7,
        ),
    )


NAIVE = run_of(*[(0.05, 0.5, 200)] * 4, *[(0.05, 0.5, 429)] * 3)
FALLING = run_of(*[(0.1, 2, 200)] * 6, *[(0.1, 4, 200)] * 6)
GROUPS = run_of(*[(second, second + 0.3, 200) for second in range(5)], limit=3)


def drawn(picture: Picture, kind: str) -> list[ElementTree.Element]:
    """The elements of a kind; that the SVG can be read is checked on the way."""
    root = ElementTree.fromstring(picture.data)
    return root.findall(f"{{http://www.w3.org/2000/svg}}{kind}")


@pytest.mark.parametrize(
    ("run", "shape"),
    [
        (NAIVE, "Rises to 7 within 0.05 s."),
        (FALLING, "Rises to 12 within 0.1 s, falls to 6 at 2 s."),
        (GROUPS, "5 groups of up to 1, with pauses between them."),
    ],
)
def test_a_run_is_told_to_those_who_do_not_see_it(run: Run, shape: str) -> None:
    """The shape of the line in words, and every number that stands above it."""
    title = draw_runs({"": run}).title
    assert title.endswith(shape)
    answered = f"{run.counts.accepted} answered, {run.counts.refused} refused"
    assert answered in title
    assert f"{run.counts.started} requests in " in title


def test_the_most_in_flight_is_what_the_line_shows() -> None:
    """As the server counts, although the client has sent more."""
    run = run_of(*[(0.0, 0.5, 200)] * 3)
    run.events.insert(0, RequestEvent(0.0, "arrived", 0, 200))
    assert "at most 1 in flight" in draw_runs({"": run}).title


def test_the_line_reaches_what_was_in_flight() -> None:
    """The highest number beside the line is the most in flight, at its time."""
    picture = draw_runs({"": NAIVE})
    words = [each.text for each in drawn(picture, "text")]
    assert "7" in words
    line = next(each for each in drawn(picture, "path") if "H" in str(each.get("d")))
    assert drawn(draw_runs({"": GROUPS}), "text")[-1].text == "limit 3"
    assert line.get("stroke")


def test_beside_a_limit_stands_the_number_that_it_was_moved_to() -> None:
    """Its line ends there."""
    run = run_of((0.0, 2.0, 200), limit=3)
    run.levels["limit"].append(Level(1, 8))
    assert drawn(draw_runs({"": run}), "text")[-1].text == "limit 8"


def test_a_refusal_is_marked_when_it_comes_back() -> None:
    """In red, above the line; a run without any has no such mark."""

    def red(run: Run) -> list[str]:
        marks = drawn(draw_runs({"": run}), "path")
        return [str(each.get("d")) for each in marks if each.get("stroke") == RED]

    assert len(red(NAIVE)) == 1
    assert red(FALLING) == []


def test_runs_side_by_side_have_one_axis() -> None:
    """Each with its name, whatever is in it; the image has its mark and the words."""
    picture = draw_runs({STRANGE: NAIVE, "slow": FALLING}, mark="ifl-7")
    ElementTree.fromstring(picture.data)
    assert f"{STRANGE}: 7 requests" in picture.title
    assert "slow: 12 requests" in picture.title
    html = picture._repr_html_()
    assert "ifl-7" in html
    assert re.search(r'alt="[^"]*12 requests', html)


def test_a_run_that_has_not_begun_has_no_empty_frame() -> None:
    """Words say so, and no axis stands there."""
    picture = draw_runs({"": Run()})
    assert picture.title == "Nothing was sent yet."
    assert drawn(picture, "path") == []


def test_a_long_run_is_a_small_picture() -> None:
    """Ten thousand requests take no more room than fit on a screen."""
    spans = [(n / 100, n / 100 + 0.5, 200 if n % 3 else 429) for n in range(10_000)]
    assert len(draw_runs({"": run_of(*spans)}).data) < 60_000


def test_strips_show_when_requests_came_and_which_were_refused() -> None:
    """Answered ones stand on the line and refused ones hang below it, at their time."""
    times = [0, 0.25, 0.5, 0.75, 1.75, 1.8, 1.85, 1.9, 2.25, 2.3]
    picture = draw_strips({STRANGE: ask(SlidingWindow(4, 1), times), "none": []})
    marks = {each.get("stroke"): str(each.get("d")) for each in drawn(picture, "path")}
    assert (marks[GREEN].count("M"), marks[RED].count("M")) == (8, 2)
    assert f"{STRANGE}: 10 requests, 2 refused" in picture.title
    assert "4 from 0 to 0.75 s; 4 from 1.75 to 1.9 s; 2 from" in picture.title
    assert "none: 0 requests" in picture.title


def test_strips_side_by_side_have_the_axis_of_the_longest() -> None:
    """All marks stand before the counts at the end of the line."""
    times = {"short": [0.0, 1.0], "long": [0.0, 3.0]}
    runs = {name: ask(SlidingWindow(4, 1), times[name]) for name in times}
    picture = draw_strips(runs)
    paths = [each for each in drawn(picture, "path") if each.get("stroke") == GREEN]
    places = re.findall(r"M([\d.]+)", " ".join(str(each.get("d")) for each in paths))
    words = [each for each in drawn(picture, "text") if "2 req" in str(each.text)]
    assert max(map(float, places)) < float(str(words[0].get("x")))


def test_bars_are_as_long_as_their_numbers() -> None:
    """Each says its number; a missing one leaves no bar, and 0 can be seen."""
    series = {"one": {STRANGE: 40.0, "b": 10.0}, "two": {STRANGE: 0.0}}
    picture = draw_bars(series, title="seconds")
    widths = [float(str(each.get("width"))) for each in drawn(picture, "rect")]
    assert widths[0] == pytest.approx(4 * widths[2])
    assert 0 < widths[1] < 5
    assert picture.title == f"seconds. {STRANGE}: 40 one, 0 two; b: 10 one."
