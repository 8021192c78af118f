"""The files of the series: from a clone, or from where the package is installed."""

import hashlib
import itertools
import json
from pathlib import Path

PACKAGE = Path(__file__).parents[2]
ROOT = PACKAGE.parents[1]
"""The clone, where this is one."""
LINKED_TO = ("recipes", "runners")
"""The packages whose files the notebooks link to."""
LAID_OUT = ".inflight-lab.json"
"""A file with the digests of all that `lay_out` wrote, to see what changed since."""


def notebooks() -> Path:
    """Where the notebooks and their pictures are: in a wheel, or in a clone."""
    of_a_wheel = PACKAGE / "notebooks"
    return of_a_wheel if of_a_wheel.exists() else ROOT / "notebooks"


def files() -> dict[str, Path]:
    """Each file of the series, by its place in a folder.

    These are the notebooks, their pictures, and the files that they link to.
    """
    folder = notebooks()
    found = {}
    for kind in ("*.ipynb", "images/*.svg"):
        for path in folder.glob(kind):
            found[f"notebooks/{path.relative_to(folder).as_posix()}"] = path
    for room, kind in itertools.product(LINKED_TO, ("*.py", "*.diff")):
        for path in PACKAGE.joinpath(room).rglob(kind):
            place = path.relative_to(PACKAGE).as_posix()
            found[f"src/inflight_lab/{place}"] = path
    return dict(sorted(found.items()))


def lay_out(folder: Path) -> list[str]:
    """Put the series into ``folder``, and return which newer files were left out.

    A missing file is written.  A file that nobody has changed is brought up to date.  A
    file that somebody has changed stays: if the series has a newer one, that is left
    out.  Raises ``OSError`` if the folder cannot be made or written.
    """
    written = digests_in(folder)
    left_out = []
    for name, source in files().items():
        target = folder / name
        before = written.get(name)
        new = source.read_bytes()
        if is_changed(target, before, new):
            if digest(new) != before:
                left_out.append(name)
            continue
        write_if_new(target, new)
        written[name] = digest(new)
    (folder / LAID_OUT).write_text(json.dumps(written), encoding="utf-8")
    return left_out


def digests_in(folder: Path) -> dict[str, str]:
    """The digests of the files that were written before, by name."""
    try:
        text = (folder / LAID_OUT).read_text(encoding="utf-8")
        digests = json.loads(text)
    except (FileNotFoundError, ValueError):
        return {}
    return digests if isinstance(digests, dict) else {}


def is_changed(target: Path, written: str | None, new: bytes) -> bool:
    """Whether ``target`` was changed: `lay_out` neither wrote it nor would write it."""
    if not target.exists():
        return False
    content = target.read_bytes()
    return content != new and digest(content) != written


def write_if_new(target: Path, content: bytes) -> None:
    """Write ``content``, unless it is there already."""
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def digest(content: bytes) -> str:
    """The SHA-256 of ``content``, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
