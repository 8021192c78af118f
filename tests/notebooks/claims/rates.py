"""What notebooks 05 to 08 claim."""

from __future__ import annotations

import re

import pytest

from inflight_lab.exercises.calculator import limit_for, safe_limit
from tests.notebooks.claims.scoreboard import expect_score
from tests.support.notebook_tools import code_cell
from tests.support.run_all import Ran

PACER_AGAIN = """
client = httpx.AsyncClient()
await try_pacer("Pacer", Pacer(20))
await client.aclose()
"""

RUN_AGAIN = """
server.latency = {latency}
knobs = {{"server": server, "count": panel.count, "goals": panel.goals}}
panel = Panel({runner}, limit={limit}, max_limit=90, **knobs)
await panel.start()
"""


def claims_of_05(ran: Ran) -> None:
    """Little's law, the latency that counts, and an average that hides a busiest
    second.
    """
    pairs = [(3, 0.3, 10), (6, 0.3, 20), (6, 0.15, 40), (24, 0.3, 80)]
    table = ran.text("code-table").splitlines()[1:5]
    for line, pair in zip(table, pairs, strict=True):
        limit, latency, predicted, measured = map(
            float, re.findall(r"\d+(?:\.\d+)?", line)
        )
        assert (limit, latency, predicted) == pair
        assert (
            0.6 * predicted < measured < 1.03 * predicted
        )  # "a little is missing each time"
    peak, limit, _, allowed, accepted, refused = ran.numbers("code-quicker-numbers")
    assert (peak, limit, allowed, accepted + refused) == (3, 3, 30, 458)
    assert refused > 0  # "until it crosses the dashed quota"
    # "Far too few", and right with the client's latency in the law.
    rows = ran.kernel.value(
        "[(measured[name], predicted[name], by_client[name]) for name in measured]"
    )
    assert len(rows) == 3
    for measured, predicted, with_seen in rows:
        assert measured < predicted
        assert 0.5 < measured / with_seen < 1.2
    assert measured < 0.5 * predicted
    quick, *_, slow = re.findall(r"waited (\d\.\d+)", ran.text("code-breaks"))
    assert float(slow) > float(quick) >= 0.01
    table = re.findall(r"^\| \d.*", code_cell(ran.path, "text-no-limit"), re.M)
    assert table
    for line in table:
        latency, right, safe, sends = (
            float(number.replace(",", ""))
            for number in re.findall(r"(?<=\| )[\d.,]*\d", line)
        )
        assert (right, sends) == pytest.approx(
            (limit_for(100, latency=latency), 30 / latency)
        )
        assert safe == safe_limit(100, latency=latency)
    limit, average, _, refused, safe_limit_, _, _, refused_if_safe = ran.numbers(
        "code-window"
    )[:8]
    assert (limit, safe_limit_) == (12, 10)
    assert average <= 20  # "right on average"
    assert refused > 0 == refused_if_safe  # "a limit is *safe* up to ... 10"
    assert (
        ran.kernel.value("law.value")
        == "<b>Little's law: 6 / 0.30 s = 20 requests a second</b>"
    )
    assert ran.kernel.run("panel.latency = 0\nawait panel.start()").status == "ok"
    assert "any number of" in ran.kernel.value("law.value")
    # "Is the goal met?"  Never at 0; at the latency that the reader is asked to set,
    # yes. In slow motion, where a busy computer adds less to each answer.
    law_holds = "list(panel.goals_met.values())"
    assert ran.kernel.value(law_holds) == [False]
    play = code_cell(ran.path, "text-play")
    (asked,) = re.findall(r"[Ss]et it to ([\d.]+), press Run and touch nothing", play)
    slowly = "panel.limit, panel.count, panel.slow = 6, 18, 5"
    assert (
        ran.kernel.run(f"{slowly}\npanel.latency = {asked}\nawait panel.start()").status
        == "ok"
    )
    assert ran.kernel.value(law_holds) == [True]


