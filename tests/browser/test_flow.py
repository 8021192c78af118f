"""The picture of the flow says what the events say, at every moment, early or late."""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import inflight_lab.plot
from inflight_lab import Timeline
from inflight_lab.plot.points import PlotSource
from inflight_lab.runs.quota_policy import QuotaPolicy
from tests.support.bare_page import COUNTS, hear, show, state_of
from tests.support.browser import IN_BROWSER
from tests.support.drawn import spy_on
from tests.support.lab import Lab
from tests.support.panel_page import PANEL, open_panel
from tests.support.virtual_clock import SetClock

pytestmark = IN_BROWSER

JS = Path(inflight_lab.plot.__file__).parent / "js"
LOAD = """async (text) => {
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    Object.assign(window, await import(url));
}"""
AT = """([messages, times, still]) => {
    const model = new Model(messages[0].gone, still);
    for (const { rows, series } of messages) model.hear(rows, series);
    return times.map((time) => {
        const { slots, ...state } = model.at(time), legs = { pool: 0, out: 0, api: 0, back: 0, land: 0 };
        for (const request of model.requests.values())
            if (request.sent <= time) legs[model.leg(request, time)[0]] += 1;
        return { ...state, ...legs, ...model.tallies, slots: Array.from(slots, (slot) => slot ?? "free") };
    });
}"""
COUNTED = """([arrivals, times, rules]) => {
    const counted = new Counted();
    return times.map((time) => {
        counted.read(arrivals, time, rules);
        const left = counted.left(time, rules.burst, rules.period / rules.rate);
        return [counted.inside(time, rules).inside.length, Math.floor(left + 1e-9), counted.due];
    });
}"""

COLOURS = """(canvas) => {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const found = new Set();
    for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] === 255) found.add(data.slice(i, i + 3).join());
    return [...found];
}"""
WAITING, FLYING, ANSWERED = "141,74,115", "0,114,178", "0,120,90"


@pytest.fixture
def model(page: Page) -> Page:
    """A page that has the model of the flow, and nothing else."""
    page.goto("about:blank")
    page.evaluate(LOAD, (JS / "flow_model.js").read_text())
    return page


class Run:
    """Two timelines on a clock that the test sets, as seconds since the run began."""

    def __init__(self) -> None:
        self.clock = SetClock(100.0)
        self.client, self.server = (
            Timeline(clock=self.clock),
            Timeline(clock=self.clock),
        )
        self.recorder = PlotSource(self.server, self.client)

    def at(self, seconds: float) -> None:
        """It is so late now."""
        self.clock.now = 100.0 + seconds

    def request(
        self, sent: float, home: float, status: int, *, arrived: float | None = None
    ) -> None:
        """One that is under way alone."""
        self.at(sent)
        number = self.client.send()
        self.at(sent + 0.005 if arrived is None else arrived)
        at_server = self.server.send(status)
        self.at(home)
        self.server.answer(at_server, status)
        self.client.answer(number, status)


def states(
    page: Page,
    messages: list[dict[str, Any]],
    times: list[float],
    *,
    still: bool = False,
) -> list[dict[str, Any]]:
    """How things stand at these times, after all messages have come."""
    found: list[dict[str, Any]] = page.evaluate(AT, [messages, times, still])
    return found


def test_a_dot_is_out_while_its_request_is_in_flight(model: Page) -> None:
    """To the API, there, and back: from the moment it is sent to the moment it is
    answered, and no longer.
    """
    run = Run()
    run.request(1.0, 1.3, 200)
    run.request(2.0, 2.3, 429)
    times = [n / 100 for n in range(300)]
    found = states(model, [run.recorder.read()], times)
    for time, state in zip(times, found, strict=True):
        flying = state["out"] + state["api"] + state["back"]
        assert flying == (1.0 <= time < 1.3 or 2.0 <= time < 2.3), time
        assert state["ok"] == (time >= 1.3 + 0.32), time
    legs = [
        next((leg for leg in ("out", "api", "back", "land") if state[leg]), "")
        for state in found[99:170]
    ]
    assert list(dict.fromkeys(legs)) == ["", "out", "api", "back", "land"]
    assert states(model, [run.recorder.everything()], [2.7])[0]["refused"] == 1


def test_where_motion_disturbs_nothing_flies(model: Page) -> None:
    """A request is at the API from the moment it is sent until it is answered, and
    counted at once.
    """
    run = Run()
    run.request(1.0, 1.3, 200)
    found = states(
        model, [run.recorder.read()], [0.99, 1.0, 1.01, 1.29, 1.3], still=True
    )
    assert [state["api"] for state in found] == [0, 1, 1, 1, 0]
    assert [state["ok"] for state in found] == [0, 0, 0, 0, 1]


def test_one_without_a_connection_has_not_left(model: Page) -> None:
    """It stands in the pool until the server has seen it, as most of the naive runner's
    do.
    """
    run = Run()
    run.request(1.0, 1.6, 200, arrived=1.3)
    found = states(model, [run.recorder.read()], [0.9, 1.1, 1.29, 1.31, 1.59])
    assert [state["pool"] for state in found] == [0, 1, 1, 0, 0]


