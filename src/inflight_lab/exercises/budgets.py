"""The check of the exercise in notebook 12: two limits at once."""

import asyncio

from inflight_lab.exercises.check import Answer, expect, practice, prints_verdict


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