def claims_of_06(ran: Ran) -> None:
    """A pace: a schedule that does not drift, one for all pollers, and a challenge that
    only it meets.
    """
    from_now, from_schedule = ran.text("code-two-answers").splitlines()[:2]
    steps = map(ran.text, ("code-few", "code-log", "code-pacer-tried"))
    tried = {line.split(":")[0]: line for line in (from_now, from_schedule, *steps)}
    took = {
        name: float(re.findall(r"(\S+) s,", line)[0]) for name, line in tried.items()
    }
    refused = {
        name: int(re.findall(r"(\d+) refused", line)[0]) for name, line in tried.items()
    }
    assert took["from now"] > took["from schedule"] + 0.3  # "loses that time"
    # A server that stands still meanwhile sees two requests at once: once more, alone.
    if refused["Pacer"]:
        assert ran.kernel.run(PACER_AGAIN).status == "ok"
        assert ran.kernel.value("refused['Pacer']") == 0
    # "Fewer are refused, but some".
    assert refused["from schedule"] > refused["a few"] > refused["with a log"]
    assert refused["from now"] == 0
    seen = ran.kernel.value(
        "{name: (s.accepted, s.refused, s.elapsed) for name, s in seen.items()}"
    )
    assert all(accepted + refused == 30 for accepted, refused, _ in seen.values())
    for name in ("naive", "semaphore of 10"):
        assert 0 < seen[name][1] <= 10  # "lost many requests"
    expect_score(ran, "paced", ran.text("code-score"))
    assert seen["pause, limit 10"][1] == seen["paced"][1] == seen["adaptive"][1] == 0
    assert (
        1.4 <= seen["paced"][2] < seen["pause, limit 10"][2]
    )  # "at least 1.5 seconds"
    *batches, accepted, refused_by_all, _, used = ran.numbers("code-polling-stop")
    assert len(batches) == 3
    assert accepted > 25
    assert refused_by_all == 0
    assert 50 < used <= 100
    refused_each, *_ = ran.numbers("code-polling-each")
    assert refused_each > 0
    # The challenge: it begins red, a semaphore can meet it, and another latency breaks
    # that.
    assert ran.kernel.value("panel.goals_met") == {
        "60 requests": True,
        "no 429": True,
        "under 5 seconds": False,
    }
    goals, paced = (
        {"60 requests", "no 429", "under 5 seconds"},
        "partial(make_many_requests, rate=20)",
    )
    assert goals_met(ran, "semaphore.make_many_requests", limit=5, latency=0.3) == goals
    assert "no 429" not in goals_met(
        ran, "semaphore.make_many_requests", limit=5, latency=0.05
    )
    assert "under 5 seconds" not in goals_met(
        ran, "semaphore.make_many_requests", limit=5, latency=0.6
    )
    assert goals_met(ran, paced, limit=90, latency=0.05) == goals
    assert goals_met(ran, paced, limit=90, latency=0.6) == goals


def claims_of_07(ran: Ran) -> None:
    """The limiter of the exercise is refused as it stands."""
    assert "refused" in ran.text("code-exercise-judge")


