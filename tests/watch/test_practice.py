"""``--practice``: nothing that is practised touches what is real."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from inflight_lab.recipes import RECIPES
from inflight_lab.watch.practice import AnyApi
from inflight_lab.watch.quota import Quota
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.snippet import FOR_ASYNCIO, FOR_MODELS, command_for
from inflight_lab.watch.snippet import RECIPES as RECIPES_BY_LIBRARY
from tests.support.watching import (
    commands_in,
    findings_in,
    note,
    summary_in,
    watch,
    watch_text,
)

EACH_LIBRARY = """
import asyncio, json
import aiohttp, httpx, httpx2, requests

URL = "https://api.example.com/items/1?page=2"

async def main():
    async with aiohttp.ClientSession() as session, session.get(URL) as response:
        return await response.json()

answers = [get(URL).json() for get in (httpx.get, httpx2.get, requests.get)]
answers.append(asyncio.run(main()))
assert all(answer["args"] == {"page": "2"} for answer in answers)
print([answer["practice_answer"] for answer in answers])
assert requests.get(URL).url == URL
"""


def test_every_library_is_answered_and_every_answer_says_so(tmp_path: Path) -> None:
    """Whatever the host; the mark is in what `json` returns."""
    done = watch_text(tmp_path, EACH_LIBRARY, practice="20/s")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("made up by inflight-lab watch --practice") == 4
    assert summary_in(done.stderr).startswith("5 requests to api.example.com")


def test_a_field_that_no_practice_answer_has(tmp_path: Path) -> None:
    """That a script misses it is said to be practice's fault, and nothing is lost."""
    script = "import httpx; httpx.get('https://api.example.com/1').json()['price']"
    done = watch_text(tmp_path, script, practice="20/s")
    assert "KeyError: 'price'" in done.stderr
    assert "practice answers are made up, and have none of your API's" in done.stderr
    assert findings_in(done.stderr) == []


MODELS = """
import openai, anthropic

hello = [{"role": "user", "content": "hello"}]
for base_url in (None, "https://openrouter.example/api/v1", "http://localhost:11434/v1"):
    client = openai.OpenAI(api_key="key", base_url=base_url)
    chat = client.chat.completions.create(model="m", messages=hello, max_tokens=3)
    assert chat.choices[0].message.content.split()[0] == "1"
    assert chat.practice_answer
assert client.responses.create(model="m", input="hello").output_text == "1 2 3"
vectors = client.embeddings.create(model="m", input=["a", "b"], dimensions=3)
assert [each.embedding for each in vectors.data] == [[0.0] * 3] * 2
client = anthropic.Anthropic(api_key="key")
message = client.messages.create(model="m", messages=hello, max_tokens=3)
assert message.content[0].text.split()[0] == "1"
"""


def test_clients_of_language_models_get_what_they_expect(tmp_path: Path) -> None:
    """Chats, responses, embeddings and messages, wherever they are asked for."""
    done = watch_text(tmp_path, MODELS, practice="20/s")
    assert done.returncode == 0, done.stderr


STAYS = """
import os, socket, urllib.request
import httpx

os.environ["HTTPS_PROXY"] = ""
for ask in (
    lambda: urllib.request.urlopen("http://192.0.2.1/"),
    lambda: socket.create_connection(("192.0.2.1", 443)),
    lambda: socket.getaddrinfo("api.example.com", 443),
    lambda: httpx.get("https://api.example.com/", proxy="http://192.0.2.1:3128"),
):
    try:
        print("reached", ask())
    except Exception as error:
        print(str(error).count("nothing is sent to"))
"""


def test_nothing_reaches_another_machine(tmp_path: Path) -> None:
    """Neither what watch does not see, nor a proxy: the socket refuses."""
    done = watch_text(tmp_path, STAYS, practice="20/s")
    assert done.stdout.split() == ["1"] * 4, done.stderr


ASKS_A_PROXY = """
import os
import requests

os.environ["HTTP_PROXY"] = "http://192.0.2.1:3128"
print(requests.get("http://api.example.com/").json()["practice_answer"])
"""


def test_a_proxy_in_the_environment_is_not_asked(tmp_path: Path) -> None:
    """It would get what is practised, and the script no answer."""
    done = watch_text(tmp_path, ASKS_A_PROXY, practice="20/s")
    assert "made up" in done.stdout, done.stderr


