"""Plausible wrong answers to the exercises of notebooks 01 to 04."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
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
