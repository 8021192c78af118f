"""The checks of the exercises in notebooks 05 to 07 and 12: rates, failures and budgets."""

import asyncio
import sys

import httpx

from inflight_lab.exercises.calculator import bursts, safe_limit
from inflight_lab.exercises.check import (
    Answer,
    expect,
    observe,
    practice,
    prints_verdict,
    statuses,
)
from inflight_lab.judge import judge
from inflight_lab.runners import semaphore


@prints_verdict
async def check_safe_limit(answer: Answer) -> str:
    """Notebook 05: ``answer(rate, quickest)`` is the largest limit that keeps the rate in every second."""
    for rate, quickest in ((100, 0.3), (20, 0.6), (30, 0.25), (20, 0.01)):
        limit, asked = (
            answer(rate, quickest),
            f"{rate} allowed, answers after {quickest} s",
        )
        sent = f"a limit of {limit} sends {limit * bursts(1, quickest)} a second at its busiest"
        expect(limit == safe_limit(rate, latency=quickest), f"{asked}: {sent}.")
    knobs, keywords = (
        {"latency": 0.6, "rate": 20},
        {"limit": 12, "return_exceptions": True},
    )
    _, stats = await observe(semaphore.make_many_requests, 36, **keywords, on=knobs)
    return f"10 is safe for 20 a second at 0.6 s; 12, right on average, gets {stats.refused} of 36 refused."


@prints_verdict
async def check_hold(answer: Answer) -> str:
    """Notebook 05: ``answer(url, count, limit=limit, period=period, client=client)`` keeps any quota."""
    count, limit, period = 16, 8, 0.4
    knobs = {"latency": 0.02, "rate": limit, "period": period}
    responses, stats = await observe(
        answer, count, limit=limit, period=period, on=knobs
    )
    refused, busiest = (
        f"{stats.refused} of {stats.started} requests were refused",
        stats.busiest_period,
    )
    expect(
        not stats.refused,
        f"{refused}: {busiest} came within {period} s, {limit} are allowed.",
    )
    returned = f"{count} requests asked for, {stats.accepted} accepted, {len(responses)} responses returned"
    expect(len(responses) == stats.accepted == count, f"{returned}.")
    expect(
        stats.elapsed <= 2.5,
        f"none refused, but it took {stats.elapsed:.1f} s, where 0.5 are enough.",
    )
    return f"{count} requests in {stats.elapsed:.1f} s, none refused, however quick the answers."


@prints_verdict
async def check_one_pacer(answer: Answer) -> str:
    """Notebook 06: ``answer(url, client=client, rate=rate)`` polls three times over, under one quota."""
    _, stats = await observe(answer, rate=30, on={"latency": 0.02, "rate": 30})
    expect(
        stats.started == 60,
        f"3 pollers send 60 requests; the server saw {stats.started}.",
    )
    busiest = f"at most {stats.busiest_period} in one second"
    expect(not stats.refused, f"{busiest}, and {stats.refused} were refused.")
    # 30 if the quota is used, and room for a busy computer.
    expect(stats.busiest_period > 20, f"none refused, but {busiest}: 30 are allowed.")
    return f"60 requests in {stats.elapsed:.1f} s, {busiest}, none refused."


@prints_verdict
async def check_limiter(answer: Answer) -> str:
    """Notebook 06: ``answer()`` makes a limiter that uses nearly all of 20 a second, and no more."""
    threads = sys.platform != "emscripten"
    expect(
        threads,
        "a page in a browser has one thread only: this takes a Python on a computer.",
    )
    card = await asyncio.to_thread(judge, answer, rate=20)
    expect(card.shares, card.findings.get("could be judged", "").removeprefix("NO: "))
    shares = card.shares["sliding window"]
    for network, (share, refused) in shares.items():
        expect(
            not refused,
            f"network {network}: {refused} requests were refused in 10 seconds.",
        )
        expect(share >= 0.9, f"network {network}: {share:.0%} of the quota was used.")
    return f"{min(shares.values())[0]:.0%} of the quota and more, none refused."


@prints_verdict
async def check_wait_for(answer: Answer) -> str:
    """Notebook 07: ``answer(response, attempt)`` is ``Retry-After`` if it is there, else full jitter."""
    async with practice(latency=0, rate=1, period=30) as (server, client):
        refused = [await client.get(server.url) for _ in range(2)][1]
    asked, waited = int(refused.headers["Retry-After"]), answer(refused, 1)
    expect(
        waited == asked,
        f"the server said Retry-After: {asked}, and you wait for {waited!r} s.",
    )
    for attempt, most in ((1, 1), (2, 2), (3, 4)):
        waits = sorted(answer(httpx.Response(503), attempt) for _ in range(200))
        what = f"attempt {attempt}, no header: 200 clients wait {waits[0]:.2f} to {waits[-1]:.2f} s"
        spread = 0 <= waits[0] < most / 4 and most * 3 / 4 < waits[-1] <= most
        expect(spread, f"{what}, and not spread over 0 to {most}.")
    return f"{asked} s where the server asks for it, otherwise anything from 0 to 1, 2 and 4 s."


@prints_verdict
async def check_keeps_answers(answer: Answer) -> str:
    """Notebook 07: ``answer(url, count, limit=limit, client=client)`` stops at a failure, keeps the rest."""
    count, limit = 30, 3
    responses, _ = await observe(answer, 9, limit=limit, on={"latency": 0.05})
    expect(
        len(responses or ()) == 9,
        "where nothing fails, you must return all 9 responses.",
    )
    # Two full rounds are accepted and the third is refused.
    async with practice(latency=0.2, rate=6, period=60) as (server, client):
        kept = statuses(await answer(server.url, count, limit=limit, client=client))
        before = server.stats().started
        await asyncio.sleep(0.5)
        after = server.stats().started
    sent = f"{after} of {count} requests were sent"
    expect(before == after <= 15, f"{sent}; the 7th was refused already.")
    expect(
        kept == [200] * 6,
        f"6 requests were accepted, and you returned {len(kept)} outcomes: {kept}.",
    )
    return f"{sent}, and you have the 6 answers."


@prints_verdict
async def check_most_requests(answer: Answer) -> str:
    """Notebook 12: ``answer(requests, tokens, cost)`` is the most requests that keep both limits."""
    for requests, tokens, cost, right in (
        (500, 30_000, 100, 300),
        (60, 30_000, 100, 60),
        (50, 1000, 30, 33),
    ):
        asked, most = (
            f"{requests} requests and {tokens} tokens, {cost} each",
            answer(requests, tokens, cost),
        )
        expect(most == right, f"{asked}: {most!r} requests cost {most * cost} tokens.")
    most = answer(30, 200, 10)
    async with practice(latency=0.02, rate=30, tokens=200, period=60) as (
        server,
        client,
    ):
        chat, nine_words = (
            server.url.replace("/get", "/v1/chat/completions"),
            "word " * 9,
        )
        question = {"messages": [{"content": nine_words}], "max_tokens": 1}
        await asyncio.gather(*(client.post(chat, json=question) for _ in range(most)))
        refused = server.stats().refused
    expect(
        not refused,
        f"{refused} of {most} requests of 10 tokens were refused, 200 tokens are allowed.",
    )
    return f"{most} requests of 10 tokens fit into 200, and none was refused."
