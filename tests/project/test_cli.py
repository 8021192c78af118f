"""The command ``inflight-lab``: to whom it hands over, what it lays out, and what the
wheel brings.
"""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from inflight_lab import PracticeServer, cli
from inflight_lab.publish import series
from inflight_lab.recipes.snippet import snippet
from tests.support.browser import ROOT, make_environment
from tests.support.lab import free_port, wait_until_up
from tests.support.notebook_tools import GLOSSARY, NOTEBOOKS

BIN = Path(sys.executable).parent


def inflight_lab(*arguments: str, bin: Path = BIN) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    return subprocess.run(
        [bin / "inflight-lab", *arguments], capture_output=True, text=True
    )


def test_help_names_every_command() -> None:
    """First what it does without a command, then what each command does."""
    ran = inflight_lab("--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert re.findall(r"^  ([a-z-]+)  +\w", ran.stdout, flags=re.M)[
        : len(cli.COMMANDS)
    ] == list(cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_command_has_a_help(command: str) -> None:
    """It is there, and calls itself as it is called."""
    ran = inflight_lab(command, "--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"inflight-lab {command}" in ran.stdout


def test_run_hands_over() -> None:
    """The rung's own command line takes what follows."""
    ran = inflight_lab("run", "semaphore", "http://127.0.0.1:1/", "--count=-1")
    assert ran.returncode == 2
    assert "count must be 0 or more, got -1" in ran.stderr


def test_snippet_prints_a_recipe_with_your_settings() -> None:
    """Without a name it is the complete script; a setting stands in the code."""
    assert inflight_lab("snippet").stdout == snippet("fetch_all")
    ran = inflight_lab("snippet", "paced", "--rate", "10", "--period", "60")
    assert ran.stdout == snippet("paced", RATE=10, PERIOD=60)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["start"], "no command is called 'start': use one of run, snippet, "),
        (
            ["--folder", __file__],
            "--folder must be a folder that can be created and written to, got ",
        ),
        (["--open", "99"], "--open must be the number of a notebook, got 99"),
        (["snippet", "--rate", "0"], "--rate: must be greater than 0, got 0"),
        (["snippet", "nope"], "no recipe and no rung is called 'nope'"),
        (["site", __file__], "folder must be new or empty, got "),
        (["run", "nope"], "No rung is called 'nope'. Use one of naive, "),
        (["watch"], "required: script\n"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_arguments(arguments: list[str], message: str, tmp_path: Path) -> None:
    """One line says what is wrong, and the exit status is 2."""
    ran = inflight_lab(
        *(argument.replace("{tmp}", str(tmp_path)) for argument in arguments)
    )
    assert (ran.returncode, ran.stdout) == (2, "")
    assert message in ran.stderr.splitlines(keepends=True)[-1]


def test_a_reader_that_has_enough_is_no_error() -> None:
    """As with ``inflight-lab run naive URL | head -1``: what is left is not printed,
    and nothing is said.
    """
    with (
        PracticeServer(latency=0.3) as server,
        subprocess.Popen(
            [
                BIN / "inflight-lab",
                "run",
                "naive",
                server.url,
                "--count=2",
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        ) as ran,
    ):
        assert ran.stdout
        assert ran.stderr
        assert ran.stdout.readline() == b"Making request 0\n"
        ran.stdout.close()
        assert ran.stderr.read() == b""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_a_run_without_a_traceback() -> None:
    """With one sentence, and the exit status that a shell gives to it."""
    command = [str(BIN / "inflight-lab"), "run", "naive"]
    with PracticeServer(latency=60) as server:
        env = os.environ | {"PYTHONUNBUFFERED": "1"}
        pipes: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": env,
        }
        with subprocess.Popen([*command, server.url, "--count=1"], **pipes) as ran:
            assert ran.stdout.readline() == b"Making request 0\n"
            ran.send_signal(signal.SIGINT)
            assert ran.communicate() == (b"", b"Stopped: there is no result.\n")
    assert ran.returncode == 130


def test_without_jupyterlab_it_says_how_to_get_it() -> None:
    """A plain installation has no JupyterLab: two commands that bring it, and nothing
    is laid out.
    """
    without = "import sys; sys.modules['jupyterlab'] = None"
    code = f"{without}; from inflight_lab.cli import main; main([])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "uv run inflight-lab " in ran.stderr
    assert 'pip install "inflight-lab[lab]" && inflight-lab ' in ran.stderr


# ---- The folder


def test_the_folder_has_what_the_notebooks_link_to(tmp_path: Path) -> None:
    """All notebooks, and each file that one of them names."""
    assert series.lay_out(tmp_path) == []
    notebooks = sorted(tmp_path.glob("notebooks/*.ipynb"))
    assert [path.name for path in notebooks] == sorted(
        path.name for path in ROOT.glob("notebooks/*.ipynb")
    )
    for notebook in notebooks:
        for link in re.findall(
            r"\]\((?!https?:)([^)#]+)\)", notebook.read_text(encoding="utf-8")
        ):
            assert (notebook.parent / link).exists(), f"{notebook.name} links to {link}"


def test_what_was_changed_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer version replaces what is as it was laid out, adds what is missing, and
    says what it kept.
    """
    packed, folder = tmp_path / "packed", tmp_path / "mine"
    packed.mkdir()

    def release(**texts: str) -> list[str]:
        for name, text in texts.items():
            (packed / name).write_text(text)
        monkeypatch.setattr(
            series, "files", lambda: {path.name: path for path in packed.iterdir()}
        )
        return series.lay_out(folder)

    def mine() -> dict[str, str]:
        return {
            path.name: path.read_text()
            for path in folder.iterdir()
            if path.name != series.LAID_OUT
        }

    assert release(changed="1", untouched="1", gone="1") == []
    (folder / "changed").write_text("my own")
    (folder / "gone").unlink()
    written = (folder / "untouched").stat().st_mtime_ns
    assert release() == []
    assert (folder / "untouched").stat().st_mtime_ns == written
    assert release(changed="2", untouched="2", new="2") == ["changed"]
    assert mine() == {"changed": "my own", "untouched": "2", "gone": "1", "new": "2"}
    (folder / series.LAID_OUT).write_text("no JSON")
    assert sorted(release(untouched="3", new="3")) == ["changed", "new", "untouched"]
    assert mine() == {"changed": "my own", "untouched": "2", "gone": "1", "new": "2"}


# ---- Started


@contextmanager
def started(folder: Path, bin: Path, **more: str) -> Iterator[str]:
    """The series, opened in JupyterLab without a browser, with ``more`` in its
    environment; its address.
    """
    port = free_port()
    log = folder / "log"
    environment = {
        "JUPYTER_CONFIG_DIR": str(folder),
        "IPYTHONDIR": str(folder),
        "HOME": str(folder),
    }
    options = [
        f"--port={port}",
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        "--ip=127.0.0.1",
    ]
    with log.open("w") as writing:
        process = subprocess.Popen(
            [bin / "inflight-lab", *options],
            env=os.environ | environment | more,
            stderr=writing,
            cwd=folder,
        )
    try:
        wait_until_up(f"http://127.0.0.1:{port}/api", process, log)
        yield f"http://127.0.0.1:{port}/"
    finally:
        process.terminate()
        process.wait(30)


def ask(address: str) -> Any:
    """What JupyterLab's server answers."""
    with urllib.request.urlopen(address, timeout=30) as answer:
        return json.loads(answer.read())


def test_it_begins_with_the_notebook_you_name() -> None:
    """`watch` says ``inflight-lab --open 06`` beside what that notebook explains."""
    assert cli.notebook_of("06") == "notebooks/06_pace_to_the_quota.ipynb"
    assert cli.notebook_of(cli.FIRST_NOTEBOOK) == "notebooks/00_start_here.ipynb"


def test_it_opens_the_series_in_a_folder_of_yours(tmp_path: Path) -> None:
    """Without a command JupyterLab serves the folder that was made, and begins with the
    first notebook.
    """
    with started(tmp_path, BIN) as address:
        served = ask(f"{address}api/contents/notebooks?content=1")["content"]
        with urllib.request.urlopen(address, timeout=30) as first:
            assert first.url == f"{address}lab/tree/notebooks/00_start_here.ipynb"
    assert len(served) == len(list(ROOT.glob("notebooks/*.ipynb")))
    assert (tmp_path / "inflight-lab" / "notebooks").is_dir()


def test_jupyterlab_asks_no_other_site(tmp_path: Path) -> None:
    """It looks for no update, and no question about news covers the panel."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        way_out = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        with started(tmp_path, BIN, HTTPS_PROXY=way_out) as address:
            assert ask(f"{address}lab/api/update")["notification"] is None
            with urllib.request.urlopen(address, timeout=30) as page:
                text = page.read().decode()
        assert '"news": {"disabled": true}' in text
        assert re.search(r'"disabledExtensions": \[[^]]*announcements"', text)
        asked, _, _ = select.select([proxy], [], [], 0)
    assert not asked


@pytest.mark.full
def test_a_clone_is_enough(tmp_path: Path) -> None:
    """The README's first command opens the series in a clone that was just made."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    run = readme.partition("```sh\npip install uv && ")[2].partition("\n")[0]
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    own = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    ran = subprocess.run(
        [*run.split(), "--version"], cwd=clone, env=own, capture_output=True
    )
    assert ran.returncode == 0, ran.stderr
    with started(tmp_path, clone / ".venv" / "bin") as address:
        assert ask(f"{address}api/contents/notebooks?content=1")["content"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built."""
    out = tmp_path_factory.mktemp("wheel")
    uv = os.environ.get("UV") or shutil.which("uv")
    build = (
        [uv, "build", "--wheel"]
        if uv
        else [sys.executable, "-m", "pip", "wheel", "--no-deps"]
    )
    where = ["--out-dir" if uv else "--wheel-dir", out]
    subprocess.run([*build, *where, ROOT], check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    return wheel


def test_the_wheel_brings_the_notebooks(wheel: Path) -> None:
    """All of them, without outputs; and nothing of the repository that it does not
    need.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        found = [name for name in names if name.startswith("inflight_lab/notebooks/")]
        assert len(found) == len(list(ROOT.glob("notebooks/*.ipynb")))
        for name in found:
            notebook = nbformat.reads(archive.read(name).decode(), as_version=4)
            assert not any(cell.get("outputs") for cell in notebook.cells)
    assert {name.partition("/")[0] for name in names} == {
        "inflight_lab",
        wheel.name[: -len("-py3-none-any.whl")] + ".dist-info",
    }


@pytest.mark.full
def test_the_wheel_alone_is_enough(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment, far from the repository: the series opens, and the
    commands work.
    """
    bin = make_environment(tmp_path / "fresh", f"{wheel}[lab]").parent
    with started(tmp_path, bin) as address:
        listed = {
            each["name"]
            for each in ask(f"{address}api/contents/notebooks?content=1")["content"]
        }
        assert {path.name for path in [*NOTEBOOKS, GLOSSARY]} <= listed
    code = """
from jupyter_client.manager import start_new_kernel
manager, client = start_new_kernel()
code = "import inflight_lab.panel.panel"
print(client.execute_interactive(code, timeout=60)["content"]["status"])
manager.shutdown_kernel(now=True)
"""
    assert (
        subprocess.check_output([bin / "python", "-c", code], text=True, cwd=tmp_path)
        == "ok\n"
    )
    assert inflight_lab("snippet", bin=bin).stdout == inflight_lab("snippet").stdout
    assert inflight_lab("run", bin=bin).stdout == inflight_lab("run").stdout
    with PracticeServer(latency=0) as server:
        ran = inflight_lab("run", "semaphore", server.url, "--count=5", bin=bin)
    assert (ran.returncode, server.stats().accepted) == (0, 5)
    assert inflight_lab("site", str(tmp_path / "site"), bin=bin).stderr.endswith(
        "Python 3.12 or newer\n"
    )
