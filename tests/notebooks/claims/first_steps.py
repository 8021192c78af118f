"""What notebooks 00 to 04 claim."""

from __future__ import annotations

import re

from tests.notebooks.claims.scoreboard import expect_score, scoreboard
from tests.support.notebook_tools import code_cell
from tests.support.run_all import Ran

YESTERDAY = """
server.latency, server.quota, server.rate = 0.3, "sliding-window", 100
server.period = 60  # a busy machine takes longer than a second to send 200
server.reset()
script = {script!r}.replace("https://api.example.com/get", server.url)
names = {{}}
exec(script.replace("asyncio.run(main())", ""), names)
try:
    await names["main"]()
except ValueError as error:
    print(f"ValueError: {{error}}")
"""
AT_LIMIT_25 = """
panel.limit, panel.count, panel.latency = 25, 50, 0.6
await panel.start()
print(api.stats().refused)
"""
GO_ON = """
small = PracticeServer(latency=0.1, quota="sliding-window", rate=3, period=60).start()

async def fail():
    small.reset()
    limits = httpx.Limits(max_connections=5)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        with contextlib.suppress(ValueError):
            await make_many_requests(small.url, 40, client=client)

await fail()
while small.stats().started < 40:
    await asyncio.sleep(0.05)
await asyncio.to_thread(asyncio.run, fail())
await asyncio.sleep(1)
print("client closed: 40, asyncio.run over:", small.stats().started)
"""


def claims_of_00(ran: Ran) -> None:
    """The first cell sends requests, a coroutine is a call that has not begun, a task
    runs by itself, and a script runs in a cell.
    """
    assert ran.kernel.value("api.stats().peak_in_flight") == 3
    assert int(ran.kernel.run(AT_LIMIT_25).text) > 0
    script, printed = re.findall(
        r"```\w+\n(.*?)```", code_cell(ran.path, "text-yesterday"), re.S
    )
    failed = ran.kernel.run(YESTERDAY.format(script=script)).text
    assert failed == printed
    assert "200 OK" in ran.text("code-first-answer")
    first, *_, last = ran.text("code-await-nap").splitlines()
    assert (first, last) == ("not started yet: coroutine", "Ada gets up")
    assert "Ben's task is done: True" in ran.text("code-task-done")
    asked = ran.text("code-run-fails").splitlines()
    assert (
        asked[0]
        == "RuntimeError: asyncio.run() cannot be called from a running event loop"
    )
    assert asked[-1] == "Cleo gets up"  # the very same coroutine, awaited, ran
    statuses = [line.split()[0] for line in ran.text("code-three").splitlines()[:3]]
    assert statuses == ["200", "200", "429"]
    assert "accepted=2, refused=1" in ran.text("code-stats")
    assert ran.text("code-pasted") == "a script got 200"


def claims_of_01(ran: Ran) -> None:
    """One request, then several: in turn one in flight, as tasks two."""
    assert ran.text("code-one-answer").startswith("Making request 1")
    assert ran.kernel.value("sorted(response.json())") == [
        "args",
        "headers",
        "origin",
        "url",
    ]
    assert (
        ran.kernel.value('response.request.headers["Content-Type"]')
        == "application/json"
    )
    assert ran.kernel.value("latency") > 0.99  # a timer may ring a hair early
    assert ran.kernel.value("in_turn") > 1.98  # "at least two seconds"
    assert ran.numbers("code-in-turn")[1:] == [1]
    assert ran.numbers("code-as-tasks")[1:] == [2]
    assert ran.kernel.value("as_tasks < in_turn")
    assert ran.kernel.value("blocked") > 0.99  # "at least ... 1 second"
    assert not ran.kernel.value("panel._lanes[0]['adjustable']")
    peak = "panel.lanes[{!r}].server.stats().peak_in_flight"
    assert ran.kernel.value(peak.format("in turn")) == 1
    assert ran.kernel.value(peak.format("as tasks")) == 8


def claims_of_02(ran: Ran) -> None:
    """Two hundred at once: a hundred in flight, half refused, one error, and the others
    sent all the same.
    """
    refusal = "ValueError: Unexpected Status: Http status code is 429."
    client, server, accepted, refused = ran.numbers("code-both-sides")
    assert client == 200
    # 100, unless the machine is so busy that answers overtake requests.
    assert 80 <= server <= 100
    assert (accepted, refused) == (100, 100)
    assert ran.text("code-run") == refusal
    assert ran.text("code-lost").splitlines() == [
        "accepted by the server: 100",
        "results you can use: None",
    ]
    assert ran.kernel.value("at_the_error < later <= 300")
    assert ran.kernel.value("len(outcomes)") == 200
    assert set(re.findall(r"'(\w+)'", ran.text("code-keep"))) <= {
        "Response",
        "ValueError",
    }
    if not ran.kernel.value("__import__('sys').platform == 'emscripten'"):
        assert int(ran.kernel.run(GO_ON).text.split()[-1]) < 40
    assert ran.text("code-score").startswith("100 answers, 100 429s, ")
    assert not ran.kernel.value("panel._lanes[0]['adjustable']")
    assert ran.kernel.value("server.stats().started") == 200  # the panel's run


