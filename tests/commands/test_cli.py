"""The command ``inflight-lab``: to whom it hands over, what it lays out, and what the
wheel brings.
"""

from __future__ import annotations

import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import pytest

from inflight_lab import PracticeServer
from inflight_lab.commands import cli, lab
from inflight_lab.commands.publish import series
from inflight_lab.commands.snippet.script import snippet
from inflight_lab.extras import how_to_install
from tests.support.browser import ROOT, UV, make_environment
from tests.support.children import free_port, listening
from tests.support.notebooks.notebook_tools import GLOSSARY, NOTEBOOKS
from tests.support.waiting import PATIENCE

BIN = Path(sys.executable).parent
Capture = pytest.CaptureFixture[str]


def ended(arguments: str) -> object:
    """The exit status with which the command ends."""
    try:
        cli.main(shlex.split(arguments))
    except SystemExit as ended:
        return ended.code
    return 0


def test_help_names_every_command(capsys: Capture) -> None:
    """First what it does without a command, then what each command does."""
    assert ended("--help") == 0
    named = re.findall(r"^  ([a-z-]+)  +\w", capsys.readouterr().out, flags=re.M)
    assert named[: len(cli.COMMANDS)] == list(cli.COMMANDS)


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_command_has_a_help(command: str, capsys: Capture) -> None:
    """It is there, and calls itself as it is called."""
    assert ended(f"{command} --help") == 0
    assert f"inflight-lab {command}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("start", "no command is called 'start': use one of run, snippet, "),
        (f"--folder {__file__}", "--folder must be a folder that can be created"),
        ("--folder ''", "argument --folder: must be a folder, got ''"),
        ("--open 99", "--open must be one of 00, 01, 02, "),
        ("--open 99", " 15, compare, glossary, questions, show, got '99'"),
        ("--open ''", ", got ''"),
        ("watch", "required: script\n"),
    ],
)
def test_bad_arguments(arguments: str, message: str, capsys: Capture) -> None:
    """The last line says what is wrong, and the exit status is 2."""
    assert ended(arguments) == 2
    printed = capsys.readouterr()
    assert message in printed.err.splitlines(keepends=True)[-1]
    assert printed.out == ""


@contextmanager
def sending(latency: float) -> Iterator[subprocess.Popen[bytes]]:
    """``inflight-lab run`` in its own process, when it has sent its first request."""
    with PracticeServer(latency=latency) as server:
        options: dict[str, Any] = {
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "env": os.environ | {"PYTHONUNBUFFERED": "1"},
        }
        command = [str(BIN / "inflight-lab"), "run", "naive", server.url, "--count=2"]
        with subprocess.Popen(command, **options) as ran:
            assert ran.stdout
            assert ran.stdout.readline() == b"Making request 0\n"
            yield ran


def test_a_reader_that_has_enough_is_no_error() -> None:
    """As with ``inflight-lab run naive URL | head -1``: what is left is not printed,
    and nothing is said.
    """
    with sending(latency=0.3) as ran:
        assert ran.stdout
        assert ran.stderr
        ran.stdout.close()
        assert ran.stderr.read() == b""


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_a_run_without_a_traceback() -> None:
    """With one sentence, and the exit status that a shell gives to it."""
    with sending(latency=60) as ran:
        ran.send_signal(signal.SIGINT)
        _, said = ran.communicate()
    assert said == b"Stopped: there is no result.\n"
    assert ran.returncode == 130


def test_ctrl_c_ends_any_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was printed stays, and nothing is added."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("inflight_lab.commands.publish.site.build", interrupt)
    assert ended("site folder") == 130


