"""A script pasted whole into a notebook."""

from __future__ import annotations

from tests.support.notebook_tools import kernel
from tests.support.run_all import RUN_ALL

PASTED = """
import asyncio

import httpx
import nest_asyncio

nest_asyncio.apply()

client = httpx.AsyncClient()
semaphore = asyncio.Semaphore(3)


async def make_one_request(url, num):
    async with semaphore:
        return await client.get(url, headers={"Content-Type": "application/json"})


async def make_many_requests(url, count):
    tasks = [asyncio.create_task(make_one_request(url, num)) for num in range(count)]
    return await asyncio.gather(*tasks)


if __name__ == "__main__":
    responses = asyncio.run(make_many_requests(URL, 12))
    print(len(responses), {response.status_code for response in responses})
"""


def test_script_pasted_whole_runs_twice_and_so_do_the_cells_behind_it() -> None:
    """`enable_nested_run`: module-level client and semaphore, a nested run, and no
    queued cell is lost.
    """
    set_up = """
from inflight_lab import PracticeServer, enable_nested_run
server = PracticeServer(latency=0.2).start()
URL = server.url
enable_nested_run()
"""
    cells = [
        set_up,
        PASTED,
        PASTED,
        "print('behind it')",
        "print(await make_one_request(URL, 1))",
        "print(1)",
    ]
    with kernel() as fresh:
        runs = fresh.run_all(cells, within=RUN_ALL)
        assert [(run.status, run.error) for run in runs] == [("ok", "")] * len(cells)
        assert [run.text.strip() for run in runs[1:]] == [
            "12 {200}",
            "12 {200}",
            "behind it",
            "<Response [200 OK]>",
            "1",
        ]
        assert fresh.value("server.stats().peak_in_flight") == 3
