"""More requests at once than the client has connections; sound: no more than it has."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/items/"
LIMITS = httpx.Limits(max_connections=40 if "sound" in sys.argv else 10)


async def main():
    async with httpx.AsyncClient(limits=LIMITS) as client:
        await asyncio.gather(*(client.get(f"{URL}{n}") for n in range(40)))


asyncio.run(main())
