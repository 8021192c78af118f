"""Plausible wrong answers to the exercises of notebooks 00 to 04, by check and mistake."""

from __future__ import annotations

WRONG = {
    "check_knobs": {
        "the latency in milliseconds": """
def set_knobs(server):
    server.latency, server.quota, server.rate = 200, "sliding-window", 5
""",
        "a rate without a quota": """
def set_knobs(server):
    server.latency, server.rate = 0.2, 5
""",
        "another kind of quota": """
def set_knobs(server):
    server.latency, server.quota, server.rate = 0.2, "token-bucket", 5
""",
        "5 in ten seconds": """
def set_knobs(server):
    server.latency, server.quota, server.rate, server.period = 0.2, "sliding-window", 5, 10
""",
    },
    "check_page": {
        "always the same page": """
async def ask_for_page(url, page, *, client):
    return (await client.get(url, params={"page": 2})).json()["args"]
""",
        "made up, not asked for": """
async def ask_for_page(url, page, *, client):
    return {"page": page}
""",
    },
    "check_two_at_once": {
        "each task awaited before the next is made": """
async def make_two_requests(url, *, client):
    first = await asyncio.create_task(make_one_request(url, 1, client=client))
    second = await asyncio.create_task(make_one_request(url, 2, client=client))
    return [first, second]
""",
        "tasks instead of responses": """
async def make_two_requests(url, *, client):
    tasks = [asyncio.create_task(make_one_request(url, num, client=client)) for num in (1, 2)]
    await asyncio.wait(tasks)
    return tasks
""",
    },
    "check_split": {
        "only one kind of failure": """
def split(outcomes):
    failures = [outcome for outcome in outcomes if isinstance(outcome, ValueError)]
    return [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)], failures
""",
        "everything that is no ValueError taken for a response": """
def split(outcomes):
    responses = [outcome for outcome in outcomes if not isinstance(outcome, ValueError)]
    return responses, [outcome for outcome in outcomes if isinstance(outcome, Exception)]
""",
        "numbers instead of lists": """
def split(outcomes):
    return 4, 3
""",
    },
    "check_stops_at_failure": {
        "the failures kept, none raised": """
async def make_all_or_none(url, count, *, client):
    tasks = [asyncio.create_task(make_one_request(url, num, client=client)) for num in range(count)]
    return await asyncio.gather(*tasks, return_exceptions=True)
""",
        "one after the other": """
async def make_all_or_none(url, count, *, client):
    return [await make_one_request(url, num, client=client) for num in range(count)]
""",
        "nothing sent at all": """
async def make_all_or_none(url, count, *, client):
    raise ValueError("Unexpected Status: Http status code is 429.")
""",
        "tasks returned in place of responses": """
async def make_all_or_none(url, count, *, client):
    async with asyncio.TaskGroup() as group:
        return [group.create_task(make_one_request(url, num, client=client)) for num in range(count)]
""",
        "no results returned": """
async def make_all_or_none(url, count, *, client):
    async with asyncio.TaskGroup() as group:
        for num in range(count):
            group.create_task(make_one_request(url, num, client=client))
""",
    },
    "check_one_semaphore": {
        "a limit of its own": """
async def make_limited(url, count, *, limit, client):
    return await make_many_requests(url, count, limit=3, client=client)
""",
        "one after the other": """
async def make_limited(url, count, *, limit, client):
    return [await client.get(url) for _ in range(count)]
""",
        "fewer than asked for": """
async def make_limited(url, count, *, limit, client):
    return await asyncio.gather(*(client.get(url) for _ in range(limit)))
""",
    },
    "check_limit_for": {
        "divided, not multiplied": "def limit_for(rate, latency):\n    return rate / latency\n",
        "the rate itself": "def limit_for(rate, latency):\n    return rate\n",
        "nothing": "def limit_for(rate, latency):\n    pass\n",
    },
    "check_elapsed": {
        "the pause forgotten": """
def predict(count, limit, latency, pause):
    return -(-count // limit) * latency
""",
        "a part of a group for the rest": """
def predict(count, limit, latency, pause):
    return count / limit * (latency + pause)
""",
        "nothing returned": "def predict(count, limit, latency, pause):\n    pass\n",
        "the rest pauses too": """
def predict(count, limit, latency, pause):
    return -(-count // limit) * (latency + pause)
""",
        "no pause after the last group": """
def predict(count, limit, latency, pause):
    groups = -(-count // limit)
    return groups * latency + (groups - 1) * pause
""",
    },
}
