"""``inflight-lab snippet``: a recipe with your settings."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab.recipes import RECIPES
from inflight_lab.recipes.__main__ import main
from inflight_lab.recipes.bundle import bundle
from inflight_lab.recipes.snippet import other_rungs, snippet
from inflight_lab.runners import RUNGS
from tests.support.browser import ROOT
from tests.support.notebook_tools import NOTEBOOKS, load


def printed(capsys: pytest.CaptureFixture[str], command: str) -> str:
    """What the command prints."""
    main(command.split())
    return capsys.readouterr().out


@pytest.mark.parametrize("name", [*RECIPES, *RUNGS])
def test_each_name_prints_its_script(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recipe or a rung, as it is bundled; of `paced` the recipe."""
    room = "recipes" if name in RECIPES else "runners"
    assert printed(capsys, name) == bundle(f"{room}.{name}")


def test_options_are_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option changes one line of the script, and nothing else."""
    url = "https://api.example.net/ünits/{id}?a=1"
    code = printed(
        capsys,
        f"fetch_all --url {url} --rate 10 --period 1 --rate 300 --period 60.5 "
        "--limit 7 --results out.jsonl",
    )
    before = bundle("recipes.fetch_all").splitlines()
    changed = [line for line in code.splitlines() if line not in before]
    assert changed == [
        f'URL = "{url}"  # each of IDS takes the place of {{id}}',
        "QUOTAS = [(10, 1), (300, 60.5)]",
        "LIMIT = 7  # requests in flight; "
        "raise it to requests per second x seconds per answer",
        'RESULTS = "out.jsonl"  # a line for each answer; '
        "for fresh ones, name another file",
    ]
    assert len(code.splitlines()) == len(before)


def test_headers_are_named_and_their_values_come_from_the_environment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Besides those of the recipe."""
    code = printed(capsys, "fetch_all --header X-Api-Key --header authorization")
    assert (
        "\nHEADERS = {\n"
        '    "User-Agent": "my-script/1.0 (no address given)",\n'
        '    "X-Api-Key": "$X_API_KEY",\n'
        '    "authorization": "Bearer $API_TOKEN",\n'
        "}\n"
    ) in code
    of_openai = printed(capsys, "with_openai --header HTTP-Referer")
    written = '{\n    "HTTP-Referer": "$HTTP_REFERER",\n}'
    assert f"\nHEADERS: dict[str, str] = {written}\n" in of_openai


class Variable(NamedTuple):
    """A header, and the variable that its value comes from."""

    header: str
    name: str


