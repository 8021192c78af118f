"""A semaphore for each request; sound: one for all."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/items/"


async def main():
    shared = asyncio.Semaphore(5)

    async def get(client, number):
        async with shared if "sound" in sys.argv else asyncio.Semaphore(5):
            return await client.get(f"{URL}{number}")

    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(20)))


asyncio.run(main())
