"""What notebooks 05 to 08 claim."""

from __future__ import annotations

import re
from functools import partial

import pytest

from inflight_lab.exercises.calculator import bursts, limit_for, rate_for, safe_limit
from inflight_lab.exercises.scoreboard import share_of_quota
from inflight_lab.quotas.algorithms import SlidingWindow, TokenBucket
from inflight_lab.runners.pacer import Pacer
from tests.notebooks.claims.scoreboard import expect_score, scoreboard
from tests.support.notebook_tools import code_cell
from tests.support.run_all import Ran

PLAY = """
server.latency = panel.latency = {latency}
panel.limit = {limit}
await panel.start()
"""

RUN_AGAIN = """
server.latency = {latency}
knobs = {{"server": server, "count": panel.count, "goals": panel.goals}}
panel = Panel({runner}, limit={limit}, max_limit=90, **knobs)
await panel.start()
"""


WAITED = re.compile(r"\(([\d.]+) s\)")


def claims_of_05(ran: Ran) -> None:
    """Little's law as the most that is sent, and why no limit fits every latency."""
    expect_the_law_to_be_the_most(ran)
    expect_one_limit_to_be_wrong_twice(ran)
    expect_bursts_to_be_refused(ran)
    expect_the_table_of_limits(ran)
    expect_a_ceiling(ran)
    expect_the_answers_to_play(ran)


def expect_the_law_to_be_the_most(ran: Ran) -> None:
    """Twice the limit, or half the latency, and nothing measured is above the law."""
    pairs = [(3, 0.3, 10), (6, 0.3, 20), (6, 0.15, 40), (24, 0.3, 80)]
    table = ran.text("code-table").splitlines()[1:5]
    for line, pair in zip(table, pairs, strict=True):
        limit, latency, law, measured = map(float, re.findall(r"\d+(?:\.\d+)?", line))
        assert (limit, latency, law) == pair
        assert 0.3 * law < measured <= law  # "read the law as *at most*"


def expect_one_limit_to_be_wrong_twice(ran: Ran) -> None:
    """With 3 in flight the 429s begin at 0.03 s; before, most of the quota is left."""
    peak, limit, busiest, allowed, *_ = ran.numbers("code-quicker-numbers")
    assert (peak, limit, allowed) == (3, 3, 20)
    assert busiest > allowed
    assert 'Measured: "at 0.03 s".' in ran.text("code-quicker-numbers")
    prose = code_cell(ran.path, "text-quicker-happened")
    steps = ran.kernel.value("list(steps)")
    rates = [f"{rate_for(3, latency=latency):.0f}" for latency in steps]
    first, second, third = rates
    assert f"{first} a second at first, then {second}, and then up to {third}." in prose
    assert rate_for(3, latency=steps[0]) == allowed / 4  # "three quarters ... unused"


def expect_bursts_to_be_refused(ran: Ran) -> None:
    """The average of limit 20 is within the quota, and 5 of each 20 are refused."""
    prose = code_cell(ran.path, "text-window-happened")
    of_20, of_15 = (ran.kernel.value(f"vars(seen[{limit}])") for limit in (20, 15))
    assert of_20["busiest_period"] == 20
    assert of_20["started"] / of_20["elapsed"] <= 15 / 3 == 20 / 4
    of_each = of_20["busiest_period"] - 15
    assert f"{of_20['refused']} were refused, {of_each} of each 20." in prose
    assert of_15["refused"] == 0  # "Limit 15 gets no 429."
    safe = code_cell(ran.path, "text-bursts")
    times = bursts(1, 0.3)
    assert f"30 = {times * 30} in its busiest second" in safe
    assert f"100 / {times} = {safe_limit(100, latency=0.3)}." in safe


def expect_the_table_of_limits(ran: Ran) -> None:
    """Its limits are the calculator's."""
    table = re.findall(
        r"^\| ([\d.]+) s \|(.*)", code_cell(ran.path, "text-no-limit"), re.M
    )
    assert len(table) == 4
    for written, row in table:
        latency = float(written)
        average, safe, sends = row.strip(" |").split(" | ")
        assert int(average) == limit_for(100, latency=latency)
        wanted = safe_limit(100, latency=latency)
        assert safe == str(wanted) if wanted else safe.startswith("none")
        assert sends.startswith(f"{rate_for(25, latency=latency):,.0f} a second")


