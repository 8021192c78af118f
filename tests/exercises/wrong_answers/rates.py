"""Plausible wrong answers to the exercises of notebooks 05 to 08."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
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
        check="check_fixed",
        mistake="a lower limit",
        code="""
async def main(url):
    limiter = asyncio.Semaphore(5)
    async with httpx.AsyncClient(timeout=30) as client:

        async def make_one_request(num):
            async with limiter:
                return await client.get(url, params={"num": num})

        return await asyncio.gather(*map(make_one_request, range(60)))
""",
    ),
    WrongAnswer(
        check="check_fixed",
        mistake="a pacer for each request",
        code="""
async def main(url):
    async with httpx.AsyncClient(timeout=30) as client:

        async def make_one_request(num):
            async with Pacer(20):
                return await client.get(url, params={"num": num})

        return await asyncio.gather(*map(make_one_request, range(60)))
""",
    ),
    WrongAnswer(
        check="check_fixed",
        mistake="only as many as are allowed",
        code="""
async def main(url):
    async with httpx.AsyncClient(timeout=30) as client:
        return await asyncio.gather(*(client.get(url) for _ in range(20)))
""",
    ),
]
