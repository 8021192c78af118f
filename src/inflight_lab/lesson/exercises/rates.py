"""The checks of the exercises in notebooks 05 to 08: rates and refusals."""

import math

from inflight_lab.lesson.exercises.check import (
    Solution,
    expect,
    expect_answers,
    expect_none_refused,
    expect_number,
    observe,
    shows_verdict,
)
from inflight_lab.lesson.judge import judge
from inflight_lab.lesson.runs.events import Stats


@shows_verdict
async def check_safe_limit(solution: Solution) -> str:
    """Notebook 05: ``solution(rate, quickest)`` is the largest safe limit."""
    for rate, quickest in ((100, 0.3), (20, 0.6), (30, 0.25), (20, 0.01)):
        limit = solution(rate, quickest)
        expect_number(limit)
        expect(
            limit == rate // bursts(quickest),
            f"{rate} allowed, answers after {quickest} s: a limit of {limit:g} sends"
            f" {limit * bursts(quickest):g} a second at its busiest. The largest whole"
            " number that is safe is wanted.",
            "At which moments of one second can a single slot send?",
        )
    return "10 is safe for 20 a second at 0.6 s; 12 would be right on average only."


def bursts(quickest: float) -> int:
    """How many times one slot sends within a second at the most."""
    return 1 + math.floor(round(1 / quickest, 9))  # 1 / 0.07 is a hair off


@shows_verdict
async def check_one_pacer(solution: Solution) -> str:
    """Notebook 06: ``solution(url, client=, rate=)`` runs 3 pollers in one quota."""
    rate = 20
    _, stats = observe(solution, rate=rate, on={"latency": 0.02, "rate": rate})
    expect(
        stats.started == 60,
        f"3 pollers send 60 requests; the server saw {stats.started}.",
        "Does each poller still send 4 batches of 5?",
    )
    return paced(
        stats, rate, "How many pacers are there, and how many pollers share each?"
    )


def paced(stats: Stats, rate: int, hint: str) -> str:
    """Expect the whole rate and no refusal; returns how it went."""
    expect_none_refused(stats, rate, hint)
    busiest = f"at most {stats.busiest_period} in one second"
    expect(
        stats.busiest_period == rate,
        f"none refused, but {busiest}: {rate} are allowed.",
        "Which rate does the pacer keep?",
    )
    return f"60 requests in {stats.elapsed:.1f} s, {busiest}, none refused."


LATE = {
    "still": "How far apart must requests be, so that no second holds 21 of them?",
    "10 ms of jitter": "If one request is slow and the next ones are not,"
    " how far apart do they arrive?",
    "stalls of 100 ms": "After a stall, how soon does the next request leave?",
}
"""The hint after a refusal, for each network."""


@shows_verdict
async def check_limiter(solution: Solution) -> str:
    """Notebook 09: ``solution()`` makes a limiter that uses most of 20 a second."""
    # As it is: its own rate may be a little less than the quota.
    card = judge(lambda: solution(), rate=20)
    expect(not card.problem, f"{card.problem}.", "Who waits for what, and how long?")
    on_networks = card.shares["sliding window"]
    for network, share in on_networks.items():
        expect(
            share.refused == 0,
            f'network "{network}": {share.refused} requests refused,'
            " because more than 20 came in one second.",
            LATE[network],
        )
        expect(
            share.used >= 0.85,
            f'network "{network}": {100 * share.used:.1f} % of the quota used,'
            " 85 % is wanted.",
            "How long does each request wait for the one before?",
        )
    used = [f"{100 * share.used:.1f} % ({name})" for name, share in on_networks.items()]
    return f"{', '.join(used)} of the quota, none refused."


@shows_verdict
async def check_gate(solution: Solution) -> str:
    """Notebook 07: ``solution(url, count, slots=, client=)`` passes one gate."""
    count, rate, slots = 36, 18, 5
    api = {"latency": 0.1, "rate": rate, "period": 2}
    responses, stats = observe(solution, count, slots=slots, on=api)
    expect_answers(responses, count, "What happens to a request after its refusal?")
    expect(
        stats.peak_in_flight == slots,
        f"at most {stats.peak_in_flight} were in flight, and {slots} are wanted.",
        "Who holds a slot, and for how long?",
    )
    # Three of the five slots still have a place in the quota when the gate shuts.
    expect(
        stats.refused <= 2,
        f"{count} answers, but {stats.refused} requests were refused on the way,"
        " and only two need be.",
        "Which requests have passed the gate when the first refusal comes? And is it"
        " one gate for all?",
    )
    return f"{count} answers, and only {stats.refused} refused on the way, not 18."


@shows_verdict
async def check_fixed(solution: Solution) -> str:
    """Notebook 08: ``solution(url, client=)`` sends 60 requests within 20 a second."""
    rate = 20
    responses, stats = observe(solution, on={"latency": 0.02, "rate": rate})
    how_it_went = paced(
        stats,
        rate,
        "A semaphore limits how many are in flight. What limits how many are sent in a"
        " second?",
    )
    expect_answers(responses, 60, "How many requests are asked for?")
    return how_it_went
