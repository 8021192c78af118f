"""Which of its files a script filled with practice answers: watch names them, and no
others.
"""

from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab.recipes.snippet import snippet
from inflight_lab.watch.events import OpenedFile, Raised
from inflight_lab.watch.leftovers import (
    MAX_NAMED_FILES,
    warn_of_made_up_data,
    warn_of_practice_answers,
    written_files,
)
from inflight_lab.watch.nearby_files import files_changed_nearby
from inflight_lab.watch.request_log import RequestLog
from tests.support.watching import (
    PROCESS,
    Job,
    Made,
    log_of,
    log_of_script,
    logs_of,
    watch_here,
)

PRACTICE = ("--no-browser", "--practice", "1000/s")
SAVES = """
import json, httpx

HEADERS = {"Authorization": "Bearer hunter2"}
URL = "https://ada:hunter2@api.example.com/"
with httpx.Client(headers=HEADERS, cookies={"session": "hunter2"}) as client:
    answers = [client.get(URL + name).json() for name in "ab"]
with open("results.jsonl", "a") as results:
    for answer in answers:
        results.write(json.dumps(answer) + "\\n")
"""


def with_old_files(folder: Path) -> Path:
    """A folder with files in it that were there before."""
    folder.mkdir(exist_ok=True)
    for name in ("old.txt", "old.jsonl"):
        (folder / name).write_text("data\n")
        os.utime(folder / name, (1, 1))
    with sqlite3.connect(folder / "old.db") as database:
        database.execute("create table answers (answer)")
    database.close()
    with sqlite3.connect(folder / "log.db") as database:
        database.execute("pragma journal_mode = wal")
        database.execute("create table answers (answer)")
    database.close()
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory of its own."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def named(folder: Path, text: str, *arguments: str) -> list[str]:
    """The files that watch names after a script with this text ran in practice."""
    log = log_of_script(folder, text, *arguments)
    return written_files(log, folder / "script.py", Path.cwd())


def test_results_of_practice_are_named_and_hold_no_secret(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The last words name the results file, in which no key, cookie or password is."""
    (here / "my_script.py").write_text(SAVES)
    done = watch_here(capfd, *PRACTICE, "my_script.py")
    assert done.status == 0, done.said
    saved = (here / "results.jsonl").read_text()
    assert saved.count("(not shown)") == 4
    assert "hunter2" not in saved + done.said
    assert done.said.endswith(
        "\nBefore a real run, delete results.jsonl, because this run wrote "
        "practice answers there, not data.\n"
    )


def test_a_printed_script_keeps_practice_answers_apart(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Run for real afterwards, it asks the API for all of them; a second practice run
    has nothing to ask, and hears why.
    """
    script = snippet("fetch_all", URL="https://api.test/{id}", IDS=[1, 2])
    (here / "my_script.py").write_text(script)
    done = watch_here(capfd, *PRACTICE, "my_script.py")
    assert done.status == 0, done.said
    assert not (here / "results.jsonl").exists()
    assert "2 of 2 have an answer in practice-results.jsonl" in done.output
    assert "delete practice-results.jsonl" in done.said
    again = watch_here(capfd, *PRACTICE, "my_script.py")
    assert (
        "No request was seen.\nPerhaps nothing was left to do: practice-results.jsonl "
        "already has the answers of an earlier practice run." in again.said
    )
    assert "Before a real run" not in again.said


def test_data_that_was_there_is_not_to_be_deleted_unseen(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A file from before the run may hold real answers besides those of practice."""
    (here / "my_script.py").write_text(SAVES)
    (here / "results.jsonl").write_text("data\n")
    done = watch_here(capfd, *PRACTICE, "my_script.py")
    assert done.said.endswith(
        "\nBefore a real run, delete results.jsonl, or restore what was there, "
        "because this run added practice answers.\n"
    )


def test_what_the_shell_redirected_is_not_named(here: Path) -> None:
    """The output of watch and of the script is no results file."""
    (here / "my_script.py").write_text("print('done')")
    command = [sys.executable, "-m", "inflight_lab.watch", *PRACTICE, "my_script.py"]
    with open("out.txt", "w") as out, open("said.txt", "w") as said:
        subprocess.run(command, stdout=out, stderr=said, check=True)
    assert Path("out.txt").read_text() == "done\n"
    assert Path("said.txt").read_text().endswith("watch: No request was seen.\n")


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
    "sqlite, killed while only its log is written": Way(
        "database = sqlite3.connect('log.db'); "
        "database.execute('insert into answers values (1)'); "
        "database.commit(); os._exit(0)",
        ["log.db"],
    ),
    "renamed": Way(
        "open('part', 'w').write('1'); os.replace('part', 'old.txt')", ["old.txt"]
    ),
    "in a folder": Way(
        "os.mkdir('out'); os.chdir('out'); open('new.txt', 'w').write('1')",
        ["out/new.txt"],
    ),
    "twice": Way(
        "[open(name, 'a').write('1') for name in ('b', 'a', 'b')]", ["b", "a"]
    ),
    "only read": Way(
        "open('old.txt').read(); "
        "sqlite3.connect('old.db').execute('select * from answers')",
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
import os, pathlib, sqlite3

def save(database, first="create table if not exists answers (answer)"):
    database.execute(first)
    database.execute("insert into answers values (1)")
    database.commit()
    database.close()

"""


def test_a_file_is_named_if_it_was_written(tmp_path: Path) -> None:
    """Whatever Python opens it with, once, if it is still there and not as before."""
    folders = [with_old_files(tmp_path / str(number)) for number in range(len(WAYS))]
    jobs = [
        Job(text=BEGINNING + way.does, folder=folder)
        for way, folder in zip(WAYS.values(), folders, strict=True)
    ]
    logs = logs_of(tmp_path, jobs)
    found = {
        name: written_files(log, folder / "script.py", folder)
        for name, log, folder in zip(WAYS, logs, folders, strict=True)
    }
    assert found == {
        name: [os.path.normpath(path) for path in way.named]
        for name, way in WAYS.items()
    }


def test_what_a_child_of_the_script_writes_is_named(here: Path) -> None:
    """If that is Python, too."""
    does = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}])"
    text = does.format("open('new.txt', 'w').write('1')")
    assert named(here, text) == ["new.txt"]


