"""``inflight-lab snippet``: the page with your settings, and below it what it uses."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from inflight_lab.commands.snippet.__main__ import main
from inflight_lab.commands.snippet.script import names_in, page_of, snippet
from inflight_lab.recipes import RECIPES
from inflight_lab.runners import RUNGS
from tests.support.browser import ROOT

LONGEST = {
    "fetch_all": 440,
    "ask_model": 440,
    "with_requests": 460,
    "paced": 160,
    "on_a_cluster": 530,
}
RUFF = str(Path(sys.executable).with_name("ruff"))
IMPORTS = ("from ", "import ")
INSIDE = {"fetch", "ask", "setup", "teardown"}
"""Functions of a page, which a library calls or the page itself."""
NEEDS = {
    "with_requests": {"httpx", "requests"},
    "on_a_cluster": {"httpx", "distributed", "throttled"},
}


def printed(capsys: pytest.CaptureFixture[str], command: str) -> str:
    """What the command prints."""
    main(shlex.split(command))
    return capsys.readouterr().out


def packages_of(script: str) -> set[str]:
    """What a script imports besides the standard library."""
    names = set()
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.ImportFrom):
            names.add(str(node.module).partition(".")[0])
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
    return names - sys.stdlib_module_names


@pytest.mark.parametrize("name", RECIPES)
def test_a_script_is_the_page_and_what_it_uses(name: str) -> None:
    """Each line of the page is there, in order; it needs what it says and no more."""
    script, page = snippet(name), page_of(name)
    lines = iter(script.splitlines())
    code = [line for line in page.splitlines() if line and not line.startswith(IMPORTS)]
    assert all(line in lines for line in code)
    assert packages_of(script) == NEEDS.get(name, {"httpx"})
    assert len(script.splitlines()) <= LONGEST[name]
    functions = set(re.findall(r"(?m)^ *(?:async )?def ([a-z]\w+)", script))
    assert functions - names_in([script]) <= INSIDE


def test_scripts_are_as_tidy_as_any_file(tmp_path: Path) -> None:
    """Sorted imports, none of them unused, formatted."""
    for name in RECIPES:
        (tmp_path / f"{name}.py").write_text(snippet(name), "utf-8")
    config = ["--config", str(ROOT / "pyproject.toml")]
    for check in (["format", "--check"], ["check", "--ignore=ASYNC110,N818,SIM115"]):
        command = [RUFF, *check, *config, str(tmp_path)]
        ran = subprocess.run(command, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout


def test_options_are_settings(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option changes one line of the script, and nothing else."""
    url = "https://api.example.net/ünits/{id}?a=1"
    options = f"--url {url} --ids 1-30 --rate 10 --period 60.5 --limit 7"
    script = printed(capsys, f"fetch_all {options} --header X-Api-Key")
    before = snippet("fetch_all").splitlines()
    changed = [line for line in script.splitlines() if line not in before]
    assert changed == [
        f'URL = "{url}"  # each of IDS takes the place of {{id}}',
        'IDS: Any = range(1, 31)  # such as range(1, 3001), or [17, "abc"]',
        "RATE = 10  # requests that the API allows ...",
        "PERIOD = 60.5  # ... in so many seconds; 5000 in 3600 s are evenly spaced",
        "LIMIT = 7  # requests in flight: at least requests per second x seconds per "
        "answer",
        "HEADERS = {",
        '    "User-Agent": "my-script/1.0",',
        '    "X-Api-Key": os.getenv("X_API_KEY") or sys.exit("Set X_API_KEY."),',
        "}",
    ]
    assert "IDS: Any = [17, 'abc']  #" in printed(capsys, "paced --ids 17,abc")


def test_a_token_is_a_bearers_however_its_header_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Small letters, too."""
    script = printed(capsys, "fetch_all --header authorization")
    assert '"Authorization": "Bearer " + (os.getenv("API_KEY")' in script


@pytest.mark.parametrize("header", ["authorization@NOT_SET", "X-Api-Key@NOT_SET"])
@pytest.mark.parametrize("name", RECIPES)
def test_a_variable_that_is_not_set_is_named(
    name: str, header: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence, before anything is sent."""
    script = printed(capsys, f"{name} --header {header}")
    with pytest.raises(SystemExit, match=r"Set NOT_SET\."):
        exec(script, {"__name__": "__main__"})


