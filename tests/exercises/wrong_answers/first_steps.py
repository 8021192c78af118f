"""Plausible wrong answers to the exercises of notebooks 00 to 04."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
    WrongAnswer(
        check="check_knobs",
        mistake="the latency in milliseconds",
        code="""
def set_knobs(server):
    server.latency, server.quota, server.rate = 200, "sliding-window", 5
""",
    ),
    WrongAnswer(
        check="check_knobs",
        mistake="a rate without a quota",
        code="""
def set_knobs(server):
    server.latency, server.rate = 0.2, 5
""",
    ),
    WrongAnswer(
        check="check_knobs",
        mistake="another kind of quota",
        code="""
def set_knobs(server):
    server.latency, server.quota, server.rate = 0.2, "token-bucket", 5
""",
    ),
    WrongAnswer(
        check="check_knobs",
        mistake="5 in ten seconds",
        code="""
def set_knobs(server):
    server.latency, server.quota, server.rate, server.period = (
        0.2,
        "sliding-window",
        5,
        10,
    )
""",
    ),
    WrongAnswer(
        check="check_page",
        mistake="always the same page",
        code="""
async def ask_for_page(url, page, *, client):
    return (await client.get(url, params={"page": 2})).json()["args"]
""",
    ),
    WrongAnswer(
        check="check_page",
        mistake="made up, not asked for",
        code="""
async def ask_for_page(url, page, *, client):
    return {"page": page}
""",
    ),
    WrongAnswer(
        check="check_two_at_once",
        mistake="each task awaited before the next is made",
        code="""
async def make_two_requests(url, *, client):
    first = await asyncio.create_task(make_one_request(url, 1, client=client))
    second = await asyncio.create_task(make_one_request(url, 2, client=client))
    return [first, second]
""",
    ),
    WrongAnswer(
        check="check_two_at_once",
        mistake="tasks instead of responses",
        code="""
async def make_two_requests(url, *, client):
    tasks = [
        asyncio.create_task(make_one_request(url, num, client=client)) for num in (1, 2)
    ]
    await asyncio.wait(tasks)
    return tasks
""",
    ),
    WrongAnswer(
        check="check_split",
        mistake="only one kind of failure",
        code="""
def split(outcomes):
    failures = [outcome for outcome in outcomes if isinstance(outcome, ValueError)]
    return [
        outcome for outcome in outcomes if isinstance(outcome, httpx.Response)
    ], failures
""",
    ),
    WrongAnswer(
        check="check_split",
        mistake="anything but a ValueError taken for a response",
        code="""
def split(outcomes):
    responses = [outcome for outcome in outcomes if not isinstance(outcome, ValueError)]
    return responses, [
        outcome for outcome in outcomes if isinstance(outcome, Exception)
    ]
""",
    ),
    WrongAnswer(
        check="check_split",
        mistake="numbers instead of lists",
        code="""
def split(outcomes):
    return 4, 3
""",
    ),
    WrongAnswer(
        check="check_split",
        mistake="everything taken for a failure too",
        code="""
def split(outcomes):
    responses = [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)]
    return responses, outcomes
""",
    ),
    WrongAnswer(
        check="check_stops_at_failure",
        mistake="the failures kept, none raised",
        code="""
async def make_all_or_none(url, count, *, client):
    tasks = [
        asyncio.create_task(make_one_request(url, num, client=client))
        for num in range(count)
    ]
    return await asyncio.gather(*tasks, return_exceptions=True)
""",
    ),
    WrongAnswer(
        check="check_stops_at_failure",
        mistake="one after the other",
        code="""
async def make_all_or_none(url, count, *, client):
    return [await make_one_request(url, num, client=client) for num in range(count)]
""",
    ),
    WrongAnswer(
        check="check_stops_at_failure",
        mistake="nothing sent at all",
        code="""
async def make_all_or_none(url, count, *, client):
    raise ValueError("Unexpected Status: Http status code is 429.")
""",
    ),
    WrongAnswer(
        check="check_stops_at_failure",
        mistake="tasks returned in place of responses",
        code="""
async def make_all_or_none(url, count, *, client):
    async with asyncio.TaskGroup() as group:
        return [
            group.create_task(make_one_request(url, num, client=client))
            for num in range(count)
        ]
""",
    ),
    WrongAnswer(
        check="check_stops_at_failure",
        mistake="no results returned",
        code="""
async def make_all_or_none(url, count, *, client):
    async with asyncio.TaskGroup() as group:
        for num in range(count):
            group.create_task(make_one_request(url, num, client=client))
""",
    ),
    WrongAnswer(
        check="check_one_semaphore",
        mistake="a limit of its own",
        code="""
async def make_limited(url, count, *, limit, client):
    return await make_many_requests(url, count, limit=3, client=client)
""",
    ),
    WrongAnswer(
        check="check_one_semaphore",
        mistake="one after the other",
        code="""
async def make_limited(url, count, *, limit, client):
    return [await client.get(url) for _ in range(count)]
""",
    ),
    WrongAnswer(
        check="check_one_semaphore",
        mistake="fewer than asked for",
        code="""
async def make_limited(url, count, *, limit, client):
    return await asyncio.gather(*(client.get(url) for _ in range(limit)))
""",
    ),
    WrongAnswer(
        check="check_elapsed",
        mistake="the pause forgotten",
        code="""
def predict(count, limit, latency, pause):
    return -(-count // limit) * latency
""",
    ),
    WrongAnswer(
        check="check_elapsed",
        mistake="a part of a group for the rest",
        code="""
def predict(count, limit, latency, pause):
    return count / limit * (latency + pause)
""",
    ),
    WrongAnswer(
        check="check_elapsed",
        mistake="nothing returned",
        code="""
def predict(count, limit, latency, pause):
    pass
""",
    ),
    WrongAnswer(
        check="check_elapsed",
        mistake="the rest pauses too",
        code="""
def predict(count, limit, latency, pause):
    return -(-count // limit) * (latency + pause)
""",
    ),
    WrongAnswer(
        check="check_elapsed",
        mistake="no pause after the last group",
        code="""
def predict(count, limit, latency, pause):
    groups = -(-count // limit)
    return groups * latency + (groups - 1) * pause
""",
    ),
]
