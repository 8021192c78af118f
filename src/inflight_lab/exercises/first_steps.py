"""The checks of the exercises in notebooks 00 to 04."""

from __future__ import annotations

import asyncio
from typing import Any

from inflight_lab.exercises.check import Answer, NotYetError, practice, prints_verdict
from inflight_lab.runners import naive, semaphore, semaphore_pause


@prints_verdict
async def check_knobs(answer: Answer) -> str:
    """Notebook 00: ``answer(server)`` sets a latency of 0.2 s and a quota of 5 requests a second."""
    async with practice() as (server, client):
        answer(server)
        if server.latency != 0.2:
            raise NotYetError(f"your server answers after {server.latency:g} seconds.")
        responses = await asyncio.gather(*(client.get(server.url) for _ in range(6)))
        accepted = sum(response.status_code == 200 for response in responses)
        if accepted != 5 or server.period != 1:
            raise NotYetError(f"of 6 requests sent at once your server accepted {accepted}.")
        if server.quota != "sliding-window":
            raise NotYetError(f'the quota is "{server.quota}".')
    return "6 requests sent at once, 5 accepted, 1 refused."


@prints_verdict
async def check_page(answer: Answer) -> str:
    """Notebook 01: ``answer(url, page, client=client)`` asks for that page and returns the ``args``."""
    async with practice(latency=0) as (server, client):
        for page in (2, 7):
            args = await answer(server.url, page, client=client)
            if args != {"page": str(page)}:
                raise NotYetError(f"asked for page {page}, you returned {args!r}.")
    return "the server was asked for page 2, then for page 7."


@prints_verdict
async def check_two_at_once(answer: Answer) -> str:
    """Notebook 01: ``answer(url, client=client)`` returns two responses that were in flight together."""
    async with practice(latency=0.3) as (server, client):
        responses = await answer(server.url, client=client)
        stats = server.stats()
    if stats.started != 2 or [getattr(each, "status_code", None) for each in responses] != [200, 200]:
        raise NotYetError(f"{stats.started} requests reached the server, and you returned {responses!r}.")
    if stats.peak_in_flight != 2:
        raise NotYetError("the server saw both requests, but never two in flight at once.")
    return "two requests, both in flight at once."


@prints_verdict
async def check_split(answer: Answer) -> str:
    """Notebook 02: ``answer(outcomes)`` returns the responses and the failures, as two lists."""
    async with practice(latency=0, quota="sliding-window", rate=4, period=60) as (server, client):
        outcomes = await naive.make_many_requests(server.url, 6, client=client, return_exceptions=True)
    # The server has stopped: failures of another kind.
    outcomes += await naive.make_many_requests(server.url, 1, return_exceptions=True)
    responses, failures = answer(outcomes)
    if [getattr(each, "status_code", None) for each in responses] != [200] * 4:
        raise NotYetError(f"4 of 7 requests were accepted, and you returned {len(responses)} responses.")
    if not all(each in failures for each in outcomes[4:] if isinstance(each, Exception)):
        kinds = sorted({type(each).__name__ for each in outcomes if isinstance(each, Exception)})
        raise NotYetError(
            f"3 of 7 failed, with {' and '.join(kinds)}; you returned {len(failures)} failures."
        )
    return "4 responses, and 3 failures of two kinds."


@prints_verdict
async def check_stops_at_failure(answer: Answer) -> str:
    """Notebook 02: ``answer(url, count, client=client)`` sends no more once a request has failed."""
    count = 30
    async with practice(latency=0.05) as (server, client):
        if len(await answer(server.url, count, client=client) or ()) != count:
            raise NotYetError(f"where nothing fails, you must return all {count} responses.")
    # Five at a time, and the fourth is refused: most of the thirty are still to come then.
    knobs: dict[str, Any] = {"quota": "sliding-window", "rate": 3, "period": 60}
    async with practice(max_connections=5, latency=0.1, **knobs) as (server, client):
        try:
            await answer(server.url, count, client=client)
        except Exception:
            await asyncio.sleep(0.15)  # what was on its way to the server arrives
            before = server.stats().started
            await asyncio.sleep(0.6)
            after = server.stats().started
        else:
            raise NotYetError(
                f"{server.stats().refused} requests were refused, and your function raised nothing."
            )
    if after > before:
        raise NotYetError(
            f"{after - before} more requests reached the server after your function had failed."
        )
    return f"after the first failure no more were sent: {after} of {count} reached the server."


