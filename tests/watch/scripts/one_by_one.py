"""One after the other; sound: three at once."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/items/"
LIMIT = 3 if "sound" in sys.argv else 1


async def work(client, numbers):
    for number in numbers:
        await client.get(f"{URL}{number}")


async def main():
    numbers = iter(range(12))
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(work(client, numbers) for _ in range(LIMIT)))


asyncio.run(main())
