"""The command ``inflight-lab judge my_limiter.py:Limiter``."""

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inflight_lab.judge import compare, judge


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge what the command line names: print a card, or one table for several."""
    parser = _parser()
    options = parser.parse_args(arguments)
    quota = {"rate": options.rate, "period": options.period}
    try:
        limiters = {place: _load(place) for place in options.limiter}
        if len(limiters) == 1:
            (limiter,) = limiters.values()
            print(judge(limiter, **quota))
        else:
            print(compare(limiters, **quota))
    except (TypeError, ValueError) as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "inflight-lab judge",
        description="Judges a limiter: how much of a quota it uses, and how it fails.",
    )
    parser.add_argument(
        "limiter",
        nargs="+",
        help="FILE.py:NAME, such as my_limiter.py:Limiter; several are compared",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=100,
        help="requests that the API allows per period; default: %(default)s",
    )
    parser.add_argument(
        "--period",
        type=float,
        default=1.0,
        help="how long a period is, in seconds; default: %(default)s",
    )
    return parser


def _load(place: str) -> Any:
    """Run a file and take the name from it; ``place`` is ``FILE.py:NAME``."""
    file, _, name = place.rpartition(":")
    wanted = f"limiter must be FILE.py:NAME, got {place!r}"
    if not file.endswith(".py"):
        raise ValueError(wanted)
    # A file may import others from its folder.
    sys.path.insert(0, str(Path(file).resolve().parent))
    try:
        spec: Any = importlib.util.spec_from_file_location(file, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[file] = module
        spec.loader.exec_module(module)
        return getattr(module, name)
    except (Exception, SystemExit) as error:
        raise ValueError(f"{wanted}: {error}") from error
