"""The checks of the exercises in notebooks 00 to 04."""

import asyncio
import time

from inflight_lab.exercises.check import (
    Answer,
    expect,
    observe,
    practice,
    prints_verdict,
    statuses,
)
from inflight_lab.runners import naive, semaphore, semaphore_pause


@prints_verdict
async def check_knobs(answer: Answer) -> str:
    """Notebook 00: ``answer(server)`` sets a latency of 0.2 s and a quota of 5 requests a second."""
    async with practice() as (server, client):
        answer(server)
        expect(
            server.latency == 0.2,
            f"your server answers after {server.latency:g} seconds.",
        )
        expect(
            server.quota == "sliding-window",
            f'its quota of {server.rate:g} is "{server.quota}".',
        )
        accepted = statuses(
            await asyncio.gather(*(client.get(server.url) for _ in range(6)))
        ).count(200)
        sent = f"of 6 requests sent at once your server accepted {accepted}"
        expect(accepted == 5 and server.period == 1, f"{sent}, in {server.period:g} s.")
    return f"{sent}."


@prints_verdict
async def check_page(answer: Answer) -> str:
    """Notebook 01: ``answer(url, page, client=client)`` asks for that page and returns the ``args``."""
    for page in (2, 7):
        args, _ = await observe(answer, page, on={"latency": 0})
        expect(
            args == {"page": str(page)},
            f"asked for page {page}, you returned {args!r}.",
        )
    return "the server was asked for page 2, then for page 7."


@prints_verdict
async def check_two_at_once(answer: Answer) -> str:
    """Notebook 01: ``answer(url, client=client)`` returns two responses that were in flight together."""
    responses, stats = await observe(answer, on={"latency": 0.3})
    both = stats.started == 2 and statuses(responses) == [200, 200]
    expect(
        both,
        f"{stats.started} requests reached the server, and you returned {responses!r}.",
    )
    expect(
        stats.peak_in_flight == 2,
        "the server saw both requests, but never two in flight at once.",
    )
    return "two requests, both in flight at once."


@prints_verdict
async def check_split(answer: Answer) -> str:
    """Notebook 02: ``answer(outcomes)`` returns the responses and the failures, as two lists."""
    async with practice(latency=0, rate=4, period=60) as (server, client):
        outcomes = await naive.make_many_requests(
            server.url, 6, client=client, return_exceptions=True
        )
    # The server has stopped: a failure of another kind.
    outcomes += await naive.make_many_requests(server.url, 1, return_exceptions=True)
    responses, failures = answer(outcomes)
    accepted = (
        f"4 of 7 requests were accepted, and you returned {len(responses)} responses"
    )
    expect(statuses(responses) == [200] * 4, f"{accepted}.")
    kinds = " and ".join(sorted({type(failure).__name__ for failure in outcomes[4:]}))
    failed = f"3 of 7 failed, with {kinds}; you returned {len(failures)} failures"
    expect(all(failure in failures for failure in outcomes[4:]), f"{failed}.")
    return "4 responses, and 3 failures of two kinds."


@prints_verdict
async def check_stops_at_failure(answer: Answer) -> str:
    """Notebook 02: ``answer(url, count, client=client)`` sends no more once a request has failed."""
    count = 30
    responses, stats = await observe(answer, count, on={"latency": 0.2})
    expect(
        statuses(responses) == [200] * count,
        f"where nothing fails, return all {count} responses.",
    )
    expect(
        stats.peak_in_flight > 1,
        f"{count} requests, and the server saw 1 in flight at a time.",
    )
    # Five at a time, and the fourth is refused: most of the thirty are still to come
    # then.
    async with practice(max_connections=5, latency=0.1, rate=3, period=60) as (
        server,
        client,
    ):
        (outcome,) = await asyncio.gather(
            answer(server.url, count, client=client), return_exceptions=True
        )
        refused = f"{server.stats().refused} requests were refused"
        expect(
            isinstance(outcome, Exception),
            f"{refused}, and your function raised nothing.",
        )
        await asyncio.sleep(0.15)  # what was on its way to the server arrives
        before = server.stats().started
        await asyncio.sleep(0.6)
        after = server.stats().started
    expect(
        after == before,
        f"{after - before} more reached the server after your function had failed.",
    )
    return f"after the first failure no more were sent: {after} of {count} reached the server."


@prints_verdict
async def check_one_semaphore(answer: Answer) -> str:
    """Notebook 03: ``answer(url, count, limit=limit, client=client)`` has ``limit`` in flight at most."""
    for limit, count in ((2, 6), (5, 10), (4, 3)):
        responses, stats = await observe(
            answer, count, limit=limit, on={"latency": 0.25}
        )
        asked, peak = f"{count} requests with limit={limit}", stats.peak_in_flight
        expect(
            len(responses) == count, f"{asked}: {len(responses)} responses returned."
        )
        expect(
            peak == min(limit, count),
            f"{asked}: the server saw {peak} in flight at once.",
        )
    return "the peak was the limit, for limits of 2 and 5; and 3 requests needed no more than 3 slots."


@prints_verdict
async def check_limit_for(answer: Answer) -> str:
    """Notebook 03: ``answer(rate, latency)`` is the limit that sends ``rate`` a second on average."""
    for rate, latency in ((50, 0.1), (6, 0.5), (20, 0.2)):
        limit = answer(rate, latency)
        sent = f"a limit of {limit} sends {limit / latency:.0f} a second"
        expect(
            limit == round(rate * latency), f"{rate} a second at {latency} s: {sent}."
        )
    _, stats = await observe(
        semaphore.make_many_requests, 24, limit=int(limit), on={"latency": latency}
    )
    average, busiest = (
        f"{24 / stats.elapsed:.1f} a second on average",
        stats.busiest_period,
    )
    return f"for 20 a second at 0.2 s your limit sent {average}, and {busiest} in the busiest second."


@prints_verdict
async def check_elapsed(answer: Answer) -> str:
    """Notebook 04: ``answer(count, limit, latency, pause)`` predicts how long the pausing run takes."""
    latency, pause, compared = 0.1, 0.3, []
    for count, limit, right in ((6, 3, 0.8), (8, 3, 0.9), (2, 3, 0.1)):
        async with practice(latency=latency) as (server, client):
            begun, make_many = time.perf_counter(), semaphore_pause.make_many_requests
            await make_many(server.url, count, limit=limit, pause=pause, client=client)
            took = time.perf_counter() - begun
        predicted = answer(count, limit, latency, pause)
        asked, said = (
            f"{count} requests, limit {limit}, {right} s of waiting",
            f"{predicted:.2f} s",
        )
        # Judged by what the run must take: a busy computer only ever adds to that.
        expect(
            abs(predicted - right) <= 0.01,
            f"{asked}: you predict {said}, it took {took:.2f} s.",
        )
        compared.append(f"{said}, and it took {took:.2f} s")
    return f"you predicted {'; '.join(compared)}."