WRITES = """
import csv, json, os, sqlite3
import httpx

answers = [httpx.get(f"https://api.example.com/{n}").json() for n in range(3)]
with open("items.json", "w") as file:
    json.dump(answers, file)
with open("items.jsonl", "a") as file:
    file.write(json.dumps(answers[0]) + "\\n")
with open("items.csv", "w", newline="") as file:
    csv.writer(file).writerows([[answer["url"]] for answer in answers])
with sqlite3.connect("items.db") as database:
    database.execute("insert into pages values (?)", [answers[0]["url"]])
with open("part", "w") as file:
    json.dump(answers, file)
os.replace("part", "whole.json")
os.remove("old.json")
open("new.json", "w").write(json.dumps(answers))
open("read.json", "r+").close()
print(open("only_read.json").read())
"""
REAL = ("items.json", "items.jsonl", "items.csv", "whole.json", "old.json")
UNTOUCHED = ("read.json", "only_read.json")


@pytest.fixture
def real_files(tmp_path: Path) -> dict[str, str]:
    """Files with real answers, and the sums of their contents."""
    for name in (*REAL, *UNTOUCHED):
        (tmp_path / name).write_text(json.dumps({"real": name}))
    database = sqlite3.connect(tmp_path / "items.db")
    with database:
        database.execute("create table pages (url text)")
        database.executemany("insert into pages values (?)", [["real"]] * 130)
    database.close()
    return sums_in(tmp_path)


def sums_in(folder: Path) -> dict[str, str]:
    """A sum of each file's content, by name."""
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in folder.iterdir()
        if file.name != "script.py" and file.is_file()
    }


def follow(said: str, folder: Path) -> None:
    """Do what the advice at the end says, word for word."""
    commands = re.findall(r"^  (sh .*)$", said, re.M)
    assert commands, said
    for command in commands:
        subprocess.run(["sh", "-c", command], cwd=folder, check=True)


def test_what_was_there_comes_back(tmp_path: Path, real_files: dict[str, str]) -> None:
    """JSON, JSONL, CSV, SQLite, renamed and deleted files: whoever follows the advice
    has them all as they were, and nothing else; after two runs, the later comes first.
    """
    said = []
    for _ in range(2):
        done = watch_text(tmp_path, WRITES, practice="20/s")
        assert done.returncode == 0, done.stderr
        (tmp_path / "old.json").write_text("practised")
        said.append(done.stderr)
    assert "may be in items.json, items.jsonl, items.csv, items.db" in said[0]
    for each in reversed(said):
        follow(each, tmp_path)
    assert sums_in(tmp_path) == real_files


def test_a_script_that_is_killed_can_be_undone(
    tmp_path: Path, real_files: dict[str, str]
) -> None:
    """The commands are there as soon as a file is changed."""
    kill = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
    watch_text(tmp_path, WRITES + kill, practice="20/s")
    follow("  sh before-practice-1/undo.sh", tmp_path)
    shutil.rmtree(tmp_path / "before-practice-1")
    assert sums_in(tmp_path) == real_files


@pytest.mark.parametrize(
    "script",
    [
        "import os; os.makedirs('.', exist_ok=True); print(open('items.json').read())",
        "import os; os.mkfifo('pipe'); os.close(os.open('pipe', os.O_RDWR))",
        "import os; open('part', 'w').write('1'); os.remove('part')",
    ],
    ids=["nothing is written", "a pipe is written to", "what is written is gone"],
)
def test_nothing_is_said_of_files_that_nobody_changed(
    script: str, tmp_path: Path, real_files: dict[str, str]
) -> None:
    """Reading, and files of the script's own that are gone in the end."""
    done = watch_text(tmp_path, script, practice="20/s")
    assert "Practice answers" not in done.stderr
    assert sums_in(tmp_path) == real_files


PRACTISED = {
    "a folder is deleted and made again": """
import shutil, pathlib
pathlib.Path("out/a.json").write_text("practised")
pathlib.Path("out/new.json").write_text("practised")
shutil.rmtree("out")
pathlib.Path("out").mkdir()
pathlib.Path("out/a.json").write_text("practised")
""",
    "a folder is deleted": "import shutil; shutil.rmtree('out')",
    "a folder is renamed": """
import os
open("out/a.json", "a").write("practised")
os.rename("out", "out.old")
open("out.old/deep/b.json", "w").write("practised")
os.mkdir("out")
open("out/a.json", "w").write("practised")
""",
    "a file is renamed": """
import os
os.rename("results.json", "results.old.json")
open("results.json", "w").write("practised")
""",
    "a file is moved into a new folder": """
import os, shutil
os.makedirs("backup")
shutil.move("results.json", "backup")
open("backup/results.json", "a").write("practised")
""",
    "a file is named by a descriptor": """
import os
folder = os.open("out", os.O_RDONLY)
os.remove("a.json", dir_fd=folder)
""",
    "a database is attached": """
import sqlite3
database = sqlite3.connect(":memory:")
database.execute("attach ? as other", ["real.db"])
database.execute("delete from other.pages")
database.commit()
database.close()
""",
    "a database has an address": """
import sqlite3
with sqlite3.connect("file:my%20real.db?mode=rw", uri=True) as database:
    database.execute("delete from pages")
""",
    "a database has a log": """
import os, sqlite3
database = sqlite3.connect("real.db")
database.execute("pragma journal_mode = wal")
database.execute("delete from pages")
database.commit()
""",
    "a file is still open at the end": """
file = open("results.json", "a")
file.write("practised")
""",
    "a file has a link": """
import os
open("latest.json", "w").write("practised")
os.remove("latest.json")
""",
    "a name has a space": "open('my file.json', 'w').write('practised')",
    "threads write many files": """
from concurrent.futures import ThreadPoolExecutor
def write(number):
    open(f"{number}.json", "w").write("practised")
with ThreadPoolExecutor() as pool:
    list(pool.map(write, range(17)))
""",
    "an empty file": "open('empty', 'w').write('practised')",
}


