"""15 at once, every two seconds, where 12 a second are allowed; sound: 10 at once."""

import asyncio
import sys

import httpx

URL = "https://api.example.com/items/"
BURST = 10 if "sound" in sys.argv else 15


async def main():
    async with httpx.AsyncClient() as client:
        for burst in range(3):
            await asyncio.gather(
                *(client.get(f"{URL}{burst}/{n}") for n in range(BURST)),
                asyncio.sleep(2),
            )


asyncio.run(main())
