"""A pause while the slot is held; sound: work that takes long, within the quota."""

import asyncio
import sys
import time

import httpx

URL = f"{sys.argv[1]}/items/"
SLOTS = asyncio.Semaphore(4)


async def get(client, number):
    async with SLOTS:
        await client.get(f"{URL}{number}")
        if "sound" in sys.argv:
            await asyncio.to_thread(time.sleep, 1.1)
        else:
            await asyncio.sleep(0.3)


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(12)))


asyncio.run(main())