@pytest.mark.parametrize("what", PRACTISED)
def test_who_follows_the_advice_has_all_as_it_was(what: str, tmp_path: Path) -> None:
    """Whatever the script does to files and folders, none is lost and none is left."""
    (tmp_path / "out" / "deep").mkdir(parents=True)
    names = ["results.json", "my file.json", "out/a.json", "out/deep/b.json"]
    for name in [*names, *(f"{number}.json" for number in range(17))]:
        (tmp_path / name).write_text(f"real {name}")
    (tmp_path / "empty").touch()
    (tmp_path / "latest.json").symlink_to("results.json")
    for name in ("real.db", "my real.db"):
        with closing(sqlite3.connect(tmp_path / name)) as database, database:
            database.execute("create table pages (url text)")
            database.execute("insert into pages values ('real')")
    before = tree_in(tmp_path)
    done = watch_text(tmp_path, PRACTISED[what], practice="20/s")
    assert done.returncode == 0, done.stderr
    assert tree_in(tmp_path) != before
    follow(done.stderr, tmp_path)
    assert tree_in(tmp_path) == before, done.stderr


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


FORKS = """
import os
open("items.json", "w").write("practised")
if not os.fork():
    open("items.csv", "w").write("practised")
    os._exit(0)
os.wait()
open("whole.json", "w").write("practised")
"""


def test_a_fork_keeps_what_it_changes_for_itself(
    tmp_path: Path, real_files: dict[str, str]
) -> None:
    """Its copies have a folder of their own, so none is overwritten."""
    done = watch_text(tmp_path, FORKS, practice="20/s")
    assert "the script starts another process" in done.stderr
    follow(done.stderr, tmp_path)
    follow("  sh before-practice-2/undo.sh", tmp_path)
    shutil.rmtree(tmp_path / "before-practice-2")
    assert sums_in(tmp_path) == real_files


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
    assert "it stays, because no copy of it can be made" in done.stderr
    assert real.read_text() == "real" * 200


def test_without_practice_nothing_is_copied(
    tmp_path: Path, real_files: dict[str, str]
) -> None:
    """Real answers belong where the script puts them."""
    done = watch_text(tmp_path, "open('items.json', 'w').write('1')")
    assert "items.json" not in done.stderr
    assert not list(tmp_path.glob("before-practice*"))