def expect_a_ceiling(ran: Ran) -> None:
    """Each row falls from the server's law to the client's, and to the measurement."""
    rows = ran.kernel.value(
        "[(by_server[name], by_client[name], measured[name]) for name in measured]"
    )
    assert len(rows) == 3
    for by_server, by_client, measured in rows:
        assert by_server >= by_client >= measured
    assert measured < 0.5 * by_server  # "far fewer than 5,000"
    waited = [float(seconds) for seconds in WAITED.findall(ran.text("code-breaks"))]
    assert waited[-1] > waited[0] >= 0.01


def expect_the_answers_to_play(ran: Ran) -> None:
    """Which limits and latencies bring 429s, and which leave the quota unused."""
    play = code_cell(ran.path, "text-play")
    asked = re.findall(r"^\d\. Limit (\d+), ([\d.]+) second", play, re.M)
    answered = code_cell(ran.path, "text-play-answers")
    answers = re.findall(r"^\d\. (Yes|No|At most)", answered, re.M)
    assert len(asked) == len(answers) == 4
    for (limit, latency), answer in zip(asked[:3], answers, strict=False):
        cell = PLAY.format(limit=limit, latency=latency)
        assert ran.kernel.run(cell).status == "ok"
        is_refused = answer == "Yes" and not is_too_busy(ran)
        assert bool(ran.kernel.value("server.stats().refused")) == is_refused
    limit, latency = asked[3]
    assert rate_for(int(limit), latency=float(latency)) == 20 / 4  # "at most a quarter"


def is_too_busy(ran: Ran) -> bool:
    """Whether the computer has not sent more than the quota: then there is no 429."""
    return bool(ran.kernel.value("server.stats().busiest_period <= server.rate"))


def claims_of_06(ran: Ran) -> None:
    """A limiter that no latency makes too fast, one for all pollers, and a challenge
    that only a pace meets.
    """
    expect_the_limiter_to_keep_to_the_quota(ran)
    for printed in ran.text("code-score").splitlines():  # the class of 06, and `Pacer`
        expect_score(ran, "paced", printed)
    expect_the_board_to_be_right()
    assert ran.text("code-two-run") == "30 accepted, 0 refused"
    assert "refused" in ran.text("code-exercise-pacer")  # "The check finds 429s"
    expect_the_challenge_to_need_a_pace(ran)


def expect_the_limiter_to_keep_to_the_quota(ran: Ran) -> None:
    """None refused at three latencies, and nearly the whole quota, if it is woken in
    time.
    """
    numbers = ran.numbers("code-live-numbers")
    accepted, refused, seconds, _, busiest, allowed, share, *_ = numbers
    assert (accepted, refused, allowed) == (120, 0, 60)
    assert busiest <= allowed
    assert 40 < share <= 100
    assert share == pytest.approx(100 * 120 / (20 * (seconds - 0.05)), abs=0.51)
    assert 'Measured: "never".' in ran.text("code-live-numbers")
    assert ran.kernel.value("MARGIN") == Pacer.HEADROOM  # "the same margin"
    spacing = ran.kernel.value("RateLimiter(60, 3).spacing")
    assert spacing == pytest.approx(0.05 * Pacer.HEADROOM)


def expect_the_board_to_be_right() -> None:
    """The rows that no cell here measures are what bursts and pauses come to."""
    board = scoreboard()
    refused = refused_with_limit(30)
    paced = (200, 0, round(199 * Pacer.HEADROOM / 100 + 0.3, 3))
    expected = {
        "yesterday's script": (0, 100, 2 * 0.3),
        "naive, every outcome kept": (100, 100, 2 * 0.3),
        "semaphore of 3 (predicted)": (200, 0, 67 * 0.3),
        "semaphore of 10": (200, 0, 20 * 0.3),
        "semaphore of 25, safe in 05 (predicted)": (
            200,
            refused_with_limit(safe_limit(100, latency=0.3)),
            8 * 0.3,
        ),
        "semaphore of 30 (predicted)": (200 - refused, refused, 7 * 0.3),
        "semaphore of 3 and pause (predicted)": (200, 0, round(66 * 1.3 + 0.3)),
        "paced": paced,
        "paced, with retries": paced,
    }
    assert expected.keys() == board.keys() - {"rung"}  # that is the heading
    for rung, (answers, refusals, seconds) in expected.items():
        share = share_of_quota(answers, 200, seconds - 0.3)
        row = [answers, refusals, seconds, round(100 * share)]
        assert board[rung] == pytest.approx(row), rung


