"""The files of the series: in a clone of the repository as well as where only the package is installed."""

import hashlib
import json
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
ROOT = PACKAGE.parents[1]
"""The clone, where this is one."""
LAID_OUT = ".inflight-lab.json"
"""A file that remembers what `lay_out` wrote, so that it can tell what was changed since."""


def files() -> dict[str, Path]:
    """Each file of the series, by its place in a folder: the notebooks, and the runners that they link to."""
    packed = PACKAGE / "notebooks"  # of a wheel
    notebooks = packed if packed.exists() else ROOT / "notebooks"
    found = {f"notebooks/{path.name}": path for path in notebooks.glob("*.ipynb")}
    runners = {
        f"src/inflight_lab/runners/{path.name}": path
        for path in PACKAGE.glob("runners/*.py")
    }
    return dict(sorted((found | runners).items()))


def lay_out(folder: Path) -> list[str]:
    """Put the series into ``folder``; returns which newer files were not, since they were changed there.

    What is missing is written, and what is as it was written before is brought up to
    date. Raises ``OSError`` where the folder cannot be made or written.
    """
    try:
        written: dict[str, str] = json.loads(
            (folder / LAID_OUT).read_text(encoding="utf-8")
        )
    except (FileNotFoundError, ValueError):
        written = {}
    kept = []
    for name, source in files().items():
        target, new = folder / name, source.read_bytes()
        old = target.read_bytes() if target.exists() else None
        if old not in (None, new) and digest(old) != written.get(name):
            kept += [name] if written.get(name) != digest(new) else []
            continue
        written[name] = digest(new)
        if old != new:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(new)
    (folder / LAID_OUT).write_text(json.dumps(written), encoding="utf-8")
    return kept


def digest(content: bytes | None) -> str:
    """A few letters that tell two contents apart."""
    return hashlib.sha256(content or b"").hexdigest()
