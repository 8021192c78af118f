"""The event loop is blocked while requests are in flight; sound: it is awaited."""

import asyncio
import sys
import time

import httpx

URL = f"{sys.argv[1]}/items/"


async def work(client, number):
    # However busy the machine is, the second requests are in flight while others block.
    for part in range(2):
        await client.get(f"{URL}{number}/{part}")
        if "sound" in sys.argv:
            await asyncio.sleep(0.1)
        else:
            time.sleep(0.1)  # noqa: ASYNC251


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(work(client, n) for n in range(6)))


asyncio.run(main())
