"""A semaphore around gather; sound: around each request."""

import asyncio
import contextlib
import sys

import httpx

URL = f"{sys.argv[1]}/items/"
SLOTS = asyncio.Semaphore(5)
NO_LIMIT = contextlib.nullcontext()
AROUND_ALL, AROUND_EACH = SLOTS, NO_LIMIT
if "sound" in sys.argv:
    AROUND_ALL, AROUND_EACH = NO_LIMIT, SLOTS


async def get(client, number):
    async with AROUND_EACH:
        await client.get(f"{URL}{number}")


async def main():
    async with httpx.AsyncClient() as client, AROUND_ALL:
        await asyncio.gather(*(get(client, n) for n in range(20)))


asyncio.run(main())
