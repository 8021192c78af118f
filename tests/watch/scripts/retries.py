"""Refused requests are repeated at once; sound: after the time that the API asks for, and a random one.

Paced: a little too fast, and what is refused is repeated after a fixed second; sound:
after a random time.
"""

import asyncio
import random
import sys

import httpx

URL = "https://api.example.com/items/"
PACED = "paced" in sys.argv


async def main():
    async def get(client, number):
        for _ in range(20):
            response = await client.get(
                URL if "one address" in sys.argv else f"{URL}{number}"
            )
            if response.status_code != 429:
                break
            if PACED:
                await asyncio.sleep(1 + 3 * random.random() * ("sound" in sys.argv))
            elif "sound" in sys.argv:
                await asyncio.sleep(
                    float(response.headers["Retry-After"]) + 2 * random.random()
                )

    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        for number in range(45 if PACED else 15):
            group.create_task(get(client, number))
            await asyncio.sleep(1 / 14 if PACED else 0)


asyncio.run(main())
