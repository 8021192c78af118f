"""Each number is asked for once, all at the same time; sound: only three of them."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/items/"
COUNT = 3 if "sound" in sys.argv else 30


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(client.get(f"{URL}{n}") for n in range(COUNT)))
        await asyncio.sleep(0.5)
        await asyncio.gather(*(client.get(f"{URL}{n}") for n in range(2)))


asyncio.run(main())
