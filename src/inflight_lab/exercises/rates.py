"""The checks of the exercises in notebooks 05 to 07 and 12: rates, failures and budgets."""

import asyncio
import sys

import httpx

from inflight_lab.exercises.calculator import bursts, limit_for, safe_limit
from inflight_lab.exercises.check import Answer, expect, observe, practice, prints_verdict, sent_at, statuses
from inflight_lab.judge import judge
from inflight_lab.runners import semaphore


@prints_verdict
async def check_safe_limit(answer: Answer) -> str:
    """Notebook 05: ``answer(rate, quickest)`` is the largest limit that keeps the rate in every second."""
    for rate, quickest in ((100, 0.3), (30, 0.25), (20, 0.01)):
        limit, times = answer(rate, quickest), bursts(1, quickest)
        asked = f"{rate} allowed, answers after {quickest} s"
        sent, right = sent_at(limit, 1 / times), limit == safe_limit(rate, latency=quickest)
        expect(right, f"{asked}: a limit of {limit!r} sends {sent} at its busiest.")
    run, knobs, refused = semaphore.make_many_requests, {"latency": 0.3, "rate": 100}, []
    for limit in (int(answer(100, 0.3)), limit_for(100, latency=0.3)):
        _, stats = await observe(run, 240, limit=limit, return_exceptions=True, on=knobs)
        refused.append(f"{limit}: {stats.refused} of 240")
    return f"refused with a limit of {refused[0]}; of {refused[1]}, though right on average."


@prints_verdict
async def check_hold(answer: Answer) -> str:
    """Notebook 05: ``answer(url, count, limit=limit, period=period, client=client)`` keeps any quota."""
    count, limit, period = 16, 8, 0.4
    knobs = {"latency": 0.02, "rate": limit, "period": period}
    responses, stats = await observe(answer, count, limit=limit, period=period, on=knobs)
    refused, busiest = f"{stats.refused} of {stats.started} requests were refused", stats.busiest_period
    expect(not stats.refused, f"{refused}: {busiest} came within {period} s, {limit} are allowed.")
    all_there = len(responses) == stats.accepted == count
    expect(all_there, f"{count} requests asked for, {stats.accepted} accepted.")
    expect(busiest >= limit / 2, f"none refused, but at most {busiest} of {limit} allowed were used.")
    return f"{count} requests in {stats.elapsed:.1f} s, none refused, however quick the answers."


@prints_verdict
async def check_one_pacer(answer: Answer) -> str:
    """Notebook 06: ``answer(url, client=client, rate=rate)`` polls three times over, under one quota."""
    _, stats = await observe(answer, rate=30, on={"latency": 0.02, "rate": 30})
    started, busiest, took = stats.started, stats.busiest_period, f"{stats.elapsed:.1f} s"
    expect(started == 60, f"3 pollers send 4 batches of 5, 60 requests; the server saw {started}.")
    refused = f"{stats.refused} were refused"
    expect(not stats.refused, f"{busiest} requests came in the busiest second, {refused}.")
    # 2 seconds if the quota is used, and room for a busy computer.
    expect(stats.elapsed <= 6, f"none refused, but it took {took}, where 2 are enough.")
    return f"60 requests in {took}, at most {busiest} in one second, none refused."


@prints_verdict
async def check_limiter(answer: Answer) -> str:
    """Notebook 06: ``answer()`` makes a limiter that uses nearly all of 20 a second, and no more."""
    expect(
        sys.platform != "emscripten", "a page in a browser has no thread for the judge; on a computer it has."
    )
    card = await asyncio.to_thread(judge, answer, rate=20)
    expect("sliding window" in card.shares, card.findings.get("could be judged", "").removeprefix("NO: "))
    for network, (share, refused) in card.shares["sliding window"].items():
        expect(not refused, f"network {network}: {refused} requests were refused in 10 seconds.")
        expect(share >= 0.9, f"network {network}: {share:.0%} of the quota was used.")
    return (
        f"{min(share for share, _ in card.shares['sliding window'].values()):.0%} of the quota, none refused."
    )


@prints_verdict
async def check_wait_for(answer: Answer) -> str:
    """Notebook 07: ``answer(response, attempt)`` is ``Retry-After`` if it is there, else full jitter."""
    async with practice(latency=0, rate=1, period=30) as (server, client):
        refused = [await client.get(server.url) for _ in range(2)][1]
    asked, waited = int(refused.headers["Retry-After"]), answer(refused, 1)
    expect(waited == asked, f"the server said Retry-After: {asked}, and you wait for {waited!r} s.")
    for attempt in (1, 2, 3):
        most, what = 0.5 * 2**attempt, f"attempt {attempt}, no header"
        waits = [answer(httpx.Response(503), attempt) for _ in range(200)]
        possible = all(isinstance(wait, int | float) and 0 <= wait <= most for wait in waits)
        expect(possible, f"{what}: you wait {waits[0]!r} s, not 0 to {most:g}.")
        spread = f"{min(waits):.2f} to {max(waits):.2f} s, not spread over 0 to {most:g}"
        expect(min(waits) < most / 4 and max(waits) > most * 3 / 4, f"{what}: 200 clients wait {spread}.")
    return f"{asked} s where the server asks for it, otherwise anything from 0 to 1, 2 and 4 s."


@prints_verdict
async def check_keeps_answers(answer: Answer) -> str:
    """Notebook 07: ``answer(url, count, limit=limit, client=client)`` stops at a failure, keeps the rest."""
    count, limit = 30, 3
    responses, _ = await observe(answer, 9, limit=limit, on={"latency": 0.05})
    expect(len(responses or ()) == 9, "where nothing fails, you must return all 9 responses.")
    # Two full rounds are accepted and the third is refused.
    async with practice(latency=0.2, rate=6, period=60) as (server, client):
        kept = statuses(await answer(server.url, count, limit=limit, client=client))
        before = server.stats().started
        await asyncio.sleep(0.5)
        after = server.stats().started
    too_many = f"{after} of {count} requests reached the server"
    expect(before == after <= 15, f"{too_many}; the 7th was refused already.")
    expect(kept == [200] * 6, f"6 requests were accepted, and you returned {len(kept)} outcomes: {kept}.")
    return f"{after} of {count} requests were sent, and you have the 6 answers."


@prints_verdict
async def check_most_requests(answer: Answer) -> str:
    """Notebook 12: ``answer(requests, tokens, cost)`` is the most requests that keep both limits."""
    for requests, tokens, cost, right in ((500, 30_000, 100, 300), (60, 30_000, 100, 60), (50, 1000, 30, 33)):
        asked, most = f"{requests} requests and {tokens} tokens, {cost} each", answer(requests, tokens, cost)
        expect(most == right, f"{asked}: {most!r} requests cost {most * cost} tokens.")
    most = answer(30, 200, 10)
    async with practice(latency=0.02, rate=30, tokens=200, period=60) as (server, client):
        chat = server.url.replace("/get", "/v1/chat/completions")
        question = {
            "messages": [{"content": "one two three four five six seven eight nine"}],
            "max_tokens": 1,
        }
        await asyncio.gather(*(client.post(chat, json=question) for _ in range(most)))
        refused = server.stats().refused
    expect(not refused, f"{refused} of {most} requests of 10 tokens were refused, 200 tokens are allowed.")
    return f"{most} requests of 10 tokens fit into 200, and none was refused."
