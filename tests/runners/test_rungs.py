"""What every rung promises: the same face, the same outcomes, and a file to paste."""

from __future__ import annotations

import asyncio
import difflib
import gc
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from inflight_lab import PracticeServer, runners
from inflight_lab.runners import RUNGS, SHARED
from inflight_lab.runners.patiently import NoAnswer
from tests.support.waiting import PATIENCE, Hold, until

FOLDER = Path(runners.__path__[0])
PACKAGE = "inflight_lab.runners."
URL = "http://127.0.0.1:9/get"
SLIDE = 25  # lines that can be read from the back of a room


@pytest.fixture(params=RUNGS)
def rung(request: pytest.FixtureRequest) -> Rung:
    """Each rung in turn."""
    return Rung(request.param, request)


class Rung:
    """A rung, and how to call it from a test that does not await."""

    def __init__(self, name: str, request: pytest.FixtureRequest) -> None:
        self.module: ModuleType = importlib.import_module(PACKAGE + name)
        self.parameters = inspect.signature(self.module.make_many_requests).parameters
        self.options: dict[str, Any] = {}
        if "pause" in self.parameters:
            self.options = {"pause": 0.01}
        if name == "shared_quota":
            self.options = {"store": request.getfixturevalue("redis")}
            self.options |= {"key": request.node.name, "rate": 10_000}

    @property
    def is_async(self) -> bool:
        """Whether it has to be awaited."""
        return inspect.iscoroutinefunction(self.module.make_many_requests)

    @property
    def failure(self) -> type[Exception]:
        """What it raises for a status other than 200."""
        return NoAnswer if "patiently" in self.parameters else ValueError

    def run(self, url: str, count: int, **options: Any) -> list[Any]:
        """Run it to its end; what it does not take is left out."""
        given = {name: options[name] for name in options if name in self.parameters}
        run = self.module.make_many_requests(url, count, **self.options, **given)
        return asyncio.run(run) if self.is_async else run

    def run_with(self, answers: Answers, count: int, **options: Any) -> list[Any]:
        """The same, with a client of the test's own, which has to stay open."""
        if not self.is_async:
            with httpx.Client(transport=answers) as client:
                outcomes = self.run(URL, count, client=client, **options)
                assert not client.is_closed
            return outcomes

        async def main() -> list[Any]:
            async with httpx.AsyncClient(transport=answers) as client:
                outcomes = await self.module.make_many_requests(
                    URL, count, client=client, **self.options, **options
                )
                assert not client.is_closed
            return outcomes

        return asyncio.run(main())


