"""What notebooks 09 and 10 claim."""

from __future__ import annotations

import ast
import difflib
import inspect
import json
import re

import pytest

from inflight_lab.runners import semaphore
from tests.support.notebook_tools import code_cell
from tests.support.run_all import Ran

STOP_AND_LOOK = """
server.reset()
server.latency, panel.count = 0.2, 60
panel.start()
while server.stats().accepted < 10:
    await asyncio.sleep(0.02)
panel.stop()
while panel.running:
    await asyncio.sleep(0.02)
at_the_end = server.stats().accepted
while server.stats().accepted < 60:
    await asyncio.sleep(0.02)
"""

RUN_TWICE = """
def run_each(**shared):
    make = semaphore.make_many_requests
    return [len(asyncio.run(make(server.url, 2, **shared))) for _ in range(2)]

print(await asyncio.to_thread(run_each, limiter=asyncio.Semaphore(2)))
try:
    await asyncio.to_thread(run_each, client=httpx.AsyncClient())
except RuntimeError as error:
    print(error)
"""


def claims_of_09(ran: Ran, *, most: int = 160, sockets: bool = True) -> None:
    """Workers need no memory for what waits, and a crowd breaks in the client.

    ``most`` of the crowd's 400 requests reach the server; a page has no ``sockets``.
    """
    expect_flat_memory(ran)
    expect_that_a_crowd_breaks(ran, most)
    expect_connections(ran)
    expect_too_many_files(ran, sockets=sockets)
    expect_work(ran, sockets=sockets)
    expect_results_as_they_come(ran)
    lines, refused = ran.numbers("code-pipeline-run")
    assert (lines, refused > 0) == (60, True)
    requests = [json.loads(line) for line in ran.text("code-batch-file").splitlines()]
    assert [request["custom_id"] for request in requests] == [
        f"question-{number}" for number in range(4)
    ]
    assert ran.text("code-batch-again").splitlines() == [
        "question-1 is wrong, and would fail again",
        "question-2 has its answer",
        "in the next batch: question-0 question-3",
    ]


def expect_flat_memory(ran: Ran) -> None:
    """With tasks it grows with their number, with workers it does not."""
    memory: dict[str, dict[str, float]] = ran.kernel.value("memory")
    tasks, few = memory["with tasks"], memory["with workers"]
    assert tasks["20,000"] > 10 * tasks["1,000"]
    assert 0.8 < tasks["20,000"] * 1e6 / 20_000 / 1000 < 2.5  # kilobytes: "one or two"
    assert max(few.values()) < 0.5
    assert ran.cell("code-memory").mime_types == {
        "text/plain",
        "text/html",
        "image/svg+xml",
    }


def expect_that_a_crowd_breaks(ran: Ran, most: int) -> None:
    """In the client's own queue, and not at a semaphore."""
    kinds, reached = ran.text("code-naive").splitlines()
    assert sum(ast.literal_eval(kinds).values()) == 400
    assert ast.literal_eval(kinds)["PoolTimeout"] >= min(200, 400 - most)
    assert int(reached.split()[-1]) <= most  # "few, or none"
    kinds, reached = ran.text("code-limited").splitlines()
    assert ast.literal_eval(kinds) == {"Response": 400}
    assert reached == "reached the server: 400"
    _, few, _, many, *_, limited = ran.numbers("code-cost")
    assert 2 * few < many  # "each one costs several times as much"
    assert limited < many / 1.5


def expect_connections(ran: Ran) -> None:
    """The pool's queue has a timeout, and more than twenty are not kept open."""
    assert ran.text("code-pool").splitlines() == [
        "pool of 5     : peak 5, {'Response': 5, 'PoolTimeout': 15}",
        "semaphore of 5: peak 5, {'Response': 20}",
    ]
    _, requests, kept, _, _, opened = ran.numbers("code-kept")
    assert requests / 5 == kept == 20  # "five requests" each
    assert opened > 2 * kept  # "many more"


def expect_too_many_files(ran: Ran, *, sockets: bool) -> None:
    """Some of a hundred connections find no file; of twenty, all do."""
    opened = ran.text("code-files")
    if not sockets:
        assert opened.startswith("On Linux or a Mac")
        return
    failed, said, *_, cause, limited = opened.splitlines()
    (some,) = re.findall("limit 100: (.*) of 100 failed", failed)
    assert 100 - 64 < int(some) < 100  # "needs a few of its 64 files for itself"
    assert said.strip() == "ConnectError('All connection attempts failed')"
    assert cause.strip() == "OSError(24, 'Too many open files')"
    assert limited == "limit 20: 0 of 100 failed"