def claims_of_03(ran: Ran) -> None:
    """A semaphore's steps, the plateau at its limit, and a quota that it breaks."""
    expect_a_room_with_two_slots(ran)
    peak, refused, elapsed, answers = ran.numbers("code-plateau")
    assert (peak, refused, answers) == (3, 0, 30)
    assert elapsed >= 3.0  # ten times 0.3 s, and a busy machine only adds
    expect_limit_10_is_safe(ran)
    expect_a_quick_api_to_refuse_limit_3(ran)
    expect_a_limit_on_how_many_at_once_to_be_kept(ran)
    assert ran.kernel.value("server.stats().peak_in_flight") == 3  # the panel's run
    assert ran.kernel.value("panel._lanes[0]['adjustable']")
    expect_time_to_drag(ran)


def expect_a_room_with_two_slots(ran: Ran) -> None:
    """The counter and who waits, step by step."""
    cells = ("code-two-arrive", "code-third-arrives", "code-all-leave")
    steps = "\n".join(ran.text(cell) for cell in cells)
    assert re.findall(r"^(.+?): .*\[(.+)\]", steps, re.M) == [
        ("The room is empty", "unlocked, value:2"),
        ("Ada has come", "unlocked, value:1"),
        ("Ben has come", "locked"),
        ("Cleo is at the door", "locked, waiters:1"),
        ("Cleo has come in", "locked"),
        ("Ben has left", "unlocked, value:1"),
        ("Cleo has left", "unlocked, value:2"),
    ]


def expect_limit_10_is_safe(ran: Ran) -> None:
    """All 200 are answered, and no computer is faster than the text and the board's
    row.
    """
    limit, answers, refused, _, took, share = ran.numbers("code-job")
    assert (limit, answers, refused) == (10, 200, 0)
    expect_score(ran, "semaphore of 10", ran.text("code-job"))
    *_, shortest, most = scoreboard()["semaphore of 10"]
    assert took > shortest - 0.1  # "at least 6 seconds"
    assert share <= most == 35  # "at best 200 / 570 = 35 %"


def expect_a_quick_api_to_refuse_limit_3(ran: Ran) -> None:
    """With answers after 1 s limit 3 stays within the quota, after 0.01 s it does not;
    the limit itself is kept both times.
    """
    first, peak, accepted, refused, *quick = ran.numbers("code-not-rate")
    assert (first, accepted, refused) == (1, 24, 0)
    assert peak <= 3
    second, peak, accepted, refused, *_ = quick
    assert (second, accepted + refused) == (0.01, 24)
    assert peak <= 3
    assert refused > 0


def expect_a_limit_on_how_many_at_once_to_be_kept(ran: Ran) -> None:
    """Of 20 at once an API that allows 5 refuses some; with its own limit, none."""
    most, accepted, refused, *own = ran.numbers("code-at-once")
    assert (most, accepted + refused) == (20, 20)
    assert refused > 0
    assert own == [5, 20, 0]


def expect_time_to_drag(ran: Ran) -> None:
    """Once a class has looked at limit 3 for four seconds and drags it to 16, the
    requests that are left fly for eight more.
    """
    (written,) = re.findall(
        r"latency=([\d.]+)", code_cell(ran.path, "code-play-server")
    )
    latency = float(written)
    left = ran.kernel.value("panel.count") - 3 * 4 / latency
    assert left / 16 * latency >= 8


def claims_of_04(ran: Ran) -> None:
    """The pause: groups of the limit, little of the quota used, and the cases in which
    it never comes.
    """
    group = "Concurrency limit reached, waiting ...\n" * 3
    made = [f"Making request {num}\n" for num in range(7)]
    expected = "".join(made[:3]) + group + "".join(made[3:6]) + group + made[6]
    assert ran.text("code-seven") == expected.strip()
    assert ran.kernel.value("len(responses)") == 7
    count, seconds, refused = ran.numbers("code-measure")
    assert (count, refused) == (12, 0)
    assert seconds >= 5.2  # four groups, and a busy machine only adds
    *row, seconds, percent = scoreboard()["semaphore of 3 and pause (predicted)"]
    assert (row, percent) == ([200, 0], 2)
    assert seconds == round(66 * 1.3 + 0.3)  # "86 seconds"
    batches, elapsed, *_, accepted, refused = ran.numbers("code-batches")
    assert (batches, accepted + refused) == (20, 40)
    assert elapsed < 20  # twenty pauses of a second there were not
    assert refused > accepted  # "most of them"
    assert ran.numbers("code-large") == [10, 10]
    assert ran.kernel.value("server.stats().refused") == 0  # the panel's run