def test_a_slot_is_seen_as_what_it_does(model: Page) -> None:
    """Taken and not used yet, away with its request, asleep after the answer, then
    free.
    """
    run = Run()
    run.recorder.set_limit(2)
    run.client.start(2)
    run.at(0.5)
    run.client.take()
    run.request(1.0, 1.3, 200)
    run.at(1.9)
    run.client.free()
    messages = [run.recorder.read()]
    found = states(model, messages, [0.4, 0.7, 1.1, 1.31, 1.5, 1.95])
    assert [state["slots"][:1] for state in found] == [
        [],
        ["unsent"],
        ["away"],
        ["held"],
        ["asleep"],
        [],
    ]
    assert {state["limit"] for state in found} == {2}
    assert [state["waiting"] for state in found[:3]] == [2, 1, 1]
    assert [state["asleep"] for state in found] == [0, 0, 0, 0, 1, 0]


def test_a_limit_alone_has_slots_too(model: Page) -> None:
    """Where only the limit is known, a request has the lowest free slot from its
    sending to its answer.
    """
    run = Run()
    run.recorder.set_limit(2)
    run.request(1.0, 1.3, 200)
    run.request(1.4, 1.7, 200)
    found = states(model, [run.recorder.read()], [0.9, 1.1, 1.35, 1.5, 1.8])
    assert [state["slots"] for state in found] == [[], ["away"], [], ["away"], []]


def test_failures_and_cancels_are_counted(model: Page) -> None:
    """One without an answer falls where it is; those who gave up waiting are counted at
    once.
    """
    run = Run()
    run.client.start(5)
    run.at(1.0)
    failed, cancelled = run.client.send(), run.client.send()
    run.at(1.2)
    run.client.fail(failed, OSError())
    run.client.cancel(cancelled)
    run.client.cancel_waiting()
    found = states(model, [run.recorder.read()], [1.1, 1.3, 1.6])
    assert [state["lost"] for state in found] == [0, 3, 5]


def test_a_late_view_shows_the_same(model: Page) -> None:
    """Who opens the page in the middle of a run sees what the others see."""
    run = Run()
    run.recorder.set_limit(3)
    run.client.start(100)
    messages = []
    for n in range(60):
        run.at(n / 5)
        run.client.take()
        run.request(n / 5 + 0.01, n / 5 + 0.15, 429 if n % 3 == 0 else 200)
        run.client.free()
        messages.append(run.recorder.read())
    late = run.recorder.everything()
    assert len(late["rows"]) < 150 < sum(len(message["rows"]) for message in messages)
    times = [11.6, 11.83, 11.9, 12.4]
    early = states(model, [messages[0] | {"gone": {}}, *messages[1:]], times)
    assert states(model, [late], times) == early
    assert early[-1]["ok"] + early[-1]["refused"] == 60


@pytest.mark.parametrize(
    ("kind", "seen"),
    [
        ("sliding-window", [(0.5, 2), (1.05, 3), (1.15, 3), (1.45, 2), (2.2, 0)]),
        ("fixed-window", [(0.5, 2), (0.59, 2), (0.65, 0), (1.15, 2), (1.65, 0)]),
    ],
)
def test_a_window_holds_what_it_counts(
    model: Page, kind: str, seen: list[tuple[float, int]]
) -> None:
    """The last period, or the clock's own, which began 0.4 s before the run; refusals
    are not in it.
    """
    arrivals = [[0.1, 200], [0.4, 200], [0.45, 429], [1.0, 200], [1.1, 200]]
    rules = {"kind": kind, "rate": 3, "period": 1.0, "burst": 1, "phase": 0.4}
    found = model.evaluate(COUNTED, [arrivals, [time for time, _ in seen], rules])
    assert [inside for inside, _, _ in found] == [number for _, number in seen]


def test_where_only_the_client_is_seen_a_refusal_was_not_let_in(model: Page) -> None:
    """Of a script that is watched, the verdict is known once the answer is there: then
    it counts no more.
    """
    clock = SetClock(100.0)
    client = Timeline(clock=clock)
    recorder = PlotSource(None, client)
    numbers = [client.send() for _ in range(3)]
    sent = recorder.read()
    clock.now += 0.1
    for number, status in zip(numbers, (200, 429, 503), strict=True):
        client.answer(number, status)
    found = model.evaluate(
        """([messages, rules]) => {
            const model = new Model(), counted = new Counted();
            return messages.map(({ rows, series, now }) => {
                model.hear(rows, series);
                counted.read(model.arrivals, now, rules);
                return [counted.inside(now, rules).inside.length, counted.refusedAt];
            });
        }""",
        [[sent, recorder.read()], QuotaPolicy("sliding-window", 2, 1)._asdict()],
    )
    assert found == [[3, -inf], [1, 0.1]]


