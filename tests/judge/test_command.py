"""``inflight-lab judge``, and what its room loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from inflight_lab.judge.__main__ import main

LOADED = """
import sys
import inflight_lab.judge
unwanted = {"starlette", "uvicorn", "ipywidgets", "anywidget", "traitlets", "IPython"}
rooms = {"inflight_lab.server", "inflight_lab.panel", "inflight_lab.plot"}
print(sorted((unwanted | rooms) & sys.modules.keys()))
"""


def test_the_room_loads_no_server_and_no_widget() -> None:
    """Whoever judges a limiter needs neither."""
    run = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert run.stdout == "[]\n"


def test_the_command_judges_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """``FILE.py:NAME``; what lies beside the file can be imported from it."""
    (tmp_path / "beside.py").write_text("LIMIT = 1\n")
    file = tmp_path / "mine.py"
    file.write_text(
        "import asyncio\n"
        "from beside import LIMIT\n"
        "def mine():\n"
        "    return asyncio.Semaphore(LIMIT)\n"
        "def other():\n"
        "    return asyncio.Semaphore(LIMIT + 1)\n"
    )
    quota = ["--rate", "7", "--period", "2"]
    main([f"{file}:mine", *quota])
    assert capsys.readouterr().out.startswith("mine: share of the quota used")
    main([f"{file}:mine", f"{file}:other", *quota])
    head, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == [f"{file}:mine", f"{file}:other"]


@pytest.mark.parametrize(
    ("argument", "word"),
    [
        ("mine.py", "limiter must be FILE.py:NAME, got 'mine.py'"),
        ("missing.py:Limiter", "No such file"),
        (f"{__file__}:Missing", "has no attribute 'Missing'"),
        (f"{__file__}:Path", "limiter must be what makes one"),
        ("notes.txt:Limiter", "limiter must be FILE.py:NAME, got 'notes.txt:Limiter'"),
        (
            f"{__file__}:needs_one",
            "limiter must need no arguments, got needs_one "
            "(missing a required argument: 'argument')",
        ),
    ],
)
def test_the_command_says_what_it_cannot_judge(
    argument: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line and exit status 2."""
    with pytest.raises(SystemExit, match="2"):
        main([argument])
    printed = capsys.readouterr().err
    assert word in printed
    assert "Traceback" not in printed


def needs_one(argument: object) -> object:
    """It is not a limiter that the judge could make."""
    return argument


@pytest.mark.parametrize("error", ["ValueError", "RuntimeError", "SystemExit"])
def test_the_command_says_which_file_it_cannot_run(
    error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What a file raises when it is run comes with its name, whatever it is."""
    file = tmp_path / "broken.py"
    file.write_text(f"raise {error}('no key')")
    with pytest.raises(SystemExit, match="2"):
        main([f"{file}:Limiter"])
    assert f"got '{file}:Limiter': no key" in capsys.readouterr().err
