"""Packages from npm that pages of the tests load: the parts of other front ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

NPM = shutil.which("npm")
JUPYTER = Path(sys.prefix) / "share" / "jupyter"
ANYWIDGET = JUPYTER / "nbextensions" / "anywidget" / "index.js"
"""anywidget's own part, which it brings along for pages that are not JupyterLab's."""


def unpack(package: str, folder: Path) -> Path:
    """An npm package such as ``@scope/name@1``, put into ``folder``; returns where its
    files are.
    """
    assert NPM, "there is no npm"
    subprocess.run([NPM, "pack", package], cwd=folder, check=True, capture_output=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    archive.unlink()
    return (folder / "package").rename(folder / package.rpartition("/")[2])