def refused_with_limit(limit: int) -> int:
    """How many of the 200 requests, if each round leaves 0.3 s after the one before."""
    quota = SlidingWindow(rate=100, period=1)
    waits = [quota.admit(number // limit * 0.3) for number in range(200)]
    return sum(wait > 0 for wait in waits)


def expect_the_challenge_to_need_a_pace(ran: Ran) -> None:
    """It begins red, a semaphore can meet it, and another latency breaks that."""
    goals = {"60 requests", "no 429", "under 6 seconds"}
    begins = {name for name, met in ran.kernel.value("panel.goals_met").items() if met}
    assert begins == goals - {"under 6 seconds"}
    by_limit = partial(goals_met, ran, "semaphore.make_many_requests")
    assert by_limit(limit=5, latency=0.3) == goals
    too_fast = by_limit(limit=5, latency=0.05)
    assert ("no 429" in too_fast) == is_too_busy(ran)
    assert "under 6 seconds" not in by_limit(limit=5, latency=0.6)
    paced = partial(goals_met, ran, "paced_20", limit=90)
    for latency in (0.05, 0.6):
        # A busy machine may hold up the first answers, by which the pacer counts: then
        # once more.
        assert goals in (paced(latency=latency), paced(latency=latency))


def claims_of_07(ran: Ran) -> None:
    """What catching up, kinds of quota and an unknown quota do; and the judge's card,
    where there are threads.
    """
    expect_bursts_after_a_busy_moment(ran)
    expect_kinds_to_differ(ran)
    expect_the_first_to_go(ran)
    expect_a_quota_to_be_learnt(ran)
    if not ran.kernel.value("sys.platform == 'emscripten'"):
        assert "refused" in ran.text("code-exercise-judge")
        expect_the_card(ran)
        expect_an_hour_in_a_moment(ran)


def expect_bursts_after_a_busy_moment(ran: Ran) -> None:
    """Only what goes on from now, or keeps a log, is not refused."""
    assert 'Measured: "from now".' in ran.text("code-busy")
    refused = ran.kernel.value("refused")
    assert min(refused["a few"], refused["from schedule"]) > 0
    assert refused["Pacer"] <= 1  # a server that stands still sees two at once
    assert ran.kernel.value("Pacer(20)._burst") == 8  # "up to 8 requests"
    assert ran.kernel.value("RateLimiter(20).spacing") == pytest.approx(
        Pacer.HEADROOM / 20
    )


def expect_kinds_to_differ(ran: Ran) -> None:
    """Which of the twelve requests each kind takes, as the text says."""
    taken = ran.kernel.value(
        "{name: [e.request for e in events if e.detail == 200]"
        " for name, events in answers.items()}"
    )
    evenly, first, second = range(1, 5), range(5, 9), range(9, 13)
    assert taken == {
        "fixed window": [*evenly, *first, *second],
        "sliding window": [*evenly, *first],
        "token bucket": [*evenly, *first, 9, 10],
        "GCRA": [*evenly, 5, 9],
    }


def expect_the_first_to_go(ran: Ran) -> None:
    """A bucket lets three of 2 per 10 s through in 5 s; only spacing spreads them."""
    rows = dict(
        re.match(r"(\w[\w ]+\w) +(\[.*)", line).groups()
        for line in ran.text("code-first").splitlines()[1:]
    )
    assert rows["token bucket"].split("]")[0] == "[0, 0, 5, 10"
    spread = [name for name, times in rows.items() if "[0, 0, 0]" not in times]
    assert spread == ["GCRA"]
    bucket = TokenBucket(100, 1, burst=100)
    waited = [bucket.admit(number / 1000) for number in range(1000)]
    assert sum(not wait for wait in waited) == 199  # "100 + 99 = 199"


def expect_a_quota_to_be_learnt(ran: Ran) -> None:
    """From a header at once, and otherwise from 429s."""
    announced, searched = ran.text("code-unknown-run").splitlines()
    assert announced.endswith("pace at the end: 15.00 a second")
    (refused,) = re.findall(r"gemini: (\d+) of 60 refused", searched)
    assert int(refused) > 0  # "there are 429s"


def expect_the_card(ran: Ran) -> None:
    """One bad row; and catching up pays for a bucket only."""
    card = ran.text("code-judge")
    verdicts = re.findall(r"^(\w.*?) {2,}.*%.* {3}(no 429|429s)$", card, re.M)
    assert [name for name, verdict in verdicts if verdict == "429s"] == [
        "GCRA, burst 1"
    ]
    assert card.count("keeps to the rate: at most 99 in 1 s, 1 at once") == 2
    assert re.findall(r"(\d+) refused", ran.text("code-judge-burst"))[1] == "0"
    pays = re.findall(r"([\d.]+)% used, (\d+) refused", ran.text("code-pays"))
    (bucket, _), (window, _), (bucket_more, in_bucket), (_, in_window) = pays
    assert float(bucket_more) > float(bucket) == float(window)
    assert int(in_bucket) == 0 < int(in_window)
    prose = code_cell(ran.path, "text-pays-happened")
    assert f"{bucket_more} % instead of {bucket} %" in prose
    assert f"so {in_window} requests are refused" in prose


def expect_an_hour_in_a_moment(ran: Ran) -> None:
    """3,600 requests pass the test, on a clock that did not have to be waited for."""
    by_clock, by_yours = ran.numbers("code-virtual-run")
    assert by_clock == pytest.approx(3599 * Pacer.HEADROOM + 0.3, abs=0.1)
    assert by_yours < by_clock / 10


def claims_of_08(ran: Ran) -> None:
    """Who waits when requests fail, and for how long; and that a pace refuses none."""
    assert "Retry-After: " in ran.text("code-announced")
    _, accepted, refused_each = ran.numbers("code-each-waits-run")[:3]
    sent_by_gate, accepted_gate, refused_gate = ran.numbers("code-gate-run")[:3]
    assert accepted == accepted_gate == 40
    assert refused_gate <= 10 < refused_each  # "at most ten"
    assert sent_by_gate == accepted_gate + refused_gate
    assert ran.kernel.value("[backoff(attempt) for attempt in range(1, 5)]") == [
        0.5,
        1,
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
    claims_about_layers(ran)
    claims_about_lost_answers(ran)


def claims_about_refusals(ran: Ran) -> None:
    """What three APIs say, what is read in it, and what no wait will help."""
    github, anthropic, gemini, forbidden = ran.text("code-dialects").splitlines()
    says = r"(403|429), Retry-After: (None|\d+), wait (1\d|2[01]) s"
    assert re.fullmatch(f"github: {says}", github).group(1, 2) == ("403", "None")
    assert re.fullmatch(f"anthropic: {says}", anthropic)[2] != "None"
    assert re.fullmatch(f"gemini: {says}", gemini)[2] == "None"
    assert forbidden == "a plain 403: None"
    assert ran.text("code-body").splitlines() == [
        "Azure: wait 1.5 s",
        "Discord: wait 1.5 s",
        "Telegram: wait 2.0 s",
    ]
    unsent, sent = ran.text("code-permanent").splitlines()
    assert unsent.startswith("the API asks for no more requests: status 429 You exceed")
    assert sent == "sent: 3"
    assert ran.text("code-deadline").startswith("Given up at the deadline")
    logged = ran.text("code-log").splitlines()
    assert len(logged) == 2  # "each refusal is a line"
    assert all(re.match(r"429, Retry-After: \d+, \{", line) for line in logged)


def claims_about_layers(ran: Ran) -> None:
    """How attempts multiply, and who does not retry; where a header can be read."""
    answer, sent = ran.text("code-layers-run").splitlines()
    assert answer == "<Response [429 Too Many Requests]>"
    assert sent == "one call, and the API got 45 requests"
    assert ran.text("code-httpx-retries").splitlines() == [answer, "sent: 1"]
    in_the_error, read = ran.numbers("code-rate-limit-error")
    assert in_the_error == read
    assert ran.kernel.value("may_succeed(httpx.ReadTimeout(''))") is True


def claims_about_lost_answers(ran: Ran) -> None:
    """A lost answer has used its quota and taken its money; a cancelled task leaves its
    slot to the next one, and a progress bar keeps the other answers.
    """
    counted, fourth = ran.text("code-read-timeout").splitlines()
    assert counted == "{'ReadTimeout': 3}"
    assert (
        fourth
        == "reached the server: 4 - the fourth: <Response [429 Too Many Requests]>"
    )
    assert ran.text("code-post-run") == "without a key: 20\nwith a key: 10"
    assert ran.text("code-cancelled") == "the second got the slot: True"
    assert ran.text("code-progress-run").endswith(
        "sent: 20 - in the list: {'Response': 9, 'ValueError': 11}"
    )
    assert ran.kernel.value("bar.value") == 20


def goals_met(ran: Ran, runner: str, *, limit: int, latency: float) -> set[str]:
    """The goals that a run in the notebook's panel meets."""
    cell = RUN_AGAIN.format(runner=runner, limit=limit, latency=latency)
    assert ran.kernel.run(cell).status == "ok"
    return {name for name, met in ran.kernel.value("panel.goals_met").items() if met}