@pytest.mark.parametrize(
    ("arguments", "absent", "module", "extra"),
    [
        ("", "jupyterlab.labapp", "commands.lab", "lab"),
        ("run shared_quota", "throttled", "runners.shared_quota", "redis"),
        ("class", "segno", "commands.classroom.class_room", "practice"),
        ("site x", "nbformat", "commands.publish.site", "browser"),
        ("site x", "jupyterlite_core", "", "browser"),
    ],
)
def test_what_is_not_installed_is_named_with_how_to_get_it(
    arguments: str,
    absent: str,
    module: str,
    extra: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In one line, with the extra that brings it to where this package is."""
    monkeypatch.setitem(sys.modules, absent, None)
    for name in (module, "commands.classroom.__main__"):
        monkeypatch.delitem(sys.modules, f"inflight_lab.{name}", raising=False)
    if module == "commands.lab":  # an attribute of its package, too
        monkeypatch.delattr("inflight_lab.commands.lab", raising=False)
    said = str(ended(arguments))
    assert re.findall(r"\[\w+\]", said) == [f"[{extra}]"]
    assert how_to_install(extra) in said
    assert "\n" not in said


# ---- The folder


def test_the_folder_has_what_the_notebooks_link_to(tmp_path: Path) -> None:
    """All notebooks, and each file that one of them names."""
    assert series.lay_out(tmp_path) == []
    notebooks = sorted(tmp_path.glob("notebooks/*.ipynb"))
    names = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))
    assert [path.name for path in notebooks] == names
    for notebook in notebooks:
        text = notebook.read_text(encoding="utf-8")
        for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
            assert (notebook.parent / link).exists(), f"{notebook.name} links to {link}"


def test_what_was_changed_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A newer version replaces what is as it was laid out, adds what is missing, and
    says what it kept.
    """
    packed, folder = tmp_path / "packed", tmp_path / "mine"
    packed.mkdir()
    monkeypatch.setattr(
        series, "files", lambda: {path.name: path for path in packed.iterdir()}
    )

    def release(**texts: str) -> list[str]:
        for name, text in texts.items():
            (packed / name).write_text(text)
        return series.lay_out(folder)

    def mine() -> dict[str, str]:
        texts = {path.name: path.read_text() for path in folder.iterdir()}
        del texts[series.LAID_OUT]
        return texts

    assert release(changed="1", untouched="1", gone="1") == []
    (folder / "changed").write_text("my own")
    (folder / "gone").unlink()
    written = (folder / "untouched").stat().st_mtime_ns
    assert release() == []
    assert (folder / "untouched").stat().st_mtime_ns == written
    assert release(changed="2", untouched="2", new="2") == ["changed"]
    assert mine() == {"changed": "my own", "untouched": "2", "gone": "1", "new": "2"}
    for broken in ("no JSON", "[]", "null"):
        (folder / series.LAID_OUT).write_text(broken)
        kept = release(untouched="3", new="3")
        assert sorted(kept) == ["changed", "new", "untouched"]
        assert mine()["new"] == "2"


# ---- Started


@contextmanager
def started(folder: Path, bin: Path = BIN, **more: str) -> Iterator[str]:
    """The series, opened in JupyterLab without a browser, with ``more`` in its
    environment; its address.
    """
    port = free_port()
    command = [str(bin / "inflight-lab"), f"--port={port}", "--ip=127.0.0.1"]
    command += ["--no-browser", "--IdentityProvider.token="]
    with listening(command, port, folder, **more):
        yield f"http://127.0.0.1:{port}/"


def served_notebooks(address: str) -> set[str]:
    """The names of the notebooks that JupyterLab's server has."""
    listing = urllib.request.urlopen(f"{address}api/contents/notebooks?content=1")
    with listing as answer:
        return {each["name"] for each in json.loads(answer.read())["content"]}


def test_it_begins_with_the_notebook_you_name() -> None:
    """`watch` says ``inflight-lab --open 06`` beside what that notebook explains."""
    assert cli.notebook_of("06") == "notebooks/06_pace_to_the_quota.ipynb"
    assert cli.notebook_of("6") == cli.notebook_of("06")
    assert cli.notebook_of("show") == "notebooks/show_it_to_a_class.ipynb"


def test_what_else_is_switched_off_in_jupyterlab_stays_off() -> None:
    """Whoever disabled an extension finds it disabled in the series too."""
    page = lab.without_news(None, {"disabledExtensions": ["of-mine"]})
    assert page["disabledExtensions"] == ["of-mine", lab.NEWS]


def test_it_opens_the_series_and_asks_no_other_site(tmp_path: Path) -> None:
    """JupyterLab serves the folder that was made, and begins with the first notebook;
    it looks for no update, and no question about news covers the panel.
    """
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        way_out = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        with started(tmp_path, HTTPS_PROXY=way_out) as address:
            served = served_notebooks(address)
            with urllib.request.urlopen(address) as first:
                assert first.url == f"{address}lab/tree/notebooks/00_start_here.ipynb"
                page = first.read().decode()
        asked, _, _ = select.select([proxy], [], [], 0)
    assert not asked
    assert re.search(r'"disabledExtensions": \[[^]]*announcements"', page)
    notebooks = {path.name for path in ROOT.glob("notebooks/*.ipynb")}
    assert served == {*notebooks, "images"}
    assert (tmp_path / "inflight-lab" / "notebooks").is_dir()


def said_at_start(folder: Path, *options: str) -> list[str]:
    """What the command prints in the home ``folder``, until it has printed its notice,
    or until it ends.
    """
    port = free_port()
    command = [str(BIN / "inflight-lab"), f"--port={port}", "--no-browser", *options]
    log = folder / "log"
    deadline = time.monotonic() + PATIENCE
    with listening(command, port, folder):
        while "Rename yours" not in log.read_text():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.02)
        address = re.findall(r"http://127\S+", log.read_text())[-1]
        with urllib.request.urlopen(address) as page:
            assert page.status == 200
    return log.read_text().splitlines()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory in which somebody has changed a notebook of the series."""
    changed = tmp_path / "inflight-lab" / "notebooks" / "00_start_here.ipynb"
    changed.parent.mkdir(parents=True)
    changed.write_text("my own", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("options", [[], ["--IdentityProvider.token="]])
def test_the_address_is_the_last_that_one_reads(options: list[str], home: Path) -> None:
    """No log hides it, and what is to know about the folder stands below it; root, who
    needs no other command, reads that it is for this computer only.
    """
    *above, address, notice = said_at_start(home, *options)
    assert re.match(r" +http://127\.0\.0\.1:\d+/lab", address)
    assert notice.endswith("Rename yours to get both.")
    assert len(above) < 9
    assert not any(line.startswith("[I ") for line in above)
    roots = [line for line in above if line.startswith("You are root: ")]
    assert len(roots) == (os.geteuid() == 0)


def test_who_asks_for_the_log_gets_it(home: Path) -> None:
    """As with any Jupyter."""
    said = said_at_start(home, "--log-level=INFO")
    assert any(line.startswith("[I ") for line in said)


def refused(home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """The command for all of the network, which ends by itself."""
    options = ["--no-browser", "--ip=0.0.0.0", f"--folder={folder}"]
    return subprocess.run(
        [BIN / "inflight-lab", *options],
        env=os.environ | {"HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="for root alone")
def test_root_is_refused_where_others_can_reach_it(tmp_path: Path) -> None:
    """Jupyter's own refusal stays, and names the flag."""
    ran = refused(tmp_path, tmp_path / "series")
    assert ran.returncode == 1
    assert ran.stderr.splitlines()[-1].endswith("Use --allow-root to bypass.")
    assert ran.stdout == ""


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """Jupyter keeps files there as well: one line says what to set."""
    home = tmp_path / "home"
    home.touch()  # not even root writes into a file
    ran = refused(home, tmp_path / "series")
    assert ran.returncode == 1
    (said,) = ran.stderr.splitlines()
    assert said.startswith("JupyterLab cannot write its own files (")
    assert said.endswith(": set HOME to a folder that can be written to")


