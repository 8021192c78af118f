"""Notebooks 08 to 10: what they show after Run All, their exercises, the calculator and the bars.

Their form is checked in `test_notebooks`, with that of all others.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from typing import Any

import pytest

from inflight_lab.exercises import scale
from inflight_lab.exercises.calculator import advise, limit_for, rate_for
from inflight_lab.runners import threaded
from tests.exercises.test_exercises import verdict
from tests.notebooks.test_notebooks import PANEL_ENDS, RUN_ALL, Ran, bare
from tests.support.notebook_tools import NOTEBOOKS, Exercise, Kernel, code_cells, exercises, kernel

PATHS = {path.stem[:2]: path for path in NOTEBOOKS if path.stem[:2] in ("08", "09", "10")}
NO_REDIS = "redis://127.0.0.1:1"

STOP_AND_LOOK = """
server.reset()
panel.start()
while server.stats().started < 10:
    await asyncio.sleep(0.02)
panel.stop()
while panel.running:
    await asyncio.sleep(0.02)
at_the_end = server.stats().started
while server.stats().started < 60:
    await asyncio.sleep(0.02)
"""


# ---- Run All


def run_all(number: str, fresh: Kernel, *, before: str = "") -> Ran:
    """Run All, in a kernel in which ``before`` was run; all cells finish, and the panel's run too."""
    if before:
        assert fresh.run(before).status == "ok"
    sources = code_cells(PATHS[number])
    ran = Ran(PATHS[number], fresh, fresh.run_all(sources, within=RUN_ALL))
    assert [(run.status, run.error) for run in ran.cells] == [("ok", "")] * len(sources)
    if any("panel = " in source for source in sources):
        assert fresh.run(PANEL_ENDS).status == "ok"
        assert fresh.value("repr(panel.error)") == "None"
        assert fresh.value("len(panel.outcomes) == panel.count_slider.value")
        assert fresh.value("server.stats().in_flight") == 0
    return ran


