"""The command ``inflight-lab judge my_limiter.py:Limiter``."""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inflight_lab.judge.card import compare, judge


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge what the command line names, and print its card; of several, one table."""
    about = "A card for a limiter: what it does with a quota."
    parser = argparse.ArgumentParser("inflight-lab judge", description=about)
    add = parser.add_argument
    add("limiter", nargs="+", help="FILE.py:NAME, such as my_limiter.py:Limiter")
    add(
        "--rate",
        type=float,
        default=100,
        help="requests that it allows per period; default: %(default)s",
    )
    add("--period", type=float, default=1.0, help="seconds; default: %(default)s")
    options = parser.parse_args(arguments)
    quota = {"rate": options.rate, "period": options.period}
    try:
        limiters = {place: _named(place) for place in options.limiter}
        print(
            compare(limiters, **quota)
            if len(limiters) > 1
            else judge(*limiters.values(), **quota)
        )
    except (TypeError, ValueError) as error:
        parser.error(str(error))


def _named(place: str) -> Any:
    """What stands there.  Raises ``ValueError`` if there is nothing."""
    file, _, name = place.rpartition(":")
    if not file.endswith(".py"):
        raise ValueError(f"limiter must be FILE.py:NAME, got {place!r}")
    sys.path.insert(
        0, str(Path(file).resolve().parent)
    )  # what a file imports may lie beside it
    try:
        spec: Any = importlib.util.spec_from_file_location(file, file)
        module = sys.modules[file] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return getattr(module, name)
    except (Exception, SystemExit) as error:
        raise ValueError(
            f"limiter must be FILE.py:NAME, got {place!r}: {error}"
        ) from error
