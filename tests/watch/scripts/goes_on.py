"""gather raises, the script goes on, and so do the other tasks."""

import asyncio

import httpx

URL = "https://api.example.com/items/"


async def get(client, number):
    await asyncio.sleep(0.03 * number)
    (await client.get(f"{URL}{number}")).raise_for_status()


async def main():
    async with httpx.AsyncClient() as client:
        try:
            await asyncio.gather(*(get(client, n) for n in range(40)))
        except httpx.HTTPStatusError:
            await asyncio.sleep(1.5)


asyncio.run(main())
