"""The money is spent, and each task tries again; sound: each tries once."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/items/"
ATTEMPTS = 1 if "sound" in sys.argv else 3


async def get(client, number):
    for _ in range(ATTEMPTS):
        response = await client.get(f"{URL}{number}")
        if response.is_success:
            break
        await asyncio.sleep(0.3)


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(8)))


asyncio.run(main())
