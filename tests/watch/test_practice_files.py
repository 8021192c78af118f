"""Which of its files a script filled with practice answers: watch names them, and no
others.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab.watch.leftovers import MOST, written_files
from tests.support.watching import see, watch

PRACTICE = ("--no-browser", "--practice", "1000/s")
SAVES = """
import json, httpx

with httpx.Client(headers={"Authorization": "Bearer hunter2"}, cookies={"session": "hunter2"}) as client:
    answers = [client.get(f"https://ada:hunter2@api.example.com/{n}").json() for n in "ab"]
with open("results.jsonl", "a") as results:
    for answer in answers:
        results.write(json.dumps(answer) + "\\n")
"""


def named(folder: Path, text: str, *arguments: str) -> list[str]:
    """The files that watch names after a script with this text was run in practice."""
    script = folder / "my_script.py"
    script.write_text(text)
    return written_files(see(folder, script, *arguments), script, Path.cwd())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own, with files in it that were there before."""
    monkeypatch.chdir(tmp_path)
    for name in ("old.txt", "old.jsonl"):
        (tmp_path / name).write_text("data\n")
        os.utime(tmp_path / name, (1, 1))
    with sqlite3.connect("old.db") as database:
        database.execute("create table answers (answer)")
    database.close()
    return tmp_path


def test_results_of_practice_are_named_and_hold_no_secret(here: Path) -> None:
    """The last words name the results file, in which no key, cookie or password is."""
    (here / "my_script.py").write_text(SAVES)
    done = watch(*PRACTICE, "my_script.py", cwd=here)
    assert done.returncode == 0, done.stderr
    saved = (here / "results.jsonl").read_text()
    assert saved.count("(not shown)") == 4
    assert "hunter2" not in saved
    assert done.stderr.endswith(
        "\nPractice answers, not data, are now in results.jsonl. Do not let a real run go on from there.\n"
    )


class Way(NamedTuple):
    """What a script does, and which files are named then."""

    does: str
    named: list[str]


WAYS = {
    "open": Way("open('new.txt', 'w').write('1')", ["new.txt"]),
    "appended": Way("open('old.jsonl', 'a').write('1')", ["old.jsonl"]),
    "changed": Way("open('old.jsonl', 'r+').write('1')", ["old.jsonl"]),
    "pathlib": Way("pathlib.Path(b'new.txt'.decode()).write_text('1')", ["new.txt"]),
    "bytes": Way("open(b'new.txt', 'xb').write(b'1')", ["new.txt"]),
    "os.open": Way(
        "os.write(os.open('new.txt', os.O_WRONLY | os.O_CREAT), b'1')", ["new.txt"]
    ),
    "sqlite": Way("save(sqlite3.connect('old.db'))", ["old.db"]),
    "sqlite, new": Way(
        "save(sqlite3.connect('file:new.db?mode=rwc', uri=True))", ["new.db"]
    ),
    "renamed": Way(
        "open('part', 'w').write('1'); os.replace('part', 'old.txt')", ["old.txt"]
    ),
    "in a folder": Way(
        "os.mkdir('out'); os.chdir('out'); open('new.txt', 'w').write('1')",
        ["out/new.txt"],
    ),
    "by a child": Way(
        'subprocess.run([sys.executable, \'-c\', \'open("new.txt", "w").write("1")\'])',
        ["new.txt"],
    ),
    "twice": Way(
        "[open(name, 'a').write('1') for name in ('b', 'a', 'b')]", ["b", "a"]
    ),
    "only read": Way(
        "open('old.txt').read(); sqlite3.connect('old.db').execute('select * from answers')",
        [],
    ),
    "not changed": Way("open('old.txt', 'r+').close()", []),
    "deleted": Way("open('new.txt', 'w').write('1'); os.remove('new.txt')", []),
    "in memory": Way(
        "save(sqlite3.connect(':memory:'), 'create table answers (answer)')", []
    ),
    "no file": Way(
        "open(os.devnull, 'w').write('1'); open(1, 'w', closefd=False).write('1')", []
    ),
    "compiled": Way(
        "open('other.py', 'w').close(); import other; os.remove('other.py')", []
    ),
}
BEGINNING = """
import os, pathlib, sqlite3, subprocess, sys

def save(database, first="create table if not exists answers (answer)"):
    database.execute(first)
    database.execute("insert into answers values (1)")
    database.commit()
    database.close()

"""


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_file_is_named_if_it_was_written(here: Path, way: Way) -> None:
    """Whatever Python opens it with, once, if it is still there and not as it was
    before.
    """
    assert named(here, BEGINNING + way.does) == [
        os.path.normpath(name) for name in way.named
    ]


def test_what_lies_elsewhere_has_its_whole_path(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Such as what an argument of the script names."""
    results = tmp_path_factory.mktemp("results") / "new.txt"
    folder = here / "project"
    folder.mkdir()
    text = "import sys; open(sys.argv[1], 'w').write('1')"
    assert named(folder, text, str(results)) == [str(results)]


def test_temporary_files_are_not_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a library leaves among the temporary files, or among Python's own, is no
    result.
    """
    for name in ("temporary", "python", "site-packages", "project"):
        (here / name).mkdir()
    monkeypatch.setattr(
        "inflight_lab.watch.leftovers.NOT_RESULTS", ["temporary", "python"]
    )
    text = "for n in ('temporary', 'python', 'site-packages', 'project'): open(f'{n}/new', 'w').write('1')"
    assert named(here, text) == ["project/new"]


def test_no_more_than_ten_are_named(here: Path) -> None:
    """The others are counted."""
    (here / "my_script.py").write_text(
        f"for n in range({MOST + 2}): open(f'{{n}}.txt', 'w').write('1')"
    )
    said = watch(*PRACTICE, "my_script.py", cwd=here).stderr
    assert " are now in 0.txt, 1.txt, " in said
    assert ", 9.txt and 2 more files. Do not" in said


def test_without_practice_nothing_is_said(here: Path) -> None:
    """The answers are data then: no file is named."""
    (here / "my_script.py").write_text("open('new.txt', 'w').write('1')")
    done = watch("--no-browser", "my_script.py", cwd=here)
    assert (here / "new.txt").read_text() == "1"
    assert done.stderr.endswith("watch: No request of httpx or httpx2 was seen.\n")


def test_a_script_may_delete_where_it_runs(here: Path) -> None:
    """Nothing is left to name, and watch ends as the script does."""
    (here / "my_script.py").write_text(
        "import os, shutil; open('new.txt', 'w'); shutil.rmtree(os.getcwd())"
    )
    done = watch(*PRACTICE, "my_script.py", cwd=here)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


FAILS = """
import os, sqlite3
os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
for name in ("nul\\0", "new.txt", 1.5, "/", None):
    try:
        open(name, "w")
    except Exception as error:
        print(type(error).__name__)
"""


def test_what_cannot_be_opened_fails_as_usual(here: Path) -> None:
    """The script hears from Python what was wrong, and nothing of watch."""
    (here / "my_script.py").write_text(FAILS)
    done = watch(*PRACTICE, "my_script.py", cwd=here)
    assert (done.returncode, done.stdout.split()) == (
        0,
        [
            "ValueError",
            "FileNotFoundError",
            "TypeError",
            "IsADirectoryError",
            "TypeError",
        ],
    )
    assert "Traceback" not in done.stderr
