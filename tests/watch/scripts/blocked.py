"""Something blocks the event loop while requests are in flight; sound: it is awaited."""

import asyncio
import json
import sys
import time

import httpx

URL = "https://api.example.com/items/"
LARGE = json.dumps([{"number": n} for n in range(400_000)])


async def work(client, number):
    for part in range(
        2
    ):  # the second requests are in flight while others block, however busy the machine is
        await client.get(f"{URL}{number}/{part}")
        if "sleep" in sys.argv:
            time.sleep(0.1)  # noqa: ASYNC251
        elif "parse" in sys.argv:
            for _ in range(3):  # between two of them, whoever looks on gets a turn
                json.loads(LARGE)
        elif "client" in sys.argv:
            httpx.get(f"{URL}{number}/{part}/more")  # noqa: ASYNC210
        else:
            await asyncio.sleep(0.1)


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(work(client, n) for n in range(6)))


asyncio.run(main())