def mime_types(ran: Ran, words: str) -> set[str]:
    """What the one cell showed whose source contains ``words``."""
    sources = code_cells(ran.path)
    (run,) = (run for source, run in zip(sources, ran.cells, strict=True) if words in source)
    return run.mime_types


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel that finds no Redis, whatever runs on this machine."""
    monkeypatch.setenv("REDIS_URL", NO_REDIS)
    with kernel() as fresh:
        yield fresh


def test_run_all_of_08(fresh: Kernel) -> None:
    """A crowd breaks in the client, waits for nothing at a semaphore, and weighs nothing with workers."""
    claims_of_08(run_all("08", fresh))


def claims_of_08(ran: Ran, *, most: int = 200, sockets: bool = True) -> None:
    kinds, reached = ran.text('print("reached the server:"').splitlines()
    assert sum(ast.literal_eval(kinds).values()) == 500
    assert ast.literal_eval(kinds)["PoolTimeout"] >= 250
    assert int(reached.split()[-1]) <= most  # "few, or none"
    kinds, reached = ran.text('print(f"reached the server:').splitlines()
    assert ast.literal_eval(kinds) == {"Response": 500}
    assert reached.startswith("reached the server: 500")
    _, first, _, second, _, third, *_, limited = ran.numbers("time.thread_time()")
    assert first < second < third  # "each one costs more"
    assert limited < third / 2
    assert ran.text("limits = httpx.Limits(max_connections=5)").splitlines() == [
        "pool of 5     : peak 5, {'Response': 5, 'PoolTimeout': 15}",
        "semaphore of 5: peak 5, {'Response': 20}",
    ]
    _, requests, kept, _, _, opened = ran.numbers("network_stream")
    assert requests / 10 <= kept <= 20  # "ten requests" each
    assert opened > requests / 2  # "most requests"
    speeds: dict[str, dict[str, float]] = ran.kernel.value("speeds")
    assert (
        not sockets
        or max(speeds["httpx"][f"limit {limit}"] for limit in (1, 3)) > speeds["httpx"]["limit 100"]
    )
    if "aiohttp" in speeds:
        assert speeds["aiohttp"]["limit 100"] > 1.3 * speeds["httpx"]["limit 100"]
    memory: dict[str, dict[str, float]] = ran.kernel.value("memory")
    tasks, few = memory["with tasks"], memory["with workers"]
    assert tasks["50,000"] > 20 * tasks["1,000"]
    assert 0.8 < tasks["50,000"] * 1e6 / 50_000 / 1000 < 2.5  # kilobytes: "one or two"
    assert max(few.values()) < 0.5
    for taken, sent in re.findall(r"taken: (\d+), sent: (\d+)", ran.text("ahead=10")):
        assert int(taken) <= int(sent) <= int(taken) - 1 + 10
    assert mime_types(ran, 'title="megabytes') == {"text/plain", "image/svg+xml"}


def test_08_goes_on_without_httpx_aiohttp(fresh: Kernel) -> None:
    """The optional package is optional: one cell says so, with the way to get it, and all others run."""
    ran = run_all("08", fresh, before="import sys; sys.modules['httpx_aiohttp'] = None")
    assert 'pip install "httpx-aiohttp"' in ran.text("AiohttpTransport")
    assert fresh.value("list(speeds)") == ["httpx"]


def test_run_all_of_09(fresh: Kernel) -> None:
    """Tasks, threads and processes show one plateau; limits and quotas apart add up; no Redis, no harm."""
    ran = run_all("09", fresh)
    for way in ("threads=20", "processes=4"):
        assert ran.text(way) == "24 answers, peak in flight: 3"
    assert ran.text("difflib.ndiff").splitlines() == [
        "- async with limiter:",
        "+ with limiter:",
        '- print(f"Making request {num}")',
        '+ print(f"Making request {num}\\n", end="")',
        '- response = await client.get(url, headers={"Content-Type": "application/json"})',
        '+ response = client.get(url, headers={"Content-Type": "application/json"})',
    ]
    assert ran.numbers("limit 3 each")[-1] == 6
    claims_of_09(ran)
    assert fresh.run(STOP_AND_LOOK).status == "ok"  # "nobody can cancel a thread"
    assert fresh.value("at_the_end") < 60


def claims_of_09(ran: Ran) -> None:
    """Those that need neither threads nor processes."""
    assert ran.text("semaphore.make_many_requests(server.url, 24") == "24 answers, peak in flight: 3"
    accepted, refused = ran.numbers("send_from_two(rate=20)")
    assert accepted + refused == 40
    assert refused > 5
    assert ran.numbers("paced.Pacer(20)") == [40, 0]
    assert ran.text("STORE = ").endswith("We go on without.")
    assert ran.text("senders = [") == "Without Redis, a recorded run: accepted: 40, refused: 0"


def test_runner_in_the_cell_of_09_is_the_runner_in_the_package() -> None:
    """What stands in the cell and what the package ships cannot drift apart."""
    (cell,) = (source for source in code_cells(PATHS["09"]) if "def make_one_request" in source)
    assert bare(cell) == bare(inspect.getsource(threaded.make_one_request))


def test_09_shares_the_quota_through_redis(redis: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is a Redis, two processes keep one quota, as the recorded line says."""
    pytest.importorskip("throttled")
    monkeypatch.setenv("REDIS_URL", redis)
    with kernel() as fresh:
        ran = run_all("09", fresh)
        assert ran.text("STORE = ").startswith("There is a Redis")
        assert ran.text("senders = [") == "accepted: 40, refused: 0"


def test_09_goes_on_without_a_client_for_redis(fresh: Kernel) -> None:
    """The optional package is optional."""
    ran = run_all("09", fresh, before="import sys; sys.modules['throttled'] = None")
    assert 'pip install "inflight-lab[redis]"' in ran.text("STORE = ")


def test_run_all_of_10(fresh: Kernel) -> None:
    """The page's numbers are those of the calculator and of the server."""
    claims_of_10(run_all("10", fresh))