def test_no_model_is_asked_without_a_key(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable that the recipe itself names is named as well."""
    monkeypatch.delenv("API_KEY", raising=False)
    script = snippet(
        "ask_model", URL="http://127.0.0.1:9", MODEL="m", PROMPTS={"1": ""}
    )
    with pytest.raises(SystemExit, match="set API_KEY in the environment"):
        exec(script, {"__name__": "__main__"})


def test_many_ids_stand_on_several_lines() -> None:
    """They are the same, and no line is longer than others."""
    ids = [f"name-{number}" for number in range(30)]
    script = snippet("fetch_all", IDS=ids)
    assert max(map(len, script.splitlines())) <= 88
    _, _, settings = script.partition("\nIDS: Any = ")
    listed, _, _ = settings.partition("  # ")
    assert ast.literal_eval(listed) == ids


def test_headers_stand_below_each_other_where_a_line_is_too_long(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """And a key's variable is the one that is named."""
    options = "--header Authorization@GH_TOKEN --header 'Accept: text/csv; charset=x'"
    script = printed(capsys, f"fetch_all {options} --header User-Agent:mine/2.0")
    assert (
        """HEADERS = {
    "User-Agent": "mine/2.0",
    "Authorization": "Bearer " + (os.getenv("GH_TOKEN") or sys.exit("Set GH_TOKEN.")),
    "Accept": "text/csv; charset=x",
}
"""
        in script
    )


def test_the_page_alone_has_the_same_settings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With ``--import`` it is the recipe's file, and differs from the script only in
    what is imported.  A comment says how to have all in one file.
    """
    page = printed(capsys, "ask_model --import --rate 7 --tokens 900 --period 5")
    assert "from inflight_lab import " in page
    for line in ("REQUESTS = 7  #", "TOKENS = 900  #", "PERIOD = 5  #"):
        assert f"\n{line}" in page
    assert len(page.splitlines()) == len(page_of("ask_model").splitlines()) + 2
    assert "# It imports what it uses.  To edit its parts as well" in page


@pytest.mark.parametrize(
    ("name", "said"), [("fetch_all", "then run it"), ("pacer", "Import from it")]
)
def test_what_was_written_is_said(
    name: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recipe is a script to run, a rung a module."""
    assert said in printed(capsys, f"{name} --output {tmp_path / 'new.py'}")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("nope", "'nope' (choose from "),
        ("nope", "shared_quota"),
        ("fetch_all --output /no/x.py", "--output must be a file that can be written"),
        ("paced --tokens 5", "paced has no --tokens"),
        ("fetch_all --rate 0", "--rate: must be greater than 0, got 0"),
        ("fetch_all --header X-Key=secret", "without a value"),
        (
            f"fetch_all --output {ROOT / 'README.md'}",
            "is there already",
        ),
    ],
)
def test_what_cannot_be_printed(
    options: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The error says what is wrong, and nothing is printed or written."""
    with pytest.raises(SystemExit):
        main(options.split())
    ended = capsys.readouterr()
    assert said in ended.err
    assert ended.out == ""


@pytest.mark.parametrize("name", [rung for rung in RUNGS if rung not in RECIPES])
def test_a_rung_can_be_printed(name: str) -> None:
    """As it is, if it uses nothing, or with what it uses below it."""
    script = snippet(name)
    assert packages_of(script) <= {"httpx", "throttled"}
    names: dict[str, object] = {"__name__": "__main__"}
    exec(compile(script, name, "exec", dont_inherit=True), names)
    assert callable(names["make_many_requests"])


def test_the_command_for_an_edit_can_be_pasted(
    tmp_path: Path,
) -> None:
    """Also if the package is in a folder with a space in its name."""
    help_ = "from inflight_lab.commands.cli import main; main(['snippet', '--help'])"
    command = [sys.executable, "-c", help_]
    package = tmp_path / "in flight" / "inflight_lab"
    package.parent.mkdir()
    package.symlink_to(ROOT / "src" / "inflight_lab")
    path = {"PYTHONPATH": str(package.parent)}
    ran = subprocess.run(command, env=path, capture_output=True, text=True, check=True)
    (line,) = (line for line in ran.stdout.splitlines() if line.startswith("patch "))
    *_, diff = shlex.split(line)
    assert Path(diff).parent == package / "recipes" / "edits"
