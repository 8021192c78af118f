"""The checks of the exercises in notebooks 00 to 04."""

import asyncio

from inflight_lab.exercises.check import Answer, expect, observe, practice, prints_verdict, sent_at, statuses
from inflight_lab.runners import naive, semaphore, semaphore_pause


@prints_verdict
async def check_knobs(answer: Answer) -> str:
    """Notebook 00: ``answer(server)`` sets a latency of 0.2 s and a quota of 5 requests a second."""
    async with practice() as (server, client):
        answer(server)
        expect(server.latency == 0.2, f"your server answers after {server.latency:g} seconds.")
        responses = await asyncio.gather(*(client.get(server.url) for _ in range(6)))
        accepted, right = statuses(responses).count(200), server.period == 1
        expect(accepted == 5 and right, f"of 6 requests sent at once your server accepted {accepted}.")
        expect(server.quota == "sliding-window", f'the quota is "{server.quota}".')
    return "6 requests sent at once, 5 accepted, 1 refused."


@prints_verdict
async def check_page(answer: Answer) -> str:
    """Notebook 01: ``answer(url, page, client=client)`` asks for that page and returns the ``args``."""
    for page in (2, 7):
        args, _ = await observe(answer, page, on={"latency": 0})
        expect(args == {"page": str(page)}, f"asked for page {page}, you returned {args!r}.")
    return "the server was asked for page 2, then for page 7."


@prints_verdict
async def check_two_at_once(answer: Answer) -> str:
    """Notebook 01: ``answer(url, client=client)`` returns two responses that were in flight together."""
    responses, stats = await observe(answer, on={"latency": 0.3})
    both = stats.started == 2 and statuses(responses) == [200, 200]
    expect(both, f"{stats.started} requests reached the server, and you returned {responses!r}.")
    expect(stats.peak_in_flight == 2, "the server saw both requests, but never two in flight at once.")
    return "two requests, both in flight at once."


@prints_verdict
async def check_split(answer: Answer) -> str:
    """Notebook 02: ``answer(outcomes)`` returns the responses and the failures, as two lists."""
    async with practice(latency=0, rate=4, period=60) as (server, client):
        outcomes = await naive.make_many_requests(server.url, 6, client=client, return_exceptions=True)
    # The server has stopped: failures of another kind.
    outcomes += await naive.make_many_requests(server.url, 1, return_exceptions=True)
    responses, failures = answer(outcomes)
    all_four = statuses(responses) == [200] * 4
    expect(all_four, f"4 of 7 requests were accepted, and you returned {len(responses)} responses.")
    failed = [each for each in outcomes[4:] if isinstance(each, Exception)]
    kinds = " and ".join(sorted({type(each).__name__ for each in failed}))
    all_three = all(each in failures for each in failed)
    expect(all_three, f"3 of 7 failed, with {kinds}; you returned {len(failures)} failures.")
    return "4 responses, and 3 failures of two kinds."


@prints_verdict
async def check_stops_at_failure(answer: Answer) -> str:
    """Notebook 02: ``answer(url, count, client=client)`` sends no more once a request has failed."""
    count = 30
    responses, _ = await observe(answer, count, on={"latency": 0.05})
    expect(len(responses or ()) == count, f"where nothing fails, you must return all {count} responses.")
    # Five at a time, and the fourth is refused: most of the thirty are still to come then.
    async with practice(max_connections=5, latency=0.1, rate=3, period=60) as (server, client):
        (outcome,) = await asyncio.gather(answer(server.url, count, client=client), return_exceptions=True)
        raised, refused = isinstance(outcome, Exception), server.stats().refused
        expect(raised, f"{refused} requests were refused, and your function raised nothing.")
        await asyncio.sleep(0.15)  # what was on its way to the server arrives
        before = server.stats().started
        await asyncio.sleep(0.6)
        after = server.stats().started
    more = after - before
    expect(not more, f"{more} more requests reached the server after your function had failed.")
    return f"after the first failure no more were sent: {after} of {count} reached the server."


@prints_verdict
async def check_one_semaphore(answer: Answer) -> str:
    """Notebook 03: ``answer(url, count, limit=limit, client=client)`` has ``limit`` in flight at most."""
    for limit, count in ((2, 6), (5, 10), (4, 3)):
        responses, stats = await observe(answer, count, limit=limit, on={"latency": 0.25})
        expect(len(responses) == count, f"{count} requests asked for, {len(responses)} responses returned.")
        asked, peak = f"{count} requests with limit={limit}", stats.peak_in_flight
        expect(peak == min(limit, count), f"{asked}: the server saw {peak} in flight at once.")
    return "the peak was the limit, for limits of 2 and 5; and 3 requests needed no more than 3 slots."


@prints_verdict
async def check_limit_for(answer: Answer) -> str:
    """Notebook 03: ``answer(rate, latency)`` is the limit that sends ``rate`` a second on average."""
    for rate, latency in ((20, 0.2), (50, 0.1), (6, 0.5)):
        limit, right = answer(rate, latency), round(rate * latency)
        sent = f"a limit of {limit!r} sends {sent_at(limit, latency)}"
        expect(limit == right, f"{rate} a second at {latency} s: {sent}.")
    limit = int(answer(20, 0.2))
    _, stats = await observe(semaphore.make_many_requests, 24, limit=limit, on={"latency": 0.2})
    average, busiest = f"{24 / stats.elapsed:.1f} a second on average", stats.busiest_period
    return f"for 20 a second at 0.2 s your limit sent {average}, and {busiest} in the busiest second."


@prints_verdict
async def check_elapsed(answer: Answer) -> str:
    """Notebook 04: ``answer(count, limit, latency, pause)`` predicts how long the pausing run takes."""
    latency, pause, compared = 0.1, 0.3, []
    for count, limit in ((6, 3), (7, 3), (2, 3)):
        groups, rest = divmod(count, limit)
        right = groups * (latency + pause) + (latency if rest else 0)
        async with practice(latency=latency) as (server, client):
            begun, run = asyncio.get_running_loop().time(), semaphore_pause.make_many_requests
            await run(server.url, count, limit=limit, pause=pause, client=client)
            took = asyncio.get_running_loop().time() - begun
        predicted = answer(count, limit, latency, pause)
        asked, said = f"{count} requests, limit {limit}", f"{predicted:.1f} s"
        # Judged by what the run must take: a busy computer only ever adds to that.
        expect(abs(predicted - right) <= 0.01, f"{asked}: you predict {said}, it took {took:.2f} s.")
        compared.append(f"{said}, and it took {took:.2f} s")
    return f"you predicted {'; '.join(compared)}."