def test_an_empty_file_holds_no_practice_answers(here: Path) -> None:
    """Such as that of a script that was stopped by a missing key."""
    assert named(here, "open('results.jsonl', 'a').close()") == []


def test_what_lies_elsewhere_has_its_whole_path(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Such as what an argument of the script names."""
    results = str(tmp_path_factory.mktemp("results") / "new.txt")
    folder = here / "project"
    folder.mkdir()
    text = "import sys; open(sys.argv[1], 'w').write('1')"
    assert named(folder, text, results) == [results]


def test_temporary_files_are_not_named(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a library leaves among the temporary files, or among Python's own, is no
    result; a name of the script's own in the temporary folder is one.
    """
    temporary = here / "temporary"
    for name in ("temporary/cache", "python", "site-packages", "project"):
        (here / name).mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(temporary))
    leftovers = "inflight_lab.watch.leftovers"
    monkeypatch.setattr(f"{leftovers}.TEMPORARY", str(temporary))
    monkeypatch.setattr(f"{leftovers}.NOT_RESULTS", [str(temporary), "python"])
    text = """
import os, tempfile
for folder in ("temporary/cache", "python", "site-packages", "project", "temporary"):
    open(f"{folder}/new", "w").write("1")
os.close(tempfile.mkstemp()[0])
file, name = tempfile.mkstemp()
os.write(file, b"1")
os.close(file)
os.replace(name, "renamed")
"""
    assert named(here, text) == ["project/new", "temporary/new", "renamed"]
    assert len(list(temporary.glob("tmp*"))) == 1


def test_no_more_than_ten_are_named(tmp_path: Path) -> None:
    """The others are counted."""
    log = RequestLog()
    for number in range(MAX_NAMED_FILES + 2):
        path = tmp_path / f"{number}.txt"
        path.write_text("1")
        log.note(OpenedFile(0.0, 1, str(path), changed=0))
    (words,) = warn_of_practice_answers(
        log, tmp_path / "script.py", tmp_path, began=math.inf
    )
    assert "delete 0.txt, 1.txt, " in words
    assert ", 9.txt and 2 more files, because" in words


UNSEEN = """
import os, subprocess, sqlite3

def write_unseen(name):
    subprocess.run(["touch", name], check=True)

os.mkdir("out")
for name in ("new.parquet", "out/new.parquet", ".hidden", "my_script.py", "edited.py"):
    write_unseen(name)
database = sqlite3.connect("new.db")
database.execute("pragma journal_mode = wal")
database.execute("create table answers (answer)")
os._exit(0)
"""