@pytest.mark.parametrize(
    "variable",
    [
        Variable("X_Api_Key", "X_API_KEY"),
        Variable("Path", "API_PATH"),
        Variable("X-", "API_X"),
        Variable("Http-Proxy", "API_HTTP_PROXY"),
    ],
    ids=lambda variable: variable.header,
)
def test_a_value_comes_from_a_variable_of_its_own(
    variable: Variable, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that has no meaning already, and whose name has no gaps."""
    code = printed(capsys, f"paced --header {variable.header}")
    assert f'    "{variable.header}": "${variable.name}",\n' in code


def test_a_header_is_there_once(capsys: pytest.CaptureFixture[str]) -> None:
    """However its letters are written, or two lines would be sent; the last wins."""
    code = snippet("fetch_all", HEADERS={"user-agent": "me/1"})
    assert '\nHEADERS = {\n    "user-agent": "me/1",\n}\n' in code
    twice = printed(capsys, "fetch_all --header x-api-key --header X-Api-Key")
    assert twice == printed(capsys, "fetch_all --header X-Api-Key")


def test_no_headers_change_nothing() -> None:
    """An empty dict stays what it is, with its type."""
    assert snippet("with_openai", HEADERS={}) == bundle("recipes.with_openai")


@pytest.mark.parametrize("headers", [["X-Api-Key"], {"X-Api-Key": b"hunter2"}])
def test_headers_that_are_no_texts_are_refused(headers: object) -> None:
    """From Python; the message shows no value."""
    with pytest.raises(TypeError, match=r"^HEADERS must be a dict that maps") as error:
        snippet("fetch_all", HEADERS=headers)
    assert "hunter2" not in str(error.value)


def test_a_single_rate_is_per_second(capsys: pytest.CaptureFixture[str]) -> None:
    """The most usual case needs one option."""
    assert "\nQUOTAS = [(5, 1)]\n" in printed(capsys, "paced --rate 5")


@pytest.mark.parametrize("name", RECIPES)
def test_a_cell_awaits(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In a notebook the last line gives the results."""
    code = printed(capsys, f"{name} --notebook")
    assert code.endswith("\n\n\nresults = await main()\n")
    compile(code, name, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("name", RECIPES)
def test_imports_can_be_kept(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The recipe's own file is printed, with its settings changed; the order of its
    imports may differ.
    """
    own = (ROOT / f"src/inflight_lab/recipes/{name}.py").read_text("utf-8")
    code = printed(capsys, f"{name} --import")
    assert sorted(filter(None, code.splitlines())) == sorted(
        filter(None, own.splitlines())
    )
    changed = printed(capsys, f"{name} --import --notebook --limit 7")
    assert "\nLIMIT = 7  #" in changed
    assert changed.endswith("\n\n\nresults = await main()\n")


def test_a_rung_can_keep_its_imports(capsys: pytest.CaptureFixture[str]) -> None:
    """Its lesson is printed, without the package's own checks, and it runs."""
    code = printed(capsys, "resilient --import")
    assert "\nfrom inflight_lab.runners.refusals import " in code
    assert "inflight_lab.arguments" not in code
    names: dict[str, object] = {}
    exec(compile(code, "resilient", "exec"), names)
    assert callable(names["make_many_requests"])


def test_a_text_is_code_whatever_is_in_it() -> None:
    """Quotes and backslashes stay what they are."""
    path = 'C:\\new "results".jsonl'
    code = snippet("fetch_all", RESULTS=path)
    (assigned,) = re.findall(r"^RESULTS = (.*)  #", code, flags=re.M)
    assert ast.literal_eval(assigned) == path


class Refused(NamedTuple):
    """Options that make no script, and the error."""

    options: str
    message: str


REFUSED = [
    Refused("fetch_all --rate 0", "--rate must be 1 or more, got 0"),
    Refused("fetch_all --rate 1 --period 0", "--period must be more than 0"),
    Refused("fetch_all --limit 0", "--limit must be 1 or more, got 0"),
    Refused("fetch_all --url example.com/{id}", "--url must be a valid URL"),
    Refused("fetch_all --url https://a.example/", "--url must have {id} where the id"),
    Refused("fetch_all --rate 1 --rate 2", "2 --rate but 0 --period: give a pair"),
    Refused("--rate 9 --period 1 --period 2", "1 --rate but 2 --period: give a pair"),
    Refused("fetch_all --rate 0.5", "--rate: must be a whole number, got 0.5: for one"),
    Refused("fetch_all --rate 1 --period inf", "--period must be more than 0"),
    Refused("fetch_all --results=", "--results must be the name of a file, got ''"),
    Refused("fetch_all --period 60", "--period needs a --rate before it"),
    Refused("paced --results a.jsonl", "paced has no --results: it keeps the respon"),
    Refused("many_hosts --url https://a.example/", "many_hosts has no --url: put you"),
    Refused("send_all --url https://a.example/{id}", "--url must be one address for "),
    Refused("fetch_all --header X-Api-Key=k", "--header: must be a name such as X-Api"),
    Refused("fetch_all --header $(ls)", "--header: must be a name such as X-Api-Key"),
    Refused("many_hosts --header X-Api-Key", "many_hosts has no --header: a key is fo"),
    Refused("resilient --header X-Api-Key", "resilient has no --header: it is a rung,"),
    Refused("resilient --rate 5", "resilient has no --rate: it is a rung, which you"),
    Refused("--limit 1 --retries fetch_all", "unrecognized arguments: --retries"),
    Refused("paced --output script", "--output must be a folder, or the name of a scr"),
    Refused("paced --output a/b.py", "--output: there is no folder a"),
    Refused("paced --output a.py --rate 0", "--rate must be 1 or more, got 0"),
    Refused("paced --output a.py --notebook", "--output is for a script, without --no"),
    Refused("paced --output a.py --import", "--output is for a script, without --note"),
    Refused("paced --output json.py", "--output must not be json.py: import json wou"),
    Refused("paced --output httpx.py", "--output must not be httpx.py: import httpx "),
    Refused("paced --output anyio.py", "--output must not be anyio.py: import anyio "),
    Refused("with_openai --output openai.py", "--output must not be openai.py: impor"),
    Refused("semaphore --output a.py", "--output is for recipes, and semaphore is a "),
    Refused("on_a_cluster --output a.py", "on_a_cluster has no --output: its workers "),
]


@pytest.mark.parametrize("given", REFUSED, ids=lambda given: given.options)
def test_no_option_is_silently_ignored(
    given: Refused,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a script cannot have is an error in one line, and the exit status is 2."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        main(given.options.split())
    out, err = capsys.readouterr()
    assert out == ""
    assert given.message in err.splitlines()[-1]
    assert list(tmp_path.iterdir()) == []


NOT_PAIRS = [(100, 1), [], 100, [(100,)], [(100, 1, 1)], ["10"], None]


@pytest.mark.parametrize("value", NOT_PAIRS, ids=repr)
def test_quotas_that_are_no_pairs_are_named(value: object) -> None:
    """From Python, where nothing makes pairs: with the value, and what is allowed."""
    message = (
        "QUOTAS must be a list of pairs (requests, seconds) such as [(100, 1)], "
        f"got {value!r}"
    )
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        snippet("paced", QUOTAS=value)


def test_without_a_name_it_prints_the_complete_script(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With settings or without."""
    assert printed(capsys, "") == bundle("recipes.fetch_all")
    assert printed(capsys, "--limit 7") == snippet("fetch_all", LIMIT=7)


def commands_that_readers_copy() -> set[str]:
    """What stands after ``inflight-lab snippet`` in the README and the notebooks."""
    texts = [(ROOT / "README.md").read_text(encoding="utf-8")]
    for path in NOTEBOOKS:
        texts += [cell.source for cell in load(path).cells]
    found = re.findall(r"`inflight-lab snippet ?(.*?)`", "\n".join(texts))
    return set(found) - {"RECIPE", "--help"}


@pytest.mark.parametrize("command", sorted(commands_that_readers_copy()))
def test_what_readers_copy_works(
    command: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each command in the README and the notebooks prints a script, or writes one."""
    monkeypatch.chdir(tmp_path)
    main(shlex.split(command))
    written = [path.read_text("utf-8") for path in tmp_path.iterdir()]
    scripts = written or [capsys.readouterr().out]
    assert len(scripts) == (2 if "--output" in command else 1)
    assert all(compile(script, command, "exec") for script in scripts)


def test_the_readme_has_each_recipe() -> None:
    """With its file and its command."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[`(\w+)`\]\(src/inflight_lab/recipes/", readme, re.M)
    assert set(rows) == set(RECIPES)


def test_the_help_says_what_each_recipe_is_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """All recipes and rungs with a line each, and how to give several quotas."""
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    text = capsys.readouterr().out
    for name, about in (RECIPES | other_rungs()).items():
        assert f"  {name:16}{about}\n" in text
    assert "For several quotas, repeat --rate and --period." in text
    assert "A recipe is a whole script; a rung is a pair of functions" in text
