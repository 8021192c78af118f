"""Refused requests are repeated at once."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/items/"


async def get(client, number):
    for _ in range(4):
        response = await client.get(f"{URL}{number}")
        if response.status_code != 429:
            break


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(get(client, n) for n in range(15)))


asyncio.run(main())
