"""Whether what the lessons print still fits their prose beside busy processes.

``python -m tests.benchmarks.busy_lessons [--busy 8] [--times 5] [--cores 2]
[notebooks/03*.ipynb ...]``

Runs every notebook, again and again, beside processes that never wait, on the same
cores, and checks each run as the tests do.  Prints a line for each run, what was wrong
in it, and at the end a table.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from tests.notebooks.one_run import expect_one_run_fits
from tests.support.busy import busy_machine
from tests.support.notebook_tools import COMPARISON, NOTEBOOKS
from tests.support.run_all import NO_REDIS, PROMISED

PATIENCE = 4 * PROMISED
"""Seconds that Run All may take beside the others."""


def main() -> None:
    """Run, check, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "notebooks", nargs="*", type=Path, default=[*NOTEBOOKS, COMPARISON]
    )
    parser.add_argument("--busy", type=int, default=8, help="how many never wait")
    parser.add_argument("--times", type=int, default=5, help="runs of each notebook")
    parser.add_argument("--cores", type=int, default=2, help="what they all share")
    options = parser.parse_args()
    os.environ["REDIS_URL"] = NO_REDIS
    fitted: Counter[Path] = Counter()
    with busy_machine(options.busy, options.cores):
        for turn in range(options.times):
            for path in options.notebooks:
                fitted[path] += fits(path.resolve(), turn=turn + 1)
    print("\n| notebook | runs | as the prose says |\n|---|---|---|")
    for path in options.notebooks:
        print(f"| {path.stem} | {options.times} | {fitted[path]} |")
    sys.exit(fitted.total() < options.times * len(options.notebooks))


def fits(path: Path, *, turn: int) -> bool:
    """Run a notebook once; print how long it took, and what was wrong."""
    begun = time.perf_counter()
    wrong = ""
    try:
        expect_one_run_fits(path, within=PATIENCE)
    except AssertionError as error:
        wrong = f"{error}" or place_of(error)
    took = time.perf_counter() - begun
    print(f"{turn}: {path.stem}, {took:.0f} s: {wrong or 'fits'}", flush=True)
    return not wrong


def place_of(error: AssertionError) -> str:
    """The line that failed, of a check that says no more."""
    at = error.__traceback__
    while at and at.tb_next:
        at = at.tb_next
    if at is None:
        return "failed"
    code = at.tb_frame.f_code
    return f"{Path(code.co_filename).name}, line {at.tb_lineno}, in {code.co_name}"


if __name__ == "__main__":
    main()