FETCHES = """
import asyncio, sys
import httpx

async def main():
    headers = {"X-Api-Key": "s3cret-value", "Accept": "application/json"}
    async with httpx.AsyncClient(headers=headers) as client:
        urls = [f"https://api.shop.test/items/{n}.json?lang=en" for n in range(30)]
        await asyncio.gather(*(client.get(url) for url in urls))

asyncio.run(main())
"""
LIBRARIES = {
    "httpx": FETCHES,
    "requests": (
        "import requests\nfrom concurrent.futures import ThreadPoolExecutor\n"
        "with requests.Session() as session, ThreadPoolExecutor(10) as pool:\n"
        "    session.headers['X-Api-Key'] = 's3cret-value'\n"
        "    urls = [f'https://api.shop.test/items/{n}.json?lang=en' "
        "for n in range(30)]\n"
        "    list(pool.map(session.get, urls))\n"
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_printed_command_writes_a_script_that_runs(
    library: str, tmp_path: Path
) -> None:
    """With the rate, the address and the names of headers that were seen, and none of
    their values; run in practice, that script is refused nothing.
    """
    done = watch_text(tmp_path, LIBRARIES[library], practice="10/s")
    assert findings_in(done.stderr)[0] == "certain: Over the quota"
    (command,) = commands_in(done.stderr)
    url = "https://api.shop.test/items/{id}.json?lang=en"
    assert (
        f'--rate 10 --period 1 --url "{url}" --ids 0-29 --header X-Api-Key' in command
    )
    assert "s3cret" not in done.stderr
    run_command(command, tmp_path)
    fixed = tmp_path / "fixed.py"
    done = watch(
        *("--practice", "10/s", fixed),
        cwd=tmp_path,
        env=os.environ | {"X_API_KEY": "s3cret-value"},
    )
    assert "30 accepted, 0 refused" in done.stderr
    assert findings_in(done.stderr) == []
    assert "may be in practice-results.jsonl" in done.stderr


CHATS = """
import asyncio, openai

client = openai.AsyncOpenAI(
    api_key="s3cret-value", base_url="https://models.shop.test/v1", max_retries=0
)

async def ask(number):
    hello = [{"role": "user", "content": f"hello {number}"}]
    return await client.chat.completions.create(model="m", messages=hello, max_tokens=3)

async def main():
    await asyncio.gather(*map(ask, range(30)), return_exceptions=True)

asyncio.run(main())
"""


def test_the_command_for_chats_writes_a_script_that_runs(tmp_path: Path) -> None:
    """It asks a model; the model's name and the questions are for the reader to set."""
    (command,) = commands_in(watch_text(tmp_path, CHATS, practice="10/s").stderr)
    assert "snippet ask_model --rate 10 --period 1" in command
    assert '--url "https://models.shop.test/v1/chat/completions"' in command
    run_command(command, tmp_path)
    fixed = tmp_path / "fixed.py"
    text = re.sub(r"(?m)^MODEL = .*", 'MODEL = "m"', fixed.read_text())
    text = re.sub(
        r"(?m)^PROMPTS: .*",
        'PROMPTS = {n: f"hello {n}" for n in range(20)}',
        text,
    )
    fixed.write_text(text)
    environment = os.environ | {"API_TOKEN": "s3cret-value"}
    done = watch("--practice", "10/s", fixed, cwd=tmp_path, env=environment)
    assert "20 accepted" in done.stderr, done.stderr


def test_every_recipe_that_a_command_names_is_there() -> None:
    """Whatever library the script uses."""
    named = {FOR_ASYNCIO, FOR_MODELS, *RECIPES_BY_LIBRARY.values()}
    assert named <= set(RECIPES)


@pytest.mark.parametrize(
    ("ids", "option"),
    [
        (["3", "1", "2"], "--ids 1-3"),
        (["7", "12"], "--ids 12,7"),
        (["oslo", "rome"], "--ids oslo,rome"),
        ([str(2 * number) for number in range(20)], ""),
        (["007", "008"], ""),
        (["$HOME", "b"], ""),
    ],
)
def test_ids_are_filled_in_where_they_can_be_told(ids: list[str], option: str) -> None:
    """A range, or a few that a command line takes as they are."""
    log = RequestLog()
    for id in ids:
        note(log, 0.0, url=f"https://api.shop.test/items/{id}.json")
    command = command_for(log.requests, None)
    assert "--url" not in command or option in command
    assert ("--ids" in command) is bool(option)


def test_budgets_that_the_answers_announce_are_filled_in() -> None:
    """APIs of models count by the minute, which is the recipe's own period."""
    log = RequestLog()
    limits = {"x-ratelimit-limit-requests": "20", "x-ratelimit-limit-tokens": "4000"}
    for _ in range(5):
        note(log, 0.0, url="https://a.test/v1/chat/completions", headers=limits)
    assert "ask_model --rate 20 --tokens 4000 " in command_for(log.requests, None)


def test_the_command_runs_where_fixed_py_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It writes another file, whose headers are spelled as people do."""
    monkeypatch.chdir(tmp_path)
    log = RequestLog()
    for _ in range(5):
        note(log, 0.0, header_names=("authorization", "accept"))
    for name in ("fixed.py", "fixed_2.py"):
        command = command_for(log.requests, Quota(20, 1.0), limit=5)
        assert "--limit 5 " in command
        assert command.endswith(f" --header Authorization --output {name}")
        run_command(command, tmp_path)
        assert (tmp_path / name).is_file()


def run_command(command: str, folder: Path) -> None:
    """Run a printed command, without a shell."""
    program = [sys.executable, "-c", "from inflight_lab.cli import main; main()"]
    subprocess.run([*program, *shlex.split(command)[1:]], cwd=folder, check=True)


def test_a_client_that_hangs_up_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """A script that ends while it sends hears nothing of the practice server."""
    with AnyApi(latency=0) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Length: 9\r\n\r\n{"
            )
        answer = httpx.get(server.url)  # comes after it on the server's only loop
    assert answer.status_code == 200
    assert "ClientDisconnect" not in caplog.text
