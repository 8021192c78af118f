"""60 requests, about 50 a second, all the time."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/items/"


async def main():
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        for number in range(60):
            group.create_task(client.get(f"{URL}{number}"))
            await asyncio.sleep(0.02)


asyncio.run(main())
