"""Refused requests are repeated at once; sound: after the time that the API asks for, and a random one."""

import asyncio
import random
import sys

import httpx

URL = "https://api.example.com/items/"


async def main():
    async def get(client, number):
        for _ in range(20):
            response = await client.get(URL if "one address" in sys.argv else f"{URL}{number}")
            if response.status_code != 429:
                break
            if "sound" in sys.argv:
                await asyncio.sleep(float(response.headers["Retry-After"]) + 2 * random.random())

    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(15)))


asyncio.run(main())
