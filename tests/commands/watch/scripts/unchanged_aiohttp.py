"""Prints all that aiohttp says about good, refused and failed requests."""

import asyncio
import sys
import threading

import aiohttp

URL = sys.argv[1]
PATIENCE = aiohttp.ClientTimeout(total=60)


async def show(response):
    print(response.status, response.url, sorted(response.headers))
    print(await response.text(), len(response.history), sorted(vars(response)))
    print(sorted(response.request_info.headers.items()))


async def read(session, address):
    seconds = 0.2 if "slow" in address else 60
    timeout = aiohttp.ClientTimeout(total=60, sock_read=seconds)
    async with session.get(address, timeout=timeout) as response:
        await response.read()


async def show_error(awaitable):
    try:
        await awaitable
    except (aiohttp.ClientError, TimeoutError) as error:
        print(type(error), error)


async def main():
    connector = aiohttp.TCPConnector(limit=3)
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as session:
        for path in ("ok", "away", "refused", "empty"):
            async with session.get(f"{URL}/{path}") as response:
                await show(response)
        async with session.get(f"{URL}/long") as response:
            print(await response.content.read(10))
        for address in (f"{URL}/broken", f"{URL}/slow", "http://127.0.0.1:9/"):
            await show_error(read(session, address))
        await show_error(asyncio.wait_for(session.get(f"{URL}/slow"), 0.1))
        print(threading.active_count(), len(asyncio.all_tasks()))
        async with session.get(f"{URL}/refused") as response:
            response.raise_for_status()


asyncio.run(main())