def expect_work(ran: Ran, *, sockets: bool) -> None:
    """A request costs about the same at every limit, and less through aiohttp."""
    work: dict[str, dict[str, float]] = ran.kernel.value("work")
    assert list(work) == (["httpx", "aiohttp"] if sockets else ["httpx"])
    for of_transport in work.values():
        assert list(of_transport) == [f"limit {limit}" for limit in (1, 10, 100)]
    one, hundred = work["httpx"]["limit 1"], work["httpx"]["limit 100"]
    assert 1 / 4 < hundred / one < 4  # "whatever the limit"
    if sockets:
        of_aiohttp, of_httpx = work["aiohttp"].values(), work["httpx"].values()
        assert sum(of_aiohttp) < sum(of_httpx)  # "The same requests cost less."
    of_limit, cost, a_second = ran.numbers("code-works")[:3]
    assert of_limit == 10
    assert a_second == pytest.approx(1000 / cost, rel=0.1)


def expect_results_as_they_come(ran: Ran) -> None:
    """In order and at most ten ahead, or one by one as they are completed."""
    steps = [
        (int(taken), int(sent))
        for taken, sent in re.findall(r"(\d+), sent: (\d+)", ran.text("code-stream"))
    ]
    assert len(steps) == 6
    assert all(taken <= sent <= taken - 1 + 10 for taken, sent in steps)
    *came, in_flight = ran.numbers("code-completed-run")
    assert sorted(came) == list(range(20)) != came
    assert came[0] < in_flight == 5


def claims_of_10(ran: Ran) -> None:
    """Tasks, threads and processes show one plateau, and nobody can cancel a thread."""
    for way in ("code-run-threads", "code-run-processes"):
        assert ran.text(way) == "24 answers, peak in flight: 3"
    shown = code_cell(ran.path, "text-diff").partition("```diff\n")[2]
    assert shown.partition("\n```")[0].splitlines() == lines_that_differ(ran)
    semaphore_said, pacer_said = ran.text("code-pace-threads-run").splitlines()
    assert "429" in semaphore_said
    assert pacer_said == "pacer {200: 60}"
    peak, compared = ran.text("code-own").splitlines()
    assert peak == "two groups, limit 3 each: peak in flight 6"
    assert "Measured: 6." in compared
    first, second = ran.text("code-two-loops").splitlines()
    assert first == "first run: 2 answers"
    assert second.endswith("is bound to a different event loop")
    hidden, client = ran.kernel.run(RUN_TWICE).text.splitlines()
    assert hidden == "[2, 2]"  # "if no task ever waits, ..."
    assert client == "Event loop is closed"
    claims_of_10_in_a_page(ran)
    assert ran.kernel.run(STOP_AND_LOOK).status == "ok"  # "nobody can cancel a thread"
    assert ran.kernel.value("at_the_end") < 60


def lines_that_differ(ran: Ran) -> list[str]:
    """Between a task's ``make_one_request`` and the thread's, from the limiter on."""
    of_a_task = inspect.getsource(semaphore.make_one_request)
    of_a_thread = code_cell(ran.path, "code-threads")
    lines = difflib.ndiff(body_of(of_a_task), body_of(of_a_thread))
    return [line for line in lines if line.startswith(("-", "+"))]


def body_of(function: str) -> list[str]:
    """Its lines from the one with the limiter on, without their indentation."""
    lines = [line.strip() for line in function.splitlines()]
    (start,) = (at for at, line in enumerate(lines) if "with limiter:" in line)
    return lines[start:]


def claims_of_10_in_a_page(ran: Ran) -> None:
    """Those that need neither threads nor processes: a limit for each host, and a quota
    that the API counts; no Redis, no harm.
    """
    assert ran.text("code-run-tasks") == "24 answers, peak in flight: 3"
    assert ran.text("code-hosts") == "24 answers, in flight at most:\n3 here, 3 there"
    assert ran.text("code-paces").splitlines() == [
        "here: accepted 15, refused 0",
        "there: accepted 15, refused 0",
    ]
    *counted, compared = ran.text("code-who-counts").splitlines()
    assert [line.split()[-2] for line in counted] == ["9", "8", "7", "6"]
    assert "Measured: 6. Why not 8?" in compared
    assert ran.text("code-redis-look").endswith("We go on without.")
    said, apart, together = ran.text("code-redis-run").splitlines()
    assert said.startswith("Nothing was sent: there is no Redis here.")
    assert apart.startswith("counted apart:")
    assert together.startswith("counted together: accepted 60, refused 0")