class Answers(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A network that gives these answers, in the order in which requests come.

    Each answer is a status, and the seconds that it takes.
    """

    def __init__(self, *answers: tuple[int, float]) -> None:
        self.answers = list(enumerate(answers))

    def _next(self) -> tuple[httpx.Response, float]:
        number, (status, seconds) = self.answers.pop(0)
        return httpx.Response(status, json=number), seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The next answer, for a thread."""
        response, seconds = self._next()
        time.sleep(seconds)
        return response

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """The next answer, for a task."""
        response, seconds = self._next()
        await asyncio.sleep(seconds)
        return response


def test_the_ladder_is_complete() -> None:
    """Every file of the folder is a rung, or shared by rungs."""
    files = {module.name for module in pkgutil.iter_modules([str(FOLDER)])}
    assert files == {*RUNGS, *SHARED}


def test_the_face(rung: Rung) -> None:
    """``(url, count, *, ..., client=None, ..., return_exceptions=False,
    verbose=False)``, and one request takes the client by name.
    """
    first, second, *options = rung.parameters.values()
    assert [first.name, second.name] == ["url", "count"]
    assert {each.kind for each in options} == {inspect.Parameter.KEYWORD_ONLY}
    assert [each.name for each in options][-2:] == ["return_exceptions", "verbose"]
    defaults = {each.name: each.default for each in options}
    assert defaults["return_exceptions"] is defaults["verbose"] is False
    assert defaults["client"] is defaults.get("limiter") is None
    one = inspect.signature(rung.module.make_one_request).parameters
    assert list(one)[:2] == ["url", "num"]
    assert one["client"].kind == inspect.Parameter.KEYWORD_ONLY
    assert rung.run(URL, 0) == []


def test_each_request_says_that_it_is_json(
    rung: Rung, server: PracticeServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """On real sockets: a GET each, one response each, nothing printed; and nothing
    binds to the first event loop.
    """
    for run in (1, 2):
        responses = rung.run(server.url, 4)
        headers = [response.json()["headers"] for response in responses]
        assert {each["Content-Type"] for each in headers} == {"application/json"}
        assert server.stats().accepted == server.stats().started == 4 * run
    assert capsys.readouterr().out == ""
    gc.collect()  # an unclosed socket is a ResourceWarning here, and so an error


@pytest.mark.anyio
async def test_the_server_sees_the_limit(
    rung: Rung, server: PracticeServer, hold: Hold
) -> None:
    """It holds every request, and counts exactly as many as the limit; all, where there
    is none.
    """
    sending = asyncio.create_task(asyncio.to_thread(rung.run, server.url, 12, limit=4))
    limit = 4 if "limit" in rung.parameters else 12
    await until(lambda: server.stats().in_flight >= limit)
    hold.release()
    assert len(await sending) == 12
    assert (server.stats().peak_in_flight, server.stats().accepted) == (limit, 12)


def test_results_stand_in_the_order_of_the_requests(rung: Rung) -> None:
    """Also when the answers come in the reverse order."""
    answers = Answers(*[(200, 0.02 * (6 - number)) for number in range(6)])
    limit = {"limit": 6} if "limit" in rung.parameters else {}
    outcomes = rung.run_with(answers, 6, **limit)
    assert [outcome.json() for outcome in outcomes] == list(range(6))


@pytest.mark.parametrize("status", [400, 403])
def test_another_status_is_raised_or_stands_in_its_place(
    rung: Rung, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the text of the source; a rung that retries has words of its own.  If you
    like, a line is printed before each request.
    """
    words = f"Unexpected Status: Http status code is {status}."
    if rung.failure is NoAnswer:
        words = f"status {status} 1"  # the body
    answers = [(200, 0.0), (status, 0.0), (200, 0.0), (200, 0.0)]
    with pytest.raises(rung.failure, match=f"^{words}$"):
        rung.run_with(Answers(*answers), 4)
    outcomes = rung.run_with(Answers(*answers), 4, return_exceptions=True, verbose=True)
    texts = [
        outcome.json() if isinstance(outcome, httpx.Response) else str(outcome)
        for outcome in outcomes
    ]
    assert sorted(map(str, texts)) == ["0", "2", "3", words]
    if rung.is_async:  # threads may send in another order
        assert texts == [0, words, 2, 3]
    lines = sorted(capsys.readouterr().out.splitlines())
    requests = [f"Making request {num}" for num in range(4)]
    assert [line for line in lines if line.startswith("Making")] == requests


# The file is what runs.

RUN = """
import asyncio, importlib, inspect, sys
sys.modules["inflight_lab"] = None
sys.modules[{other!r}] = None
url, store, *rungs = sys.argv[1:]
for name in rungs:
    options = {{"store": store, "rate": 1000}} if name == "shared_quota" else {{}}
    many = importlib.import_module(name).make_many_requests
    run = many(url, 2, **options)
    responses = asyncio.run(run) if inspect.iscoroutine(run) else run
    urls = {{response.json()["url"] == url for response in responses}}
    print(name, len(responses), urls)
"""


@pytest.mark.parametrize(
    ("client", "other"), [("httpx", "httpx2"), ("httpx2 as httpx", "httpx")]
)
def test_a_pasted_rung_runs(
    client: str, other: str, server: PracticeServer, redis: str, tmp_path: Path
) -> None:
    """Where the package is not found, with httpx alone, or with httpx2 alone."""
    for name in (*RUNGS, *SHARED):
        source = (FOLDER / f"{name}.py").read_text("utf-8").replace(PACKAGE, "")
        source = source.replace("\nimport httpx\n", f"\nimport {client}\n")
        (tmp_path / f"{name}.py").write_text(source, "utf-8")
    script = RUN.format(other=other)
    command = [sys.executable, "-W", "error", "-c", script, server.url, redis, *RUNGS]
    run = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=PATIENCE * 2
    )
    printed = "".join(f"{name} 2 {{True}}\n" for name in RUNGS)
    assert (run.stderr, run.stdout) == ("", printed)
    assert server.stats().accepted == server.stats().started == 2 * len(RUNGS)


@pytest.mark.parametrize(
    ("before", "after"),
    [("naive", "semaphore"), ("semaphore", "semaphore_pause"), ("semaphore", "paced")],
)
def test_two_rungs_differ_by_a_slide(before: str, after: str) -> None:
    """The diff of two rungs is the lesson: its code can be shown at once."""

    def code_of(name: str) -> list[str]:
        """Its lines, without docstrings and empty ones."""
        source = (FOLDER / f"{name}.py").read_text("utf-8")
        code = re.sub(r'(?s)""".*?"""', "", source)
        return [line for line in code.splitlines() if line.strip()]

    difference = difflib.ndiff(code_of(before), code_of(after))
    changed = [line for line in difference if line.startswith(("-", "+"))]
    assert 10 < len(changed) <= SLIDE