def test_a_bucket_drains_and_fills(model: Page) -> None:
    """One token a request, refilled at the rate up to the burst; a refusal says that
    none was left.
    """
    arrivals = [[0.0, 200], [0.0, 200], [0.0, 200], [0.2, 429], [2.0, 200]]
    rules = QuotaPolicy("token-bucket", 2, 1.0, 4)._asdict() | {"phase": 0}
    found = model.evaluate(COUNTED, [arrivals, [0.0, 0.6, 1.0, 2.0, 9.0], rules])
    assert [left for _, left, _ in found] == [1, 1, 2, 3, 4]


def test_the_next_tick_is_one_spacing_after_the_last(model: Page) -> None:
    """GCRA's theoretical arrival time: after a burst of three it lies three spacings
    ahead.
    """
    arrivals = [[1.0, 200], [1.0, 200], [1.0, 200], [5.0, 200]]
    rules = QuotaPolicy("gcra", 10, 1.0, 3)._asdict() | {"phase": 0}
    found = model.evaluate(COUNTED, [arrivals, [1.0, 5.0], rules])
    assert [due for _, _, due in found] == pytest.approx([1.3, 5.1])


def test_no_words_touch_the_slots(page: Page) -> None:
    """From top to bottom "not arrived" stands below them, however low the picture is:
    13 pixels high.
    """
    page.goto("about:blank")
    page.evaluate(LOAD, (JS / "flow_places.js").read_text())
    for height in (0, 516, 600, 900):
        places = page.evaluate("height => placesFor(400, height, true)", height)
        assert (
            places["slots"]["y"] + places["slots"]["h"] <= places["pool"]["y"] - 16 - 13
        )


def test_a_hundred_slots_cost_no_more_strokes_than_ten(page: Page) -> None:
    """Drawing takes time from the requests: slots that do the same are one path,
    however many there are.
    """
    spy_on(page)
    show(page, state_of(limit=100, max_limit=100))
    strokes = []
    for limit in (10, 100):
        rows = [[0.0, "taken", None, slot] for slot in range(limit // 2)]
        hear(
            page,
            now=1.0,
            reset=True,
            rows=rows,
            series={"limit": [[0.0, limit, limit, limit]]},
        )
        drawn = page.wait_for_function(
            """(limit) => {
                const flow = drawnOn(document.querySelector(".ifl-flow canvas"));
                return flow?.words.some(({ text }) => text === limit) && flow.lines.length;
            }""",
            arg=str(limit),
        )
        strokes.append(drawn.json_value())
    assert strokes[0] == strokes[1]


def test_the_numbers_are_written_a_few_times_a_second(page: Page) -> None:
    """Each writing lays the page out anew, which a person need not see with each
    message.
    """
    show(page, state_of())
    written, seconds = page.evaluate(
        """async (message) => {
            const begin = performance.now(), numbers = document.querySelector(".ifl-number");
            let written = 0;
            new MutationObserver(() => { written += 1; }).observe(numbers, { childList: true });
            for (let i = 1; i <= 40; i += 1) {
                hear({ ...message, now: i / 20, counts: { ...message.counts, in_flight: i } });
                await new Promise(requestAnimationFrame);
            }
            return [written, (performance.now() - begin) / 1000];
        }""",
        {"lane": 0, "live": True, "series": {}, "rows": [], "counts": COUNTS},
    )
    assert written <= 5 * seconds + 1


def test_the_flow_follows_a_real_run(lab: Lab, page: Page) -> None:
    """As many are at the API as the limit says, and all thousand are accounted for
    after Stop.
    """
    panel = open_panel(lab, page, "flow", PANEL)
    flow, canvas = page.locator(".ifl-flow"), page.locator(".ifl-flow canvas")
    panel.press("Run")
    expect(flow).to_have_attribute("data-flying", "3")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(flow).to_have_attribute("data-limit", "6")
    expect(flow).to_have_attribute("data-flying", "6")
    expect(flow).not_to_have_attribute("data-ok", "0")
    assert {WAITING, FLYING, ANSWERED} <= set(canvas.evaluate(COLOURS))
    assert "6 slots" in (canvas.get_attribute("aria-label") or "")
    panel.press("Stop")
    panel.status("stopped: 1000 outcomes")
    expect(flow).to_have_attribute("data-flying", "0")
    page.wait_for_function(
        "(({ dataset }) => +dataset.ok + +dataset.lost === 1000)(document.querySelector('.ifl-flow'))"
    )


def test_one_picture_or_both(lab: Lab, page: Page) -> None:
    """A choice on the page, or ``panel.view``: the numbers stand once, in the flow or
    above the lines.
    """
    open_panel(lab, page, "views", PANEL)
    parts = [
        page.locator(f".ifl-panel {part}")
        for part in (".ifl-flow", ".ifl-lines", ".ifl-tiles")
    ]
    choice = page.locator(".ifl-view select")
    for chosen, shown in (
        ("both", (1, 1, 0)),
        ("lines", (0, 1, 1)),
        ("requests", (1, 0, 0)),
    ):
        choice.select_option(chosen)
        for part, visible in zip(parts, shown, strict=True):
            expect(part).to_be_visible(visible=bool(visible))
