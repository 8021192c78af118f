"""What notebooks 00 to 04 claim."""

from __future__ import annotations

import math
import re

import pytest

from inflight_lab.exercises.calculator import bursts
from inflight_lab.exercises.scoreboard import share_of_quota
from inflight_lab.quotas.algorithms import SlidingWindow
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
    """A coroutine is a call that has not begun, a task runs by itself, and a script
    runs in a cell.
    """
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
    assert not ran.kernel.value("panel._page['adjustable']")
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
    assert not ran.kernel.value("panel._page['adjustable']")
    assert ran.kernel.value("server.stats().started") == 200  # the panel's run


def claims_of_03(ran: Ran) -> None:
    """A semaphore's steps, the plateau at its limit, and a quota that it breaks."""
    expect_a_room_with_two_slots(ran)
    assert ran.text("code-diff").splitlines() == [
        "- async def make_one_request(url, num, *, client, verbose=False):",
        "+ async def make_one_request(url, num, *, client, limiter, verbose=False):",
        "+ async with limiter:",
    ]
    peak, refused, elapsed, answers = ran.numbers("code-plateau")
    assert (peak, refused, answers) == (3, 0, 30)
    assert elapsed > 2.9  # ten times 0.3 s, and a busy machine only adds
    expect_limit_10_is_safe(ran)
    expect_bursts_are_refused(ran)
    expect_the_board_to_predict_limit_30(ran)
    expect_a_quick_api_to_refuse_limit_3(ran)
    assert ran.kernel.value("server.stats().peak_in_flight") == 3  # the panel's run
    assert ran.kernel.value("panel._page['adjustable']")


def expect_a_room_with_two_slots(ran: Ran) -> None:
    """Who holds a slot and who waits, step by step."""
    cells = ("code-two-arrive", "code-third-arrives", "code-all-leave")
    steps = "\n".join(ran.text(cell) for cell in cells)
    assert steps.splitlines() == [
        "Ada arrives  counter 1  [ Ada ][     ]  waiting: -",
        "Ben arrives  counter 0  [ Ada ][ Ben ]  waiting: -",
        "every slot is taken: True",
        "Cleo arrives counter 0  [ Ada ][ Ben ]  waiting: Cleo",
        "Ada leaves   counter 0  [ Ben ][Cleo ]  waiting: -",
        "Ben leaves   counter 1  [Cleo ][     ]  waiting: -",
        "Cleo leaves  counter 2  [     ][     ]  waiting: -",
        "every slot is taken: False",
    ]


def expect_a_quick_api_to_refuse_limit_3(ran: Ran) -> None:
    """At 0.3 s limit 3 stays within the quota, at 0.01 s it does not."""
    most = most_in_a_period(3, latency=0.3, period=5)
    prose = f"limit 3 sends at most {most} requests in five seconds"
    assert prose in code_cell(ran.path, "text-not-rate")
    assert most < 60
    peak, accepted, refused, *_ = ran.numbers("code-not-rate")
    assert (peak, accepted + refused) == (3, 100)
    assert refused > 0


def expect_limit_10_is_safe(ran: Ran) -> None:
    """All 200 are answered, and no computer is faster than the board's row."""
    predicted, limit, answers, refused, _, took, share, busiest = ran.numbers(
        "code-little"
    )
    assert (limit, answers, refused) == (10, 200, 0)
    expect_score(ran, "semaphore of 10", ran.text("code-little"))
    *_, shortest, most = scoreboard(ran.path)["semaphore of 10"]
    assert took > shortest - 0.1  # "the shortest possible"
    assert share <= most
    assert took > predicted - 0.1  # "at least"
    assert busiest > 200 / took  # "the law is about the average"
    assert busiest <= most_in_a_period(10, latency=0.3, period=1)


def expect_bursts_are_refused(ran: Ran) -> None:
    """The average is within the quota, and as many of each burst are refused as the
    prose says.
    """
    limit, average, accepted, refused, _, busiest, allowed, *_ = ran.numbers(
        "code-bursts"
    )
    assert (limit, busiest, allowed, accepted + refused) == (20, 20, 15, 40)
    assert average <= allowed / 3 == 5  # "5 a second"
    of_each = busiest - allowed
    prose = f"{refused:.0f} were refused, {of_each:.0f} of each 20."
    assert prose in code_cell(ran.path, "text-window")


def expect_the_board_to_predict_limit_30(ran: Ran) -> None:
    """Its row is what the API's own quota says of bursts that leave on time."""
    of_3, of_10, of_30 = (
        most_in_a_period(limit, latency=0.3, period=1) for limit in (3, 10, 30)
    )
    prose = f"up to {of_3} requests for limit 3, {of_10} for 10, and {of_30} for 30."
    assert prose in code_cell(ran.path, "text-window")
    quota = SlidingWindow(rate=100, period=1)
    waits = [quota.admit(number // 30 * 0.3) for number in range(200)]
    refused = sum(wait > 0 for wait in waits)
    answers = 200 - refused
    seconds = math.ceil(200 / 30) * 0.3
    share = share_of_quota(answers, 200, seconds - 0.3)
    row = scoreboard(ran.path)["semaphore of 30 (predicted)"]
    assert row == pytest.approx([answers, refused, seconds, 100 * share])
    prose = f"Of those {of_30} the API would refuse {refused}."
    assert prose in code_cell(ran.path, "text-score")


def most_in_a_period(limit: int, *, latency: float, period: float) -> int:
    """The most requests that ``limit`` slots send within a period: a busy computer
    sends fewer.
    """
    return limit * bursts(period, latency)


def claims_of_04(ran: Ran) -> None:
    """The pause: groups of the limit, little of the quota used, and the cases in which
    it never comes.
    """
    group = "Concurrency limit reached, waiting ...\n" * 3
    made = [f"Making request {num}\n" for num in range(7)]
    expected = "".join(made[:3]) + group + "".join(made[3:6]) + group + made[6]
    assert ran.text("code-seven") == expected.strip()
    assert ran.kernel.value("len(responses)") == 7
    predicted, measured, refused, count, took, share = ran.numbers("code-measure")
    assert (predicted, refused, count) == (2.31, 0, 200)
    assert measured < 2.4  # a busy machine is slower
    *row, seconds, percent = scoreboard(ran.path)[
        "semaphore of 3 and pause (predicted)"
    ]
    assert (row, percent) == ([200, 0], 2)
    assert seconds == round(66 * 1.3 + 0.3) <= took
    assert share <= 2
    batches, elapsed, *_, accepted, refused = ran.numbers("code-batches")[:5]
    assert (batches, accepted + refused) == (20, 40)
    assert elapsed < 20  # twenty pauses of a second there were not
    assert refused > 0
    peak, accepted, refused = ran.numbers("code-large")
    assert peak > 10
    assert (accepted, refused) == (10, 10)
    assert ran.kernel.value("server.stats().refused") == 0  # the panel's run
