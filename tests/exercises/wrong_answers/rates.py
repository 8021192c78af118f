"""Plausible wrong answers to the exercises of notebooks 05 to 08."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
    WrongAnswer(
        check="check_limit_for",
        mistake="divided, not multiplied",
        code="""
def limit_for(rate, latency):
    return rate / latency
""",
    ),
    WrongAnswer(
        check="check_limit_for",
        mistake="the rate itself",
        code="""
def limit_for(rate, latency):
    return rate
""",
    ),
    WrongAnswer(
        check="check_limit_for",
        mistake="nothing",
        code="""
def limit_for(rate, latency):
    pass
""",
    ),
    WrongAnswer(
        check="check_safe_limit",
        mistake="rounded, not rounded down",
        code="""
def safe_limit(rate, quickest):
    return rate // (1 + round(1 / quickest))
""",
    ),
    WrongAnswer(
        check="check_safe_limit",
        mistake="right on average",
        code="""
def safe_limit(rate, quickest):
    return int(rate * quickest)
""",
    ),
    WrongAnswer(
        check="check_safe_limit",
        mistake="one burst forgotten",
        code="""
def safe_limit(rate, quickest):
    return rate // int(1 / quickest)
""",
    ),
    WrongAnswer(
        check="check_safe_limit",
        mistake="one at least",
        code="""
def safe_limit(rate, quickest):
    return max(1, rate // (1 + int(1 / quickest)))
""",
    ),
    WrongAnswer(
        check="check_one_pacer",
        mistake="a pacer for each batch",
        code="""
async def poll_all(url, *, client, rate):
    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(
                url, 5, client=client, limiter=Pacer(rate), return_exceptions=True
            )

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
    ),
    WrongAnswer(
        check="check_one_pacer",
        mistake="the rate handed on",
        code="""
async def poll_all(url, *, client, rate):
    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(
                url, 5, rate=rate, client=client, return_exceptions=True
            )

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
    ),
    WrongAnswer(
        check="check_one_pacer",
        mistake="one quota for all, and a third of it",
        code="""
async def poll_all(url, *, client, rate):
    pacer = Pacer(rate / 3)

    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(
                url, 5, client=client, limiter=pacer, return_exceptions=True
            )

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
    ),
    WrongAnswer(
        check="check_one_pacer",
        mistake="half of it",
        code="""
async def poll_all(url, *, client, rate):
    pacer = Pacer(rate / 2)

    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(
                url, 5, client=client, limiter=pacer, return_exceptions=True
            )

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
    ),
    WrongAnswer(
        check="check_one_pacer",
        mistake="fewer requests",
        code="""
async def poll_all(url, *, client, rate):
    await make_many_requests(url, 20, rate=rate, client=client, return_exceptions=True)
""",
    ),
    WrongAnswer(
        check="check_limiter",
        mistake="from now, without a margin",
        code="""
class MyLimiter:
    def __init__(self):
        self.due = time.monotonic()
        self.line = asyncio.Lock()

    async def __aexit__(self, *exc_info):
        pass

    async def __aenter__(self):
        async with self.line:
            await asyncio.sleep(self.due - time.monotonic())
            self.due = time.monotonic() + 1 / 20
""",
    ),
    WrongAnswer(
        check="check_limiter",
        mistake="with a margin, from schedule",
        code="""
class MyLimiter:
    def __init__(self):
        self.due = time.monotonic()
        self.line = asyncio.Lock()

    async def __aexit__(self, *exc_info):
        pass

    async def __aenter__(self):
        async with self.line:
            await asyncio.sleep(self.due - time.monotonic())
            self.due += 1.0125 / 20
""",
    ),
    WrongAnswer(
        check="check_limiter",
        mistake="a wait that blocks the loop",
        code="""
import time


class MyLimiter:
    async def __aenter__(self):
        time.sleep(1 / 20)

    async def __aexit__(self, *exc_info):
        pass
""",
    ),
    WrongAnswer(
        check="check_limiter",
        mistake="far too slow",
        code="""
class MyLimiter:
    async def __aenter__(self):
        await asyncio.sleep(10)

    async def __aexit__(self, *exc_info):
        pass
""",
    ),
    WrongAnswer(
        check="check_limiter",
        mistake="polling without a wait",
        code="""
class MyLimiter:
    due = 0

    async def __aenter__(self):
        while asyncio.get_running_loop().time() < self.due:
            await asyncio.sleep(0)
        self.due = asyncio.get_running_loop().time() + 0.05

    async def __aexit__(self, *exc_info):
        pass
""",
    ),
    WrongAnswer(
        check="check_wait_for",
        mistake="no jitter",
        code="""
def wait_for(response, attempt):
    return float(response.headers.get("Retry-After", 0.5 * 2 ** (attempt - 1)))
""",
    ),
    WrongAnswer(
        check="check_wait_for",
        mistake="jitter on top",
        code="""
def wait_for(response, attempt):
    if "Retry-After" in response.headers:
        return float(response.headers["Retry-After"])
    return 0.5 * 2 ** (attempt - 1) + random.uniform(0, 1)
""",
    ),
    WrongAnswer(
        check="check_wait_for",
        mistake="deaf to the server",
        code="""
def wait_for(response, attempt):
    return random.uniform(0, 0.5 * 2 ** (attempt - 1))
""",
    ),
    WrongAnswer(
        check="check_wait_for",
        mistake="text",
        code="""
def wait_for(response, attempt):
    backoff = random.uniform(0, 0.5 * 2 ** (attempt - 1))
    return response.headers.get("Retry-After", backoff)
""",
    ),
    WrongAnswer(
        check="check_keeps_answers",
        mistake="the exception of a task that was cancelled",
        code="""
async def make_until_failure(url, count, *, limit, client):
    limiter, tasks = asyncio.Semaphore(limit), []
    try:
        async with asyncio.TaskGroup() as group:
            for num in range(count):
                one = semaphore.make_one_request(
                    url, num, client=client, limiter=limiter
                )
                tasks.append(group.create_task(one))
    except* ValueError:
        pass
    return [task.result() for task in tasks if not task.exception()]
""",
    ),
    WrongAnswer(
        check="check_keeps_answers",
        mistake="everything sent",
        code="""
async def make_until_failure(url, count, *, limit, client):
    outcomes = await semaphore.make_many_requests(
        url, count, limit=limit, client=client, return_exceptions=True
    )
    return [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)]
""",
    ),
    WrongAnswer(
        check="check_keeps_answers",
        mistake="stopped, and nothing kept",
        code="""
async def make_until_failure(url, count, *, limit, client):
    limiter = asyncio.Semaphore(limit)
    try:
        async with asyncio.TaskGroup() as group:
            for num in range(count):
                one = semaphore.make_one_request(
                    url, num, client=client, limiter=limiter
                )
                group.create_task(one)
    except* ValueError:
        pass
""",
    ),
    WrongAnswer(
        check="check_keeps_answers",
        mistake="failures kept too",
        code="""
async def make_until_failure(url, count, *, limit, client):
    limiter = asyncio.Semaphore(limit)
    make_one, tasks = semaphore.make_one_request, []
    try:
        async with asyncio.TaskGroup() as group:
            for num in range(count):
                tasks.append(
                    group.create_task(
                        make_one(url, num, client=client, limiter=limiter)
                    )
                )
    except* ValueError:
        pass
    return [task.exception() or task.result() for task in tasks if not task.cancelled()]
""",
    ),
]
