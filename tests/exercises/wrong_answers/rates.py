"""Plausible wrong answers to the exercises of notebooks 05 to 07 and 12, by check and
mistake.
"""

from __future__ import annotations

WRONG = {
    "check_safe_limit": {
        "rounded, not rounded down": """
def safe_limit(rate, quickest):
    return rate // (1 + round(1 / quickest))
""",
        "right on average": """
def safe_limit(rate, quickest):
    return int(rate * quickest)
""",
        "one burst forgotten": """
def safe_limit(rate, quickest):
    return rate // int(1 / quickest)
""",
        "one at least": """
def safe_limit(rate, quickest):
    return max(1, rate // (1 + int(1 / quickest)))
""",
    },
    "check_hold": {
        "a pause that blocks the loop": """
import time
async def make_held(url, count, *, limit, period, client):
    slots, responses = asyncio.Semaphore(limit), []

    async def make_one():
        async with slots:
            responses.append(await client.get(url))
            time.sleep(period)

    await asyncio.gather(*(make_one() for _ in range(count)))
    return responses
""",
        "the pause outside the slot": """
async def make_held(url, count, *, limit, period, client):
    slots, responses = asyncio.Semaphore(limit), []

    async def make_one():
        async with slots:
            responses.append(await client.get(url))
        await asyncio.sleep(period)

    await asyncio.gather(*(make_one() for _ in range(count)))
    return responses
""",
        "too short a pause": """
async def make_held(url, count, *, limit, period, client):
    slots, responses = asyncio.Semaphore(limit), []

    async def make_one():
        async with slots:
            responses.append(await client.get(url))
            await asyncio.sleep(period / limit)

    await asyncio.gather(*(make_one() for _ in range(count)))
    return responses
""",
        "one after the other": """
async def make_held(url, count, *, limit, period, client):
    responses = []
    for _ in range(count):
        responses.append(await client.get(url))
        await asyncio.sleep(period)
    return responses
""",
        "fewer than asked for": """
async def make_held(url, count, *, limit, period, client):
    return await asyncio.gather(*(client.get(url) for _ in range(limit)))
""",
    },
    "check_one_pacer": {
        "a pacer for each batch": """
async def poll_all(url, *, client, rate):
    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(url, 5, client=client, limiter=Pacer(rate), return_exceptions=True)

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
        "the rate handed on": """
async def poll_all(url, *, client, rate):
    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(url, 5, rate=rate, client=client, return_exceptions=True)

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
        "one quota for all, and a third of it": """
async def poll_all(url, *, client, rate):
    pacer = Pacer(rate / 3)

    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(url, 5, client=client, limiter=pacer, return_exceptions=True)

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
        "half of it": """
async def poll_all(url, *, client, rate):
    pacer = Pacer(rate / 2)

    async def poll_four_times():
        for _ in range(4):
            await make_many_requests(url, 5, client=client, limiter=pacer, return_exceptions=True)

    await asyncio.gather(poll_four_times(), poll_four_times(), poll_four_times())
""",
        "fewer requests": """
async def poll_all(url, *, client, rate):
    await make_many_requests(url, 20, rate=rate, client=client, return_exceptions=True)
""",
    },
    "check_limiter": {
        "spaced, and slower with each late wake-up": """
class MyLimiter:
    def __init__(self):
        self.turn = asyncio.Lock()

    async def __aenter__(self):
        async with self.turn:
            await asyncio.sleep(0.05)

    async def __aexit__(self, *exc_info):
        pass
""",
        "a wait that blocks the loop": """
import time
class MyLimiter:
    async def __aenter__(self):
        time.sleep(1 / 20)

    async def __aexit__(self, *exc_info):
        pass
""",
        "a schedule that catches up without bound": """
class MyLimiter:
    def __init__(self):
        self.turn, self.due = asyncio.Lock(), asyncio.get_running_loop().time()

    async def __aenter__(self):
        async with self.turn:
            await asyncio.sleep(self.due - asyncio.get_running_loop().time())
            self.due += 0.05

    async def __aexit__(self, *exc_info):
        pass
""",
        "a log without a margin": """
class MyLimiter:
    def __init__(self):
        self.turn, self.log = asyncio.Lock(), deque([0.0] * 20)

    async def __aenter__(self):
        async with self.turn:
            now = asyncio.get_running_loop().time
            await asyncio.sleep(self.log.popleft() + 1 - now())
            self.log.append(now())

    async def __aexit__(self, *exc_info):
        pass
""",
        "far too slow": """
class MyLimiter:
    async def __aenter__(self):
        await asyncio.sleep(10)

    async def __aexit__(self, *exc_info):
        pass
""",
        "polling without a wait": """
class MyLimiter:
    due = 0

    async def __aenter__(self):
        while asyncio.get_running_loop().time() < self.due:
            await asyncio.sleep(0)
        self.due = asyncio.get_running_loop().time() + 0.05

    async def __aexit__(self, *exc_info):
        pass
""",
        "no limiter": "class MyLimiter:\n    pass\n",
    },
    "check_wait_for": {
        "no jitter": """
def wait_for(response, attempt):
    return float(response.headers.get("Retry-After", 0.5 * 2**attempt))
""",
        "jitter on top": """
def wait_for(response, attempt):
    if "Retry-After" in response.headers:
        return float(response.headers["Retry-After"])
    return 0.5 * 2**attempt + random.uniform(0, 1)
""",
        "deaf to the server": """
def wait_for(response, attempt):
    return random.uniform(0, 0.5 * 2**attempt)
""",
        "text": """
def wait_for(response, attempt):
    return response.headers.get("Retry-After", random.uniform(0, 0.5 * 2**attempt))
""",
    },
    "check_keeps_answers": {
        "the exception of a task that was cancelled": """
async def make_until_failure(url, count, *, limit, client):
    limiter, tasks = asyncio.Semaphore(limit), []
    try:
        async with asyncio.TaskGroup() as group:
            for num in range(count):
                one = semaphore.make_one_request(url, num, client=client, limiter=limiter)
                tasks.append(group.create_task(one))
    except* ValueError:
        pass
    return [task.result() for task in tasks if not task.exception()]
""",
        "everything sent": """
async def make_until_failure(url, count, *, limit, client):
    outcomes = await semaphore.make_many_requests(
        url, count, limit=limit, client=client, return_exceptions=True
    )
    return [outcome for outcome in outcomes if isinstance(outcome, httpx.Response)]
""",
        "stopped, and nothing kept": """
async def make_until_failure(url, count, *, limit, client):
    try:
        return await task_group(url, client)
    except* ValueError:
        pass
""",
        "failures kept too": """
async def make_until_failure(url, count, *, limit, client):
    limiter = asyncio.Semaphore(limit)
    make_one, tasks = semaphore.make_one_request, []
    try:
        async with asyncio.TaskGroup() as group:
            for num in range(count):
                tasks.append(group.create_task(make_one(url, num, client=client, limiter=limiter)))
    except* ValueError:
        pass
    return [task.exception() or task.result() for task in tasks if not task.cancelled()]
""",
    },
    "check_most_requests": {
        "tokens alone": """
def most_requests(requests, tokens, cost):
    return tokens // cost
""",
        "the looser one": """
def most_requests(requests, tokens, cost):
    return max(requests, tokens // cost)
""",
        "rounded up": """
def most_requests(requests, tokens, cost):
    return min(requests, -(-tokens // cost))
""",
        "both halves": """
def most_requests(requests, tokens, cost):
    return min(requests, tokens // cost // 2)
""",
    },
}
