"""More than 10 a second, all the time; sound: 5 a second."""

import asyncio
import sys

import httpx

URL = "https://api.example.com/items/"
COUNT, PAUSE = (12, 0.2) if "sound" in sys.argv else (60, 0.02)


async def main():
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        for number in range(COUNT):
            group.create_task(client.get(f"{URL}{number}"))
            await asyncio.sleep(PAUSE)


asyncio.run(main())
