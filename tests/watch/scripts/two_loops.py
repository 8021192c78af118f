"""openai's client sends again, in a loop that calls again; sound: only one does."""

import asyncio
import random
import sys

import openai

RETRIES = 0 if "sound" in sys.argv else 1


async def ask(client, number):
    for _ in range(2):
        try:
            return await client.chat.completions.create(
                model="a-model",
                messages=[{"role": "user", "content": f"What is {number}?"}],
            )
        except openai.APIStatusError:
            await asyncio.sleep(random.uniform(1.1, 1.6))
    return None


async def main():
    async with openai.AsyncOpenAI(
        api_key="k", base_url=f"{sys.argv[1]}/v1", max_retries=RETRIES
    ) as client:
        await asyncio.gather(*(ask(client, n) for n in range(6)))


asyncio.run(main())
