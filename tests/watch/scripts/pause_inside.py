"""A pause while the slot is held; sound: after it is given back."""

import asyncio
import sys

import httpx

URL = "https://api.example.com/items/"
SLOTS = asyncio.Semaphore(4)


async def get(client, number):
    async with SLOTS:
        await client.get(f"{URL}{number}")
        if "sound" not in sys.argv:
            await asyncio.sleep(0.3)
    await asyncio.sleep(0.3)


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(16)))


asyncio.run(main())
