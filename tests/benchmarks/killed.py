"""`fetch_all` as a script that is killed and started again: what that costs.

``python -m tests.benchmarks.killed [--ids 3000] [--rate 100] [--kills 2]``

The practice server counts in a sliding window, answers after 0.1 s, and 2 % of the
requests get a 500.  The script is killed with ``kill -9``, each time after an equal
share of the ids.  Printed are the time from the first start to the end of the last one,
beside the time that the quota alone would take; the 429s; the ids that have no answer,
or two; and the requests for an id whose answer was in the file already.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from inflight_lab import PracticeServer
from inflight_lab.recipes.snippet import snippet
from tests.support.faults import answer
from tests.support.faulty_path import FaultyPath
from tests.support.pasting import start
from tests.support.waiting import until

FAILURES = 0.02
PATIENCE = 3600.0  # seconds


def ids_in(file: Path) -> list[int]:
    """Those that have an answer in whole lines."""
    if not file.exists():
        return []
    *lines, _torn = file.read_text("ascii").split("\n")
    keys = [json.loads(line)["key"] for line in lines]
    return [int(key.rpartition("=")[2]) for key in keys]


def ids_asked_for(heads: list[str]) -> list[int]:
    """The id of each request."""
    return [int(id) for id in re.findall(r"(?m)^GET \S*\?id=(\d+)", "\n".join(heads))]


async def measure(ids: int, *, rate: int, kills: int, folder: Path) -> None:
    """Start the script, kill it, start it again, and print what came of it."""
    harmed = {number for number in range(3 * ids) if random.random() < FAILURES}
    quota: dict[str, Any] = {"quota": "sliding-window", "rate": rate, "period": 1.0}
    with PracticeServer(latency=0.1, **quota) as server:
        async with FaultyPath(server, answer(500), harmed=harmed) as path:
            script = folder / "my_script.py"
            settings: dict[str, Any] = {"IDS": range(ids), "RATE": rate}
            url = f"{path.url}?id={{id}}"
            script.write_text(snippet("fetch_all", URL=url, **settings))
            began = time.perf_counter()
            too_many = 0
            for number in range(1, kills + 1):
                kill_after = ids * number // (kills + 1)
                too_many += await run_once(script, path, kill_after=kill_after)
            too_many += await run_once(script, path)
            elapsed = time.perf_counter() - began
        refused = server.stats().refused
    print(f"{elapsed:.1f} s, and the quota alone takes {ids / rate:g} s")
    print(f"{path.seen} requests: {path.harmed_count} got a 500 and {refused} a 429")
    print_ids(ids_in(folder / "results.jsonl"), ids)
    print(f"{too_many} requests for an id that was written before")


async def run_once(
    script: Path, path: FaultyPath, *, kill_after: int | None = None
) -> int:
    """Start the script, and kill it once that many requests were seen in all.

    Returns how many requests it sent for ids that were in the file when it started.
    """
    written = set(ids_in(script.with_name("results.jsonl")))
    before = len(path.heads)
    process = await start(script)
    if kill_after:
        await until(lambda: path.seen >= kill_after, patience=PATIENCE)
        process.kill()
    await process.communicate()
    return sum(id in written for id in ids_asked_for(path.heads[before:]))


def print_ids(found: list[int], ids: int) -> None:
    """Whether each id has one answer."""
    answers = Counter(found)
    twice = [id for id, count in answers.items() if count > 1]
    missing = ids - len(answers)
    print(f"{len(answers)} ids in the file, {missing} missing, {len(twice)} twice")


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ids", type=int, default=3000)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--kills", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(
            measure(
                options.ids,
                rate=options.rate,
                kills=options.kills,
                folder=Path(folder),
            )
        )


if __name__ == "__main__":
    main()