def claims_of_10(ran: Ran) -> None:
    assert ran.text("print(f'URL = ") == f'URL = "{ran.kernel.value("server.url")}"'
    assert ran.numbers("rate_for(limit") == [30, 100, 0.3, 300, 0.1]
    lines = ran.text("RateLimit-Policy").splitlines()
    assert lines[0] == 'RateLimit-Policy: "default";q=5;w=1 at first, then "default";q=5;w=1'
    assert 'r=4;t=1 at first, then "default";r=0' in lines[1]
    assert lines[2:4] == ["Retry-After: None at first, then 1", "status: 200 at first, then 429"]
    assert lines[4].startswith("I am: python-httpx/")
    assert "application/vnd.jupyter.widget-view+json" in mime_types(ran, "widgets.interactive")


# ---- the exercises


EXERCISES = [each for each in exercises() if hasattr(scale, each.check)]

WRONG = {
    "check_waits_outside": {
        "a limit above the pool's size": """
async def make_all(url, count, *, client):
    slots = asyncio.Semaphore(50)
    async def make_one():
        async with slots:
            return await client.get(url)
    return await asyncio.gather(*(make_one() for _ in range(count)))
""",
        "more patience in the pool": """
async def make_all(url, count, *, client):
    return await asyncio.gather(*(client.get(url, timeout=60) for _ in range(count)))
""",
        "one after the other": """
async def make_all(url, count, *, client):
    return [await client.get(url) for _ in range(count)]
""",
        "fewer than asked for": """
async def make_all(url, count, *, client):
    return await asyncio.gather(*(client.get(url) for _ in range(10)))
""",
    },
    "check_shares_items": {
        "a list of all items first": """
async def make_each(make_one, items, limit):
    shared = iter(list(items))
    async def work():
        for item in shared:
            await make_one(item)
    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(work())
""",
        "a task for each item": """
async def make_each(make_one, items, limit):
    slots = asyncio.Semaphore(limit)
    async def make(item):
        async with slots:
            await make_one(item)
    await asyncio.gather(*[make(item) for item in items])
""",
        "one worker": """
async def make_each(make_one, items, limit):
    for item in items:
        await make_one(item)
""",
        "one item each": """
async def make_each(make_one, items, limit):
    shared = iter(items)
    async with asyncio.TaskGroup() as group:
        for _ in range(limit):
            group.create_task(make_one(next(shared)))
""",
    },
    "check_one_limit": {
        "half the limit each": """
def make_two_groups(url, limit):
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limit=limit // 2)
""",
        "a semaphore for each": """
def make_two_groups(url, limit):
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limiter=threading.Semaphore(limit))
""",
        "asyncio's semaphore": """
def make_two_groups(url, limit):
    slots = asyncio.Semaphore(limit)
    with ThreadPoolExecutor() as pool:
        for _ in range(2):
            pool.submit(threaded.make_many_requests, url, 12, limiter=slots)
""",
        "only one group": """
def make_two_groups(url, limit):
    threaded.make_many_requests(url, 12, limit=limit)
""",
    },
    "check_share": {
        "divided the wrong way": "def share(rate, senders):\n    return senders / rate\n",
        "half for everybody": "def share(rate, senders):\n    return rate / 2\n",
        "rounded up": "def share(rate, senders):\n    return -(-rate // senders) + 1\n",
        "nothing": "def share(rate, senders):\n    pass\n",
    },
    "check_introduces_itself": {
        "a name and nobody behind it": """
def make_client():
    return httpx.AsyncClient(timeout=10, headers={"User-Agent": "my-script"})
""",
        "another header": """
def make_client():
    return httpx.AsyncClient(timeout=10, headers={"From": "ada@example.org"})
""",
        "no timeout": """
def make_client():
    return httpx.AsyncClient(timeout=None, headers={"User-Agent": "counter (ada@example.org)"})
""",
    },
    "check_gives_up": {
        "at the first": """
async def ask(url, count, *, client):
    responses = []
    for _ in range(count):
        responses.append(await client.get(url))
        if responses[-1].status_code == 429:
            break
    return responses
""",
        "after three requests": """
async def ask(url, count, *, client):
    return [await client.get(url) for _ in range(3)]
""",
        "all sent before the first is looked at": """
import asyncio
async def ask(url, count, *, client):
    responses = await asyncio.gather(*(client.get(url) for _ in range(count)))
    return responses[:7]
""",
    },
}


def named(exercise: Exercise) -> str:
    return exercise.check