def test_a_tilde_is_the_home_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also behind ``--folder=``, where a shell leaves it as it is."""
    monkeypatch.setenv("HOME", "/home/ada")
    options = cli.make_parser().parse_args(["--folder=~/x"])
    assert options.folder == Path("/home/ada/x")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, built."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir"]
    if UV:
        build = [UV, "build", "--wheel", "--out-dir"]
    subprocess.run([*build, out, ROOT], check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    return wheel


def test_the_wheel_brings_the_notebooks(wheel: Path) -> None:
    """All of them, without outputs, and their drawings; and nothing of the repository
    that it does not need, such as the film of the README.
    """
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        brought = {name for name in names if name.startswith("inflight_lab/notebooks/")}
        files = [*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("notebooks/images/*.svg")]
        assert brought == {f"inflight_lab/{file.relative_to(ROOT)}" for file in files}
        for name in brought:
            if not name.endswith(".ipynb"):
                continue
            notebook = nbformat.reads(archive.read(name).decode(), as_version=4)
            assert not any(cell.get("outputs") for cell in notebook.cells)
    info = wheel.name.replace("-py3-none-any.whl", ".dist-info")
    assert {name.partition("/")[0] for name in names} == {"inflight_lab", info}


@pytest.mark.nightly
def test_the_wheel_alone_is_enough(wheel: Path, tmp_path: Path) -> None:
    """In a fresh environment, far from the repository: the series opens, and the
    commands work.
    """
    bin = make_environment(tmp_path / "fresh", f"{wheel}[lab]").parent

    def printed(*command: str) -> str:
        ran = subprocess.run(
            [bin / command[0], *command[1:]], capture_output=True, text=True
        )
        return ran.stdout + ran.stderr

    with started(tmp_path, bin) as address:
        assert {path.name for path in [*NOTEBOOKS, GLOSSARY]} <= served_notebooks(
            address
        )
    assert (
        printed("python", "-c", "import ipykernel, inflight_lab.lesson.panel.panel")
        == ""
    )
    assert printed("inflight-lab", "snippet") == snippet("fetch_all")
    with PracticeServer(latency=0) as server:
        printed("inflight-lab", "run", "semaphore", server.url, "--count=5")
    assert server.stats().accepted == 5
    site = printed("inflight-lab", "site", str(tmp_path / "site"))
    assert site.endswith("Python 3.12 or newer\n")
