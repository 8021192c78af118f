"""Prints all that httpx says about good, refused and failed requests."""

import asyncio
import sys
import threading

import httpx

URL = sys.argv[1]


def show(response):
    print(response.status_code, response.url, sorted(response.headers), response.text)
    print(len(response.history), sorted(vars(response)), dict(response.request.headers))


async def show_error(awaitable):
    try:
        await awaitable
    except (httpx.HTTPError, TimeoutError) as error:
        print(type(error), error)


async def main():
    limits = httpx.Limits(max_connections=3)
    async with httpx.AsyncClient(
        follow_redirects=True, timeout=60, limits=limits
    ) as client:
        for path in ("ok", "away", "refused", "empty"):
            show(await client.get(f"{URL}/{path}"))
        async with client.stream("GET", f"{URL}/long") as response:
            async for part in response.aiter_bytes(10):
                print(part)
                break
        for address in (f"{URL}/broken", "http://127.0.0.1:9/"):
            await show_error(client.get(address))
        await show_error(client.get(f"{URL}/slow", timeout=httpx.Timeout(60, read=0.2)))
        await show_error(asyncio.wait_for(client.get(f"{URL}/slow"), 0.1))
        given_up = asyncio.create_task(client.get(f"{URL}/slow"))
        await asyncio.sleep(0.1)
    await show_error(given_up)
    print(threading.active_count(), len(asyncio.all_tasks()))


with httpx.Client(follow_redirects=True) as client:
    for path in ("ok", "away", "refused", "empty"):
        show(client.get(f"{URL}/{path}"))
asyncio.run(main())
httpx.get(f"{URL}/refused").raise_for_status()
