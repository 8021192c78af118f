"""The commands that findings end with: each prints code that runs."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from inflight_lab import cli
from inflight_lab.recipes import RECIPES
from inflight_lab.runners import RUNGS
from inflight_lab.watch.announced_quota import AnnouncedQuota
from inflight_lab.watch.findings import fixes
from inflight_lab.watch.findings.address import SEVERAL_PATTERNS
from inflight_lab.watch.findings.command import OUTPUT, WHOLE_SCRIPTS
from inflight_lab.watch.findings.fixes import (
    at_the_quotas,
    snippet,
    whole,
    with_a_limit,
    with_retries,
)
from inflight_lab.watch.findings.notes import INSTEAD_OF_THREADS, with_notes
from inflight_lab.watch.log_source import LogSource
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.ui_server import Page
from tests.support.pasting import run
from tests.support.watching import Made, log_of

QUOTAS = [AnnouncedQuota(5, 0.5, True), AnnouncedQuota(300, 60, True)]
URLS = {
    "language_model": "/v1/chat/completions",
    "with_openai": "/v1",
    "paced": "/get?id={id}",
    "with_aiohttp": "/get?id={id}",
    "with_requests": "/get?id={id}",
    "fetch_all": "/get?id={id}",
    "send_all": "/orders",
}
"""Where the practice server answers what a recipe sends."""
OF_A_RUNG = """

if __name__ == "__main__":
    answers = make_many_requests("{url}", 4)
    print(len(asyncio.run(answers) if "asyncio" in globals() else answers))
"""


def names_in_findings() -> Iterator[str]:
    """The recipes and rungs that the findings name."""
    for path in Path(fixes.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and node.value in (*RECIPES, *RUNGS):
                yield str(node.value)


NAMES = sorted(set(names_in_findings()))


@pytest.mark.anyio
@pytest.mark.parametrize("name", NAMES)
async def test_the_code_that_a_command_prints_runs(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As printed, but for the address and for how much there is to do."""
    is_a_model = name in ("language_model", "with_openai")
    more = ["--tokens 90000"] if is_a_model else []
    command = snippet(name, QUOTAS if name in URLS else (), more=more)
    program, *arguments = shlex.split(str(command).removesuffix(OUTPUT))
    assert program == "inflight-lab"
    with Page(LogSource(RequestLog()), "", latency=0.01) as server:
        host = server.url.removesuffix("/get")
        if name in URLS:
            arguments += ["--url", host + URLS[name]]
        cli.main(arguments)
        code = capsys.readouterr().out
        if name in URLS:
            assert "QUOTAS = [(5, 0.5), (300, 60)]" in code
            code = re.sub(r"(?m)^IDS = .*", "IDS = range(1, 5)", code)
            code = code.replace("range(1, 301)", "range(1, 5)")
        else:
            code += OF_A_RUNG.format(url=server.url)
        if more:
            assert "TOKENS = (90000, 60)" in code
        script = tmp_path / "script.py"
        script.write_text(code)
        status, _, said = await run(script, API_TOKEN="k", OPENAI_API_KEY="k")
        assert (status, "Traceback" in said) == (0, False), said
        assert server.stats().accepted >= 2


@pytest.mark.parametrize(
    ("quota", "window", "rate_and_period"),
    [
        (7, 2, (7, 2)),
        (2.5, 0.5, (5, 1.0)),
        (0.1, 1, (1, 10)),
        (1 / 3, 1, (1, 3)),
        (0.123, 1, (1, 9)),
        (0.005, 1, (1, 200)),
        (7.77, 1, (777, 100)),
    ],
)
def test_a_rate_is_a_whole_number(
    quota: float, window: float, rate_and_period: tuple[int, float]
) -> None:
    """The command takes nothing else, and never allows more than the quota does."""
    assert whole(AnnouncedQuota(quota, window, True)) == rate_and_period


def test_a_window_of_days_is_written_out() -> None:
    """Not as 2.592e+06, which nobody reads as a month."""
    command = snippet("paced", [AnnouncedQuota(5000, 2_592_000, True)])
    assert str(command).startswith(
        "inflight-lab snippet paced --rate 5000 --period 2592000"
    )


def test_which_of_the_names_are_whole_scripts() -> None:
    """Those are written with --output; rungs cannot be."""
    assert set(WHOLE_SCRIPTS) == set(RECIPES) & set(NAMES)
    assert str(snippet("paced")).endswith(" --output fixed.py")
    assert str(snippet("semaphore")) == "inflight-lab snippet semaphore"


CHATS = "https://api.example.com/v1/chat/completions"
ITEMS = "https://api.example.com/items"


def test_the_recipe_is_for_most_of_the_requests() -> None:
    """Whatever comes first, such as a list of models."""
    models = Made(url="https://api.example.com/v1/models")
    chats = [Made(1.0, url=CHATS, method="POST", status=429, retry=0)] * 9
    assert str(at_the_quotas(log_of([models, *chats]), QUOTAS[:1])) == (
        "inflight-lab snippet with_openai --rate 5 --period 0.5 "
        '--url "https://api.example.com/v1" --output fixed.py'
    )


def test_what_takes_the_place_of_threads() -> None:
    """A loop without a task or a second thread has none to replace."""
    command = snippet("paced")
    two = [Made(sender=-n, url=f"{ITEMS}/{n}") for n in (1, 2)]
    assert with_notes(command, log_of(two)).note == INSTEAD_OF_THREADS
    one = [made._replace(sender=-1) for made in two]
    assert with_notes(command, log_of(one)).note == ""
    tasks = [made._replace(sender=7) for made in two]
    assert with_notes(command, log_of(tasks)).note == ""


def test_what_sends_with_another_library() -> None:
    """POST is sent with httpx, whichever library the script uses: it says so."""
    orders = [Made(method="POST", url=f"{ITEMS}", library="aiohttp")] * 5
    command = at_the_quotas(log_of(orders), QUOTAS[:1])
    for each in (command, with_retries(log_of(orders)), with_a_limit(log_of(orders))):
        assert each.recipe == "send_all"
    note = "The code below sends with httpx, because no recipe sends POST with aiohttp."
    assert with_notes(command, log_of(orders)).note == note


def test_what_has_no_one_address() -> None:
    """The command lacks --url, and it says why; where it has one, nothing is said."""
    paths = ("items/1", "items/2", "users/1")
    asked = log_of([Made(url=f"https://api.example.com/{path}") for path in paths])
    command = at_the_quotas(asked, QUOTAS[:1])
    assert "--url" not in str(command)
    assert with_notes(command, asked).note == SEVERAL_PATTERNS