def test_what_others_wrote_nearby_is_named_apart(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What Python did not open itself, such as a Parquet file, may hold practice
    answers too; the script, hidden files and a database's own are not meant.
    """
    with_old_files(here)
    (here / "my_script.py").write_text(UNSEEN)
    done = watch_here(capfd, *PRACTICE, "my_script.py")
    assert done.status == 0, done.said
    assert done.said.endswith(
        "\nBefore a real run, delete new.db, because this run wrote "
        "practice answers there, not data.\n"
        "Also changed during the run, by a library or another program: "
        f"new.parquet, {Path('out/new.parquet')}. "
        "Practice answers may be in there, too: look, and delete them before a real "
        "run.\n"
    ), done.said


def test_only_so_many_files_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of a million files keeps nobody waiting; what was there before does not
    count, nor what lies two levels below.
    """
    for name in ("1", "2", "folder/3", "folder/deep/4"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
        os.utime(path, (100, 100))
    names = [
        str(path.relative_to(tmp_path)) for path in files_changed_nearby(tmp_path, 99)
    ]
    assert names == ["1", "2", str(Path("folder/3"))]
    assert files_changed_nearby(tmp_path, 100) == []
    monkeypatch.setattr("inflight_lab.watch.nearby_files.MAX_FILES", 1)
    assert len(files_changed_nearby(tmp_path, 99)) == 1


def test_a_notebook_is_no_script(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """It says what to use in there, and starts nothing."""
    (here / "mine.ipynb").write_text('{"cells": null}')
    done = watch_here(capfd, *PRACTICE, "mine.ipynb")
    assert (done.status, "Traceback" in done.said) == (2, False)
    assert done.said.endswith(
        "mine.ipynb is a notebook, not a script: in it, use "
        "`from inflight_lab import Watch`\n"
    )


def test_without_practice_nothing_is_said(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The answers are data then: no file is named."""
    (here / "my_script.py").write_text("open('new.txt', 'w').write('1')")
    done = watch_here(capfd, "--no-browser", "my_script.py")
    assert (here / "new.txt").read_text() == "1"
    assert done.said.endswith("watch: No request was seen.\n")


def test_a_script_may_delete_where_it_runs(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nothing is left to name, and watch ends as the script does."""
    (here / "my_script.py").write_text(
        "import os, shutil; open('new.txt', 'w'); shutil.rmtree(os.getcwd())"
    )
    done = watch_here(capfd, *PRACTICE, "my_script.py")
    assert done.status == 0
    assert "Traceback" not in done.said


FAILS = """
import os
os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
for name in ("nul\\0", "new.txt", 1.5, "/", None):
    try:
        open(name, "w")
    except Exception as error:
        print(type(error).__name__)
"""


def test_what_cannot_be_opened_fails_as_usual(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The script hears from Python what was wrong, and nothing of watch."""
    (here / "my_script.py").write_text(FAILS)
    done = watch_here(capfd, *PRACTICE, "my_script.py")
    assert done.status == 0
    assert done.output.split() == [
        "ValueError",
        "FileNotFoundError",
        "TypeError",
        "IsADirectoryError",
        "TypeError",
    ]
    assert "Traceback" not in done.said


READS_A_FIELD = """
import asyncio, httpx

async def main():
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        group.create_task(price_of(client))

async def price_of(client):
    return (await client.get("https://api.example.com/1")).json()["price"]

asyncio.run(main())
"""


def test_a_script_that_ends_by_what_practice_answers(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """It may run with the API: the last words say so."""
    (here / "my_script.py").write_text(READS_A_FIELD)
    done = watch_here(capfd, *PRACTICE, "my_script.py")
    assert done.status == 1
    assert "KeyError ended the script: practice answers hold none" in done.said


def test_errors_that_have_nothing_to_do_with_the_data() -> None:
    """Nor is anything said where nothing was answered."""
    field = Raised(1.0, PROCESS, "KeyError", "")
    refused = field._replace(error="HTTPStatusError")
    assert warn_of_made_up_data(log_of([Made()], field))
    assert warn_of_made_up_data(log_of([Made()], refused)) == []
    assert warn_of_made_up_data(log_of([Made(status=429)], field)) == []
