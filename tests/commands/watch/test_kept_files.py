"""``--practice``: whoever follows the advice has all files as they were."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.watching import watch_text

PRACTISED = {
    "files of each kind": """
import csv, json, pathlib
pathlib.Path("out/a.json").write_text("practised")
with open("results.json", "a") as file:
    file.write("practised")
with open("items.csv", "w", newline="") as file:
    csv.writer(file).writerows([["practised"]])
open("out/deep/b.json", "r+").close()
""",
    "a folder is deleted and made again": """
import os, shutil
open("out/new.json", "w").write("practised")
shutil.rmtree("out")
os.mkdir("out")
open("out/a.json", "w").write("practised")
""",
    "a folder is renamed": """
import os
open("out/a.json", "a").write("practised")
os.rename("out", "out.old")
open("out.old/deep/b.json", "w").write("practised")
os.mkdir("out")
open("out/a.json", "w").write("practised")
""",
    "files are moved, replaced and left open": """
import os, shutil
os.makedirs("backup")
os.makedirs(".", exist_ok=True)
shutil.move("results.json", "backup")
open("backup/results.json", "a").write("practised")
open("part", "w").write("practised")
os.replace("part", "my file.json")
open_still = open("empty", "a")
open_still.write("practised")
""",
    "databases, with an address, a log and a journal": """
import sqlite3
for name, mode in {"file:my%20real.db?mode=rw": "wal", "real.db": "persist"}.items():
    database = sqlite3.connect(name, uri=True)
    database.execute(f"pragma journal_mode = {mode}")
    database.execute("delete from pages")
    database.commit()
""",
    "a file has a link": """
import os
open("latest.json", "w").write("practised")
os.remove("latest.json")
""",
    "threads write many files": """
from concurrent.futures import ThreadPoolExecutor
def write(number):
    open(f"{number}.json", "w").write("practised")
with ThreadPoolExecutor() as pool:
    list(pool.map(write, range(17)))
""",
    "a fork writes": """
import os
open("results.json", "w").write("practised")
if not os.fork():
    open("items.csv", "w").write("practised")
    os._exit(0)
os.wait()
open("out/a.json", "w").write("practised")
""",
}
IN_EACH_FOLDER = """
import os
for number, text in enumerate({texts!r}):
    os.chdir(f"{{number}}")
    exec(text, {{}})
    os.chdir("..")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One with real answers."""
    make_real_answers(tmp_path)
    return tmp_path


def make_real_answers(folder: Path) -> None:
    """Files, links, folders and databases."""
    (folder / "out" / "deep").mkdir(parents=True)
    names = ["results.json", "items.csv", "my file.json", "out/a.json"]
    for name in [*names, "out/deep/b.json", *(f"{n}.json" for n in range(17))]:
        (folder / name).write_text(f"real {name}")
    (folder / "empty").touch()
    (folder / "latest.json").symlink_to("results.json")
    for name in ("real.db", "my real.db"):
        with closing(sqlite3.connect(folder / name)) as database, database:
            database.execute("create table pages (url text)")
            database.execute("insert into pages values ('real')")


def tree_in(folder: Path) -> dict[str, bytes | str | None]:
    """What is in a folder and below, less the script."""
    return {
        str(file.relative_to(folder)): os.readlink(file)
        if file.is_symlink()
        else file.read_bytes()
        if file.is_file()
        else None
        for file in folder.rglob("*")
        if file.name != "script.py"
    }


def follow(said: str, folder: Path) -> None:
    """Do what the advice at the end says, word for word."""
    commands = re.findall(r"^  (sh .*)$", said, re.M)
    assert commands, said
    for command in commands:
        subprocess.run(["sh", "-c", command], cwd=folder, check=True)


def test_who_follows_the_advice_has_all_as_it_was(tmp_path: Path) -> None:
    """Whatever the script does to files and folders, none is lost and none is left."""
    for number in range(len(PRACTISED)):
        make_real_answers(tmp_path / str(number))
    before = tree_in(tmp_path)
    script = IN_EACH_FOLDER.format(texts=list(PRACTISED.values()))
    done = watch_text(tmp_path, script, practice="20/s")
    assert done.returncode == 0, done.stderr
    practised = tree_in(tmp_path)
    for number, what in enumerate(PRACTISED):
        changed = {path for path in before if before[path] != practised.get(path)}
        assert any(path.startswith(f"{number}/") for path in changed), what
    follow(done.stderr, tmp_path)
    after = tree_in(tmp_path)
    assert {
        path for path in before | after if before.get(path) != after.get(path)
    } == set()


SIX = "for n in range(6): open(f'{n}.json', 'a').write('1')"


def test_of_two_runs_the_later_is_taken_back_first(folder: Path) -> None:
    """Each has a folder of copies and says so, with the files that changed."""
    before = tree_in(folder)
    said = []
    for _ in range(2):
        said.append(watch_text(folder, SIX, practice="20/s").stderr)
        (folder / "new.json").write_text("made by hand")
    assert "may be in 0.json, 1.json, 2.json, 3.json, 4.json and 1 more." in said[0]
    for each in reversed(said):
        follow(each, folder)
    assert tree_in(folder) == before | {"new.json": b"made by hand"}


def test_a_script_that_is_killed_can_be_undone(folder: Path) -> None:
    """The commands are there as soon as a file is changed."""
    before = tree_in(folder)
    text = PRACTISED["a folder is renamed"]
    kill = "\nimport os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    watch_text(folder, text + kill, practice="20/s")
    assert tree_in(folder) != before
    follow("  sh before-practice-1/undo.sh", folder)
    assert tree_in(folder) == before


UNCHANGED = """
import os
os.makedirs(".", exist_ok=True)
print(open("items.csv").read())
os.mkfifo("pipe")
os.close(os.open("pipe", os.O_RDWR))
os.remove("pipe")
open("part", "w").write("1")
os.remove("part")
"""


def test_nothing_is_said_of_files_that_nobody_changed(folder: Path) -> None:
    """Reading, a pipe, and files of the script's own that are gone in the end."""
    before = tree_in(folder)
    done = watch_text(folder, UNCHANGED, practice="20/s")
    assert done.returncode == 0, done.stderr
    assert "Practice answers" not in done.stderr
    assert tree_in(folder) == before


NO_ROOM = """
import resource
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
open("real", "w").write("practised")
"""


def test_what_cannot_be_copied_is_not_changed(tmp_path: Path) -> None:
    """Here, because the copy would be larger than a file may be."""
    real = tmp_path / "real"
    real.write_text("real" * 200)
    done = watch_text(tmp_path, NO_ROOM, practice="20/s")
    assert "before-practice-1" in done.stderr.splitlines()[-2]  # the error names it
    assert real.read_text() == "real" * 200
