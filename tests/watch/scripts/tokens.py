"""More tokens than the API allows a minute; sound: fewer questions."""

import asyncio
import sys

import httpx

URL = f"{sys.argv[1]}/v1/chat/completions"
COUNT = 5 if "sound" in sys.argv else 30


async def ask(client, number):
    messages = [{"role": "user", "content": f"What is {number}?"}]
    body = {"model": "a-model", "messages": messages, "max_tokens": 100}
    return await client.post(URL, json=body)


async def main():
    async with httpx.AsyncClient() as client:
        await asyncio.gather(*(ask(client, n) for n in range(COUNT)))


asyncio.run(main())
