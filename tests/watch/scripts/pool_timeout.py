"""Requests that wait too long for a connection; sound: they wait at a semaphore."""

import asyncio
import contextlib
import sys

import httpx

URL = f"{sys.argv[1]}/items/"
LIMITS = httpx.Limits(max_connections=5)
TIMEOUT = httpx.Timeout(60, pool=0.01)


async def main():
    waiting = asyncio.Semaphore(5) if "sound" in sys.argv else contextlib.nullcontext()

    async def get(client, number):
        async with waiting:
            return await client.get(f"{URL}{number}")

    async with httpx.AsyncClient(limits=LIMITS, timeout=TIMEOUT) as client:
        requests = (get(client, n) for n in range(20))
        await asyncio.gather(*requests, return_exceptions=True)


asyncio.run(main())
