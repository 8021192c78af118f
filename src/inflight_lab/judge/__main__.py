"""The command ``inflight-lab judge my_limiter.py:Limiter``."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from inflight_lab.judge.card import judge


def main(arguments: Sequence[str] | None = None) -> None:
    """Judge what the command line names, and print its card."""
    parser = argparse.ArgumentParser(
        "inflight-lab judge", description="A card for a limiter: what it does with a quota."
    )
    parser.add_argument("limiter", help="FILE.py:NAME, such as my_limiter.py:Limiter, or MODULE:NAME")
    parser.add_argument(
        "--rate", type=float, default=100, help="requests that it allows per period; default: %(default)s"
    )
    parser.add_argument("--period", type=float, default=1.0, help="seconds; default: %(default)s")
    options = parser.parse_args(arguments)
    place, colon, name = options.limiter.rpartition(":")
    if not colon or not name:
        parser.error(f"limiter must be FILE.py:NAME or MODULE:NAME, got {options.limiter!r}")
    try:
        limiter = getattr(_loaded(place), name)
    except (OSError, ImportError, AttributeError, SyntaxError) as error:
        parser.error(f"limiter must name something that can be imported, got {options.limiter!r}: {error}")
    try:
        card = judge(limiter, rate=options.rate, period=options.period)
    except (TypeError, ValueError) as error:
        parser.error(str(error))
    print(card)


def _loaded(place: str) -> Any:
    """The module in a file, or of that name.  What the file imports may lie beside it."""
    if not place.endswith(".py"):
        sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(place)
    path = Path(place).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec
    assert spec.loader
    module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main()