@prints_verdict
async def check_one_semaphore(answer: Answer) -> str:
    """Notebook 03: ``answer(url, count, limit=limit, client=client)`` has ``limit`` in flight at most."""
    for limit, count in ((2, 6), (5, 10), (4, 3)):
        async with practice(latency=0.25) as (server, client):
            responses = await answer(server.url, count, limit=limit, client=client)
            peak = server.stats().peak_in_flight
        if len(responses) != count:
            raise NotYetError(f"{count} requests asked for, {len(responses)} responses returned.")
        if peak != min(limit, count):
            raise NotYetError(
                f"{count} requests with limit={limit}: the server saw {peak} in flight at once."
            )
    return "the peak was the limit, for limits of 2 and 5; and 3 requests needed no more than 3 slots."


@prints_verdict
async def check_limit_for(answer: Answer) -> str:
    """Notebook 03: ``answer(rate, latency)`` is the limit at which ``rate`` requests a second are sent."""
    for rate, latency in ((20, 0.2), (50, 0.1), (6, 0.5)):
        limit, right = answer(rate, latency), round(rate * latency)
        if limit != right:
            sent = f"{limit / latency:.0f} a second" if isinstance(limit, int | float) else "nothing"
            raise NotYetError(f"{rate} a second at {latency} s: a limit of {limit!r} sends {sent}.")
    async with practice(latency=0.2) as (server, client):
        await semaphore.make_many_requests(server.url, 24, limit=int(answer(20, 0.2)), client=client)
        stats = server.stats()
    return f"for 20 a second at 0.2 s your limit sent {24 / stats.elapsed:.1f} a second."


@prints_verdict
async def check_elapsed(answer: Answer) -> str:
    """Notebook 04: ``answer(count, limit, latency, pause)`` predicts how long the pausing run takes."""
    latency, pause, compared = 0.1, 0.3, []
    for count, limit in ((6, 3), (7, 3), (2, 3)):
        groups, rest = divmod(count, limit)
        right = groups * (latency + pause) + (latency if rest else 0)
        async with practice(latency=latency) as (server, client):
            begun = asyncio.get_running_loop().time()
            await semaphore_pause.make_many_requests(
                server.url, count, limit=limit, pause=pause, client=client
            )
            took = asyncio.get_running_loop().time() - begun
        # Judged by what the run must take: a busy computer only ever adds to that.
        if abs((predicted := answer(count, limit, latency, pause)) - right) > 0.01:
            raise NotYetError(
                f"{count} requests, limit {limit}: you predict {predicted:.1f} s, it took {took:.2f} s."
            )
        compared.append(f"{predicted:.1f} s, and it took {took:.2f} s")
    return f"you predicted {'; '.join(compared)}."


@prints_verdict
async def check_small_batches(answer: Answer) -> str:
    """Notebook 04: ``answer(url, client=client, pause=pause)`` sends 4 batches of 2, and gets no 429."""
    knobs: dict[str, Any] = {"quota": "sliding-window", "rate": 4, "period": 0.4}
    async with practice(latency=0.02, **knobs) as (server, client):
        await answer(server.url, client=client, pause=0.4)
        stats = server.stats()
    if stats.started != 8:
        raise NotYetError(f"4 batches of 2 are 8 requests; the server saw {stats.started}.")
    if stats.refused:
        raise NotYetError(
            f"{stats.refused} of 8 requests were refused, in {stats.elapsed:.2f} s: no pause came."
        )
    return f"8 requests in {stats.elapsed:.2f} s, and none was refused."
