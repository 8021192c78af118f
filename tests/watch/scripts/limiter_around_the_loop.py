"""A rate limiter around the loop; sound: around each request."""

import asyncio
import contextlib
import sys

import httpx
from aiolimiter import AsyncLimiter

URL = f"{sys.argv[1]}/items/"
LIMITER = AsyncLimiter(5, 1)
NO_LIMIT = contextlib.nullcontext()
AROUND_ALL, AROUND_EACH = LIMITER, NO_LIMIT
if "sound" in sys.argv:
    AROUND_ALL, AROUND_EACH = NO_LIMIT, LIMITER


async def get(client, number):
    async with AROUND_EACH:
        await client.get(f"{URL}{number}")


async def main():
    async with httpx.AsyncClient() as client:
        async with AROUND_ALL:
            tasks = [asyncio.create_task(get(client, n)) for n in range(12)]
        await asyncio.gather(*tasks)


asyncio.run(main())
