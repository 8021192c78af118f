"""All pause equally long, and come back together; sound: a random time longer."""

import asyncio
import random
import sys

import httpx

URL = f"{sys.argv[1]}/items/"


async def get(client, number):
    for attempt in range(attempts):
        response = await client.get(f"{URL}{number}")
        if response.is_success:
            break
        pause = 1.1 * 2 ** min(attempt, 2)
        await asyncio.sleep(pause + random.uniform(0, jitter))


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(30)))


jitter, attempts = (3, 9) if "sound" in sys.argv else (0, 3)
asyncio.run(main())
