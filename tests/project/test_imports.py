"""What an import of the package brings along, and what it does not."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import inflight_lab
from inflight_lab import extras
from inflight_lab.extras import how_to_install

HEAVY = (
    "ipywidgets",
    "anywidget",
    "uvicorn",
    "starlette",
    "traitlets",
    "IPython",
    "nest_asyncio2",
)


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import inflight_lab", (*HEAVY, "httpx", "anyio", "asyncio")),
        (
            "from inflight_lab import PracticeServer",
            ("ipywidgets", "anywidget", "traitlets", "IPython"),
        ),
    ],
)
def test_imports_are_light(statement: str, absent: tuple[str, ...]) -> None:
    """An import loads nothing that is not needed yet, and a server no widget."""
    code = f"{statement}\nimport sys\nprint(*{{*{absent!r}}} & {{*sys.modules}})"
    script = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert script.stdout.split() == []


def test_every_public_name_can_be_imported_and_a_wrong_one_not() -> None:
    """``__all__`` promises no name that is missing, and a misspelt one is an ordinary
    error.  Each is offered to complete what somebody types.
    """
    names = inflight_lab.__all__
    assert [getattr(inflight_lab, name).__name__ for name in names] == names
    assert {*names} <= {*dir(inflight_lab)}
    with pytest.raises(AttributeError, match="PracticeSever"):
        inflight_lab.PracticeSever  # noqa: B018


FACE = """(
    Pacer, Budgets, Patience, AnswerFile, NoAnswer, Stop, read_refusal,
    AdjustableLimiter, ObservedTransport, Timeline, runners
)"""


def run_with_httpx_alone(code: str) -> subprocess.CompletedProcess[str]:
    """Run code where nothing that is `HEAVY` is installed."""
    absent = f"import sys; sys.modules |= dict.fromkeys({HEAVY})\n"
    command = [sys.executable, "-c", absent + code]
    return subprocess.run(command, capture_output=True, text=True)


def test_the_library_needs_httpx_alone() -> None:
    """Its names, and the command that prints scripts, work where nothing else is
    installed; a name or command of the lab says in one line what brings it.
    """
    ran = run_with_httpx_alone(f"""
from inflight_lab import {FACE}
from inflight_lab.commands.cli import main
main(["snippet", "paced"])
try:
    from inflight_lab import Panel
except ModuleNotFoundError as error:
    print(error)
main(["watch", "--practice", "20/s", {__file__!r}])
""")
    assert ran.stdout.startswith('"""Send many requests')
    assert f"\nPanel needs more: {how_to_install('lab')} (" in ran.stdout
    assert ran.stderr.startswith(f"watch needs more: {how_to_install('practice')} (")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("has_pip", [True, False])
@pytest.mark.parametrize(
    ("noted", "wanted"),
    [
        (
            {"url": "file:///home/ada%20l/lab", "dir_info": {"editable": True}},
            '-e "/home/ada l/lab[redis]"',
        ),
        (
            {"url": "file:///tmp/lab.whl", "archive_info": {}},
            '"inflight-lab[redis] @ file:///tmp/lab.whl"',
        ),
        (None, '"inflight-lab[redis]"'),
    ],
    ids=["clone", "wheel", "index"],
)
def test_how_to_install_an_extra_works_where_one_is(
    noted: dict[str, object] | None,
    wanted: str,
    has_pip: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From where the package came from, into this Python, with what installs there."""

    class Installed:
        """What `importlib.metadata` finds of a package."""

        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return json.dumps(noted) if noted else None

    monkeypatch.setattr("importlib.metadata.distribution", lambda _: Installed())
    monkeypatch.setattr(extras, "find_spec", lambda _: has_pip or None)
    into = f'"{sys.executable}" -m pip install '
    if not has_pip:
        into = f'uv pip install --python "{sys.prefix}" '
    assert extras.how_to_install("redis") == into + wanted


def test_a_page_sends_who_wants_an_extra_to_a_computer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A browser reaches no Redis, whatever is installed in it."""
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert extras.how_to_install("redis") == "a Python outside of the browser"


def test_watch_needs_httpx_alone(tmp_path: Path) -> None:
    """A script is watched, and its page written."""
    script, page = tmp_path / "script.py", tmp_path / "page.html"
    script.write_text(ASKS, encoding="utf-8")
    arguments = ["watch", "--page", str(page), str(script)]
    ran = run_with_httpx_alone(
        f"from inflight_lab.commands.cli import main; main({arguments})"
    )
    assert (ran.returncode, ran.stdout) == (0, "done\n"), ran.stderr
    assert "1 request to" in ran.stderr
    assert "<inflight-run>" in page.read_text(encoding="utf-8")


ASKS = """
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
import httpx

server = HTTPServer(("localhost", 0), BaseHTTPRequestHandler)
threading.Thread(target=server.handle_request).start()
assert httpx.get(f"http://localhost:{server.server_port}").status_code == 501
print("done")
"""


def test_a_type_checker_finds_the_same_names_in_the_same_places() -> None:
    """What is imported for it alone is what is imported when a name is first used."""
    tree = ast.parse(Path(inflight_lab.__file__).read_text(encoding="utf-8"))
    (checked,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {
        alias.asname: str(node.module).removeprefix("inflight_lab.")
        for node in ast.walk(checked)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == inflight_lab._HOME
