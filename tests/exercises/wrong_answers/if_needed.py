"""Plausible wrong answers to the exercises of notebooks 10, 14 and 15."""

from __future__ import annotations

from tests.exercises.wrong_answers.wrong_answer import WrongAnswer

WRONG = [
    WrongAnswer(
        check="check_learns",
        mistake="it learns from no answer",
        code="""
async def send_all(client, numbers):
    pacer = adaptive.LearningPacer(15)
    patiently = Patience()

    async def send(number):
        return await client.get("/items", params={"id": number})

    return await asyncio.gather(*(patiently(pacer, send, num) for num in numbers))
""",
    ),
    WrongAnswer(
        check="check_learns",
        mistake="slower for ever",
        code="""
async def send_all(client, numbers):
    pacer = Pacer(10)
    patiently = Patience()

    async def send(number):
        return await client.get("/items", params={"id": number})

    return await asyncio.gather(*(patiently(pacer, send, num) for num in numbers))
""",
    ),
    WrongAnswer(
        check="check_learns",
        mistake="a search from the beginning",
        code="""
async def send_all(client, numbers):
    pacer = adaptive.LearningPacer()
    patiently = Patience()

    async def send(number):
        response = await client.get("/items", params={"id": number})
        pacer.learn(response)
        return response

    return await asyncio.gather(*(patiently(pacer, send, num) for num in numbers))
""",
    ),
    WrongAnswer(
        check="check_gives_up",
        mistake="a wait after the last attempt",
        code="""
async def try_five_times(client, url):
    for _ in range(5):
        response = await client.get(url)
        if response.status_code != 429:
            break
        await asyncio.sleep(float(response.headers["Retry-After"]))
    return response
""",
    ),
    WrongAnswer(
        check="check_gives_up",
        mistake="five retries, so six attempts",
        code="""
async def try_five_times(client, url):
    response = await client.get(url)
    for _ in range(5):
        if response.status_code != 429:
            break
        await asyncio.sleep(float(response.headers["Retry-After"]))
        response = await client.get(url)
    return response
""",
    ),
    WrongAnswer(
        check="check_gives_up",
        mistake="a minute, whatever the API says",
        code="""
async def try_five_times(client, url):
    for attempt in range(5):
        response = await client.get(url)
        if response.status_code != 429 or attempt == 4:
            return response
        await asyncio.sleep(60)
""",
    ),
    WrongAnswer(
        check="check_both_quotas",
        mistake="the second quota the wrong way round",
        code="""
async def send_all(client, urls):
    pacer = Pacer(20, 1, also=[(10, 60)], limit=50)

    async def fetch(url):
        async with pacer:
            return await client.get(url)

    return await asyncio.gather(*map(fetch, urls), return_exceptions=True)
""",
    ),
    WrongAnswer(
        check="check_both_quotas",
        mistake="the second quota alone",
        code="""
async def send_all(client, urls):
    pacer = Pacer(60, 10, limit=50)

    async def fetch(url):
        async with pacer:
            return await client.get(url)

    return await asyncio.gather(*map(fetch, urls), return_exceptions=True)
""",
    ),
]
