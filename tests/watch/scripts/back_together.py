"""All pause equally long, and come back together; sound: a random time longer."""

import asyncio
import random
import sys

import httpx

URL = "https://api.example.com/items/"


async def get(client, number):
    for attempt in range(3):
        response = await client.get(f"{URL}{number}")
        if response.is_success:
            break
        pause = 1.1 * 2**attempt
        await asyncio.sleep(pause + random.uniform(0, jitter))


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(30)))


jitter = 3 if "sound" in sys.argv else 0
asyncio.run(main())