@pytest.mark.anyio
@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
async def test_untouched_cell_is_told_not_yet(exercise: Exercise, capsys: pytest.CaptureFixture[str]) -> None:
    """Run All on a fresh notebook meets no error, and the learner reads what was observed."""
    line = await verdict(exercise, exercise.untouched, capsys)
    assert line.startswith("Not yet: ")
    assert "raised" not in line
    assert any(character.isdigit() for character in line)


@pytest.mark.anyio
@pytest.mark.parametrize("exercise", EXERCISES, ids=named)
async def test_folded_solution_is_correct(exercise: Exercise, capsys: pytest.CaptureFixture[str]) -> None:
    """The solution below the exercise really solves it, pasted in the cell's place."""
    line = await verdict(exercise, f"{exercise.solution}\n{exercise.check_line}", capsys)
    assert line.startswith("Correct: ")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("exercise", "answer"),
    [
        pytest.param(exercise, answer, id=f"{exercise.check}: {mistake}")
        for exercise in EXERCISES
        for mistake, answer in WRONG[exercise.check].items()
    ],
)
async def test_wrong_answer_is_not_accepted(
    exercise: Exercise, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A plausible mistake is told not yet."""
    line = await verdict(exercise, f"{answer}\n{exercise.check_line}", capsys)
    assert line.startswith("Not yet: ")


def test_every_check_is_used_and_every_exercise_has_wrong_answers() -> None:
    """No check without its exercise, and none whose strictness is untested."""
    defined = {name for name in vars(scale) if name.startswith("check_")}
    assert defined == {exercise.check for exercise in EXERCISES} == set(WRONG)


# ---- the calculator


@pytest.mark.parametrize(
    ("rate", "period", "latency", "limit"),
    [
        (100, 1, 0.3, 30),
        (70, 1, 0.1, 7),  # 70 * 0.1 is 7.000000000000001
        (100, 1, 0.001, 1),
        (100, 1, 0.301, 31),
        (60, 60, 2.5, 3),
        (5000, 1, 1.0, 5000),
    ],
)
def test_limit_is_the_smallest_that_reaches_the_rate(
    rate: float, period: float, latency: float, limit: int
) -> None:
    """Little's law, both ways round: this limit reaches the rate, and one less does not."""
    assert limit_for(rate, period=period, latency=latency) == limit
    assert rate_for(limit, period=period, latency=latency) >= rate - 1e-9
    if limit > 1:
        assert rate_for(limit - 1, period=period, latency=latency) < rate


def test_advice_tells_when_the_limit_stops_being_right() -> None:
    """The limit, what it gives, the quick day, the whole number that is too many, and the pool."""
    assert advise(100, latency=0.3).splitlines() == [
        "limit 30: at 0.3 s an answer it gives 100 a second",
        "  if answers come twice as quickly: 200 a second, so pace as well",
    ]
    assert "more than the 5 permitted; one less gives 0" in advise(5, latency=0.01)
    assert "one less gives 98.4" in advise(100, period=60, latency=25)
    assert "in 60 s" in advise(100, period=60, latency=25)
    assert "httpx's pool of 100 connections stops at 50" in advise(100, latency=2)


@pytest.mark.parametrize("name", ["rate", "period", "latency"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "1", None, True])
def test_calculator_refuses_what_is_no_quantity(name: str, value: Any) -> None:
    """One clear error that names the argument and its value."""
    arguments: dict[str, Any] = {"rate": 100, "period": 1.0, "latency": 0.3, name: value}
    number = isinstance(value, int | float) and not isinstance(value, bool)
    error = ValueError if number else TypeError
    for function in (limit_for, advise):
        with pytest.raises(error, match=rf"{name} must be .*more than 0.*got {value!r}"):
            function(arguments["rate"], period=arguments["period"], latency=arguments["latency"])


@pytest.mark.parametrize(("limit", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError)])
def test_calculator_refuses_what_is_no_limit(limit: Any, error: type[Exception]) -> None:
    """A limit counts slots."""
    with pytest.raises(error, match=f"limit must be .*1 or more, got {limit}"):
        rate_for(limit, latency=0.3)
