"""More in flight than connections are kept; sound: as many as are kept."""

import asyncio
import sys

import httpx

URL = "https://api.example.com/items/"
LIMIT = 20 if "sound" in sys.argv else 40


async def main():
    slots = asyncio.Semaphore(LIMIT)

    async def get(client, number):
        async with slots:
            return await client.get(f"{URL}{number}")

    async with httpx.AsyncClient(timeout=60) as client:
        await asyncio.gather(*(get(client, n) for n in range(200)))


asyncio.run(main())