def claims_of_08(ran: Ran) -> None:
    """What is lost, and who waits, when requests fail; and that a pace refuses none."""
    rows = [line.split()[-3:] for line in ran.text("code-ways-table").splitlines()[1:4]]
    (lost, sent, later), kept, (thrown, stopped, still) = (
        tuple(map(int, row)) for row in rows
    )
    assert (lost, later) == (0, 20)
    assert sent < 20
    assert kept == (9, 20, 20)
    assert thrown == 0
    assert still < 20
    assert still - stopped <= 3  # what was on its way
    assert "Retry-After: " in ran.text("code-announced")
    _, accepted, refused_each = ran.numbers("code-each-waits-run")[:3]
    sent_by_gate, accepted_gate, refused_gate = ran.numbers("code-gate-run")[:3]
    assert accepted == accepted_gate == 40
    assert refused_gate <= 10 < refused_each  # "at most ten"
    assert sent_by_gate == accepted_gate + refused_gate
    assert ran.kernel.value("[backoff(attempt) for attempt in range(1, 5)]") == [
        0.6,
        1.2,
        2,
        2,
    ]
    # A busy machine spreads a herd as well: `test_herd` shows what jitter does.
    for cell in ("code-herd-run", "code-jitter-run"):
        through, clients, _ = ran.numbers(cell)
        assert through <= clients == 20
    by_retries, by_pace = ran.text("code-all-through").splitlines()
    assert by_retries.startswith("90 in flight: 200 answers, ")
    assert by_pace.startswith("paced: 200 answers, 0 429s, ")
    assert ran.kernel.value('panel.goals_met["all 200 answered"]')
    assert (
        len(goals_met(ran, "resilient.make_many_requests", limit=4, latency=0.05)) == 2
    )
    claims_about_refusals(ran)
    claims_about_lost_answers(ran)


def claims_about_refusals(ran: Ran) -> None:
    """What three APIs say, what is read in it, what no wait will help, and how attempts
    multiply.
    """
    github, anthropic, gemini, compared = ran.text("code-dialects").splitlines()
    assert github == "github: 403, Retry-After: None"
    assert re.fullmatch(r"anthropic: 429, Retry-After: \d+", anthropic)
    assert gemini == "gemini: 429, Retry-After: None"
    assert "Measured: 1." in compared
    pauses = ran.kernel.value(
        "[read_refusal(answer).pause for answer in answers.values()]"
    )
    assert all(0 < pause <= 21 for pause in pauses)  # a reset is in whole seconds
    *read, forbidden = ran.text("code-read-refusal").splitlines()
    assert len(read) == 3
    assert not [line for line in read if "says:  ..." in line]  # "the API's own reason"
    assert forbidden == "a plain 403: None"
    assert ran.text("code-body").splitlines() == [
        "Azure: wait 1.5 s",
        "Discord: wait 1.5 s",
        "Telegram: wait 2.0 s",
    ]
    unsent, compared = ran.text("code-permanent").splitlines()
    assert unsent.startswith(
        "Not sent: the API will refuse every request: You exceeded your current quota"
    )
    assert "Measured: 3." in compared
    answer, compared = ran.text("code-layers-run").splitlines()
    assert answer == "<Response [429 Too Many Requests]>"
    assert "Measured: 45." in compared
    assert ran.text("code-deadline").startswith("Given up at the deadline")
    logged = ran.text("code-log").splitlines()
    assert len(logged) == 2  # "each refusal is a line"
    assert all(re.match(r"429, Retry-After: \d+, \{", line) for line in logged)


def claims_about_lost_answers(ran: Ran) -> None:
    """A lost answer has used its quota and taken its money; a progress bar keeps the
    other answers.
    """
    counted, fourth = ran.text("code-read-timeout").splitlines()
    assert counted == "{'ReadTimeout': 3}"
    assert (
        fourth
        == "reached the server: 4 - the fourth: <Response [429 Too Many Requests]>"
    )
    assert (
        ran.text("code-pool-timeout")
        == "{'Response': 1, 'PoolTimeout': 2}\nreached the server: 1"
    )
    assert ran.text("code-post-run") == "without a key: 20\nwith a key: 10"
    assert ran.numbers("code-progress") == [9, 20, 20]  # "an error where ..."
    assert ran.kernel.value("bar.value") == 20


def goals_met(ran: Ran, runner: str, *, limit: int, latency: float) -> set[str]:
    """The goals that a run in the notebook's panel meets."""
    cell = RUN_AGAIN.format(runner=runner, limit=limit, latency=latency)
    assert ran.kernel.run(cell).status == "ok"
    return {name for name, met in ran.kernel.value("panel.goals_met").items() if met}
