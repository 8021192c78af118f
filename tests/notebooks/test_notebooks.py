"""The notebooks: their form, and what they show when all cells are queued at once in a real kernel."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from inflight_lab.runners import naive, semaphore, semaphore_pause
from tests.support.notebook_tools import NOTEBOOKS, CellRun, Kernel, code_cells, kernel, load

MOST_LINES, MOST_WORDS = 15, 60
RUN_ALL = 60.0
"""Seconds: the promise is 30 on a computer that does nothing else."""

PANEL_ENDS = """
import asyncio
while panel.running:
    await asyncio.sleep(0.05)
"""


def named(path: Path) -> str:
    return path.stem


# ---- form


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_notebook_is_stored_clean(path: Path) -> None:
    """No output, no execution count, no metadata beyond the kernel: a diff shows what a person changed."""
    notebook = load(path)
    nbformat.validate(notebook)
    assert re.fullmatch(r"\d\d(_[a-z]+){2,}", path.stem)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert notebook.metadata.language_info == {"name": "python"}
    for cell in notebook.cells:
        assert cell.metadata == {}
        assert cell.cell_type == "markdown" or (cell.outputs, cell.execution_count) == ([], None)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_notebook_opens_with_its_purpose(path: Path) -> None:
    """The first cell says what you do, learn and need, the second imports; the last one sums up."""
    first, second, *_, last = load(path).cells
    assert first.source.startswith("# ")
    assert all(f"**You {verb}**" in first.source for verb in ("will do", "will learn", "need"))
    assert "minutes" in first.source
    code = next(cell for cell in load(path).cells if cell.cell_type == "code")
    assert all(isinstance(node, ast.Import | ast.ImportFrom) for node in ast.parse(code.source).body)
    assert second == code or path.stem.startswith("00")  # there the map of the series comes first
    assert last.source.startswith("## Summary")
    assert "**Next**" in last.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_cells_are_short(path: Path) -> None:
    """One idea a cell: few lines of code, few words of prose (tables, code and the title cell apart)."""
    for number, cell in enumerate(load(path).cells):
        if cell.cell_type == "code":
            lines = [line for line in cell.source.splitlines() if line.strip()]
            assert len(lines) <= MOST_LINES, f"{len(lines)} lines of code in {cell.id}"
        elif number and "<details>" not in cell.source:
            words = words_of(cell.source)
            assert words <= MOST_WORDS, f"{words} words in {cell.id}"


def words_of(markdown: str) -> int:
    """The words of the prose: tables and fenced code are looked up, not read through."""
    prose = re.sub(r"```.*?```", "", markdown, flags=re.S)
    prose = "\n".join(line for line in prose.splitlines() if not line.startswith("|"))
    prose = re.sub(r"\]\([^)]*\)", "]", prose)
    return len(re.findall(r"\w[^\s]*", prose))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=named)
def test_links_lead_somewhere(path: Path) -> None:
    """Every link to another notebook names one that exists, and nothing points outside but httpbin."""
    for cell in load(path).cells:
        for target in re.findall(r"\]\(([^)]+)\)", cell.source) if cell.cell_type == "markdown" else []:
            assert (path.parent / target).exists() or target == "https://httpbin.org"


# ---- the runner in the cell is the runner in the package


def bare(source: str) -> dict[str, str]:
    """Each function of ``source`` by its name, without annotations and docstrings."""
    functions = {}
    for node in ast.parse(textwrap.dedent(source)).body:
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef):
            if ast.get_docstring(node):
                del node.body[0]
            node.returns = None
            for each in ast.walk(node):
                if isinstance(each, ast.arg):
                    each.annotation = None
            functions[node.name] = ast.unparse(node)
    return functions


def core(module: ModuleType) -> dict[str, str]:
    """The two functions of a rung."""
    return bare("".join(map(inspect.getsource, (module.make_one_request, module.make_many_requests))))


@pytest.mark.parametrize(
    ("start", "rung", "names"),
    [
        ("01", naive, ["make_one_request"]),
        ("02", naive, ["make_one_request", "make_many_requests"]),
        ("03", semaphore, ["make_one_request", "make_many_requests"]),
        ("04", semaphore_pause, ["make_one_request", "make_many_requests"]),
    ],
)
def test_runner_in_the_cell_is_the_runner_in_the_package(
    start: str, rung: ModuleType, names: list[str]
) -> None:
    """What the learner writes and what the package ships cannot drift apart."""
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith(start))
    written: dict[str, str] = {}
    for cell in code_cells(path):
        written |= bare(cell)
    assert [written[name] for name in names] == [core(rung)[name] for name in names]


def test_naive_runner_to_compare_with_is_the_real_one() -> None:
    """The diff in 03 compares with the naive rung itself."""
    (path,) = (path for path in NOTEBOOKS if path.stem.startswith("03"))
    first = next(cell for cell in code_cells(path) if "def make_one_request" in cell)
    assert bare(first)["make_one_request"] == core(naive)["make_one_request"]


# ---- Run All


@dataclass
class Ran:
    """A notebook after Run All, in a kernel that is still alive."""

    path: Path
    kernel: Kernel
    cells: list[CellRun]

    def text(self, first_words: str) -> str:
        """What the one cell printed whose source contains ``first_words``."""
        (run,) = (
            run
            for source, run in zip(code_cells(self.path), self.cells, strict=True)
            if first_words in source
        )
        return run.text.strip()

    def numbers(self, first_words: str) -> list[float]:
        """The numbers that it printed."""
        return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", self.text(first_words))]


@pytest.fixture(scope="module", params=[path for path in NOTEBOOKS if path.stem < "05"], ids=named)
def ran(request: pytest.FixtureRequest) -> Iterator[Ran]:
    with kernel() as fresh:
        path = request.param
        yield Ran(path, fresh, fresh.run_all(code_cells(path), within=RUN_ALL))


def test_run_all_finishes_every_cell(ran: Ran) -> None:
    """All cells queued at once finish, none of them raises, and nothing is left flying."""
    sources = code_cells(ran.path)
    unfinished = [
        (source, run.status, run.error)
        for source, run in zip(sources, ran.cells, strict=True)
        if run.status != "ok"
    ]
    assert unfinished == []
    if "panel = " in "\n".join(sources):
        assert ran.kernel.run(PANEL_ENDS).status == "ok"
        assert ran.kernel.value("repr(panel.error)") == "None"
        assert ran.kernel.value("len(panel.outcomes) == panel.count_slider.value")
        assert ran.kernel.value("server.stats().in_flight") == 0
    CLAIMS[ran.path.stem[:2]](ran)


# One with a nested run and one with a panel stand for all.
@pytest.mark.parametrize(
    "ran", [path for path in NOTEBOOKS if path.stem[:2] in ("00", "03")], indirect=True, ids=named
)
def test_run_all_again_leaves_nothing_behind(ran: Ran) -> None:
    """A second Run All in the same kernel works, and closes what the first one had opened."""
    again = ran.kernel.run_all(code_cells(ran.path), within=RUN_ALL)
    assert {run.status for run in again} == {"ok"}
    servers = 'sum(thread.name == "practice-server" for thread in __import__("threading").enumerate())'
    assert ran.kernel.value(servers) == 1


def claims_of_00(ran: Ran) -> None:
    assert "200 OK" in ran.text("PracticeServer(latency=0.3)")
    first, *_, last = ran.text('coroutine = nap("Ada")').splitlines()
    assert (first, last) == ("a call that has not begun: coroutine", "Ada gets up")
    assert "Ben's task is done: True" in ran.text("await bens_nap")
    asked = ran.text("asyncio.run(coroutine)").splitlines()
    assert asked[0] == "RuntimeError: asyncio.run() cannot be called from a running event loop"
    assert asked[-1] == "Cleo gets up"  # the very same coroutine, awaited, ran
    statuses = [line.split()[0] for line in ran.text("for _ in range(3)").splitlines()[:3]]
    assert statuses == ["200", "200", "429"]
    assert "accepted=2, refused=1" in ran.text("server.stats()")
    assert ran.text("asyncio.run(main())") == "a script got 200"


def claims_of_01(ran: Ran) -> None:
    assert ran.text("json.dumps").startswith("Making request 1")
    assert ran.kernel.value("sorted(response.json())") == ["args", "headers", "origin", "url"]
    assert ran.kernel.value('response.request.headers["Content-Type"]') == "application/json"
    assert ran.kernel.value("latency") > 0.29  # a timer may ring a hair early
    assert ran.numbers("in_turn = ")[1:] == [1]
    assert ran.numbers("as_tasks = ")[1:] == [2]
    assert ran.kernel.value("as_tasks < in_turn")
    assert ran.kernel.value("panel.limit_slider.disabled")
    assert ran.kernel.value("server.stats().peak_in_flight") == 1  # in turn: the panel's run


def claims_of_02(ran: Ran) -> None:
    refusal = "ValueError: Unexpected Status: Http status code is 429."
    assert ran.text("with plot:") == refusal
    client, server, accepted, refused = ran.numbers("seen, told")
    assert client == 200
    assert 80 <= server <= 100  # 100, unless the machine is so busy that answers overtake requests
    assert accepted >= 100
    assert refused >= 50
    assert accepted + refused == 200
    assert ran.text("in my hands").endswith("in my hands: None")
    at_the_error, later = map(int, re.findall(r"(\d+)(?:,|$)", ran.text("at_the_error").splitlines()[1])[-2:])
    assert at_the_error < later == 300
    assert ran.kernel.value("len(outcomes)") == 200
    assert set(re.findall(r"'(\w+)'", ran.text("outcomes = await"))) == {"Response", "ValueError"}
    assert ran.kernel.value("panel.limit_slider.disabled")
    assert ran.kernel.value("server.stats().started") == 200  # the panel's run


def claims_of_03(ran: Ran) -> None:
    steps = [
        ran.text('await arrive("Ada")'),
        ran.text('await arrive("Cleo")'),
        ran.text('await leave("Ben")'),
    ]
    assert "\n".join(steps).splitlines() == [
        "Ada arrives: counter 1, holding ['Ada'], waiting []",
        "Ben arrives: counter 0, holding ['Ada', 'Ben'], waiting []",
        "every slot is taken: True",
        "Cleo arrives: counter 0, holding ['Ada', 'Ben'], waiting ['Cleo']",
        "Ada leaves: counter 0, holding ['Ben', 'Cleo'], waiting []",
        "Ben leaves: counter 1, holding ['Cleo'], waiting []",
        "Cleo leaves: counter 2, holding [], waiting []",
        "every slot is taken: False",
    ]
    assert ran.text("difflib.ndiff").splitlines() == [
        "- async def make_one_request(url, num, *, client, verbose=False):",
        "+ async def make_one_request(url, num, *, client, limiter, verbose=False):",
        "+ async with limiter:",
    ]
    peak, refused, elapsed, answers = ran.numbers('stats = server.stats()\nprint(f"peak')
    assert (peak, refused, answers) == (3, 0, 30)
    assert elapsed > 2.9  # ten times 0.3 s, and a busy machine only adds
    for line in ran.text("for limit in (5, 10, 30)").splitlines():
        foretold, took = map(float, re.findall(r"\d+\.\d+", line))
        assert took > foretold - 0.1
    peak, accepted, refused, busiest = ran.numbers("as quick")
    assert peak == 3
    assert refused > accepted  # "most were refused all the same"
    assert busiest > 30
    assert ran.kernel.value("server.stats().peak_in_flight") == 3  # the panel's run
    assert not ran.kernel.value("panel.limit_slider.disabled")


def claims_of_04(ran: Ran) -> None:
    group = "Concurrency limit reached, waiting ...\n" * 3
    made = [f"Making request {num}\n" for num in range(7)]
    expected = "".join(made[:3]) + group + "".join(made[3:6]) + group + made[6]
    assert ran.text("server.url, 7, limit=3") == expected.strip()
    assert ran.kernel.value("len(responses)") == 7
    foretold, measured, refused, share = ran.numbers("foretold = 3 / ")
    assert foretold == 2.31
    assert 1.2 < measured < 2.4  # "little of the quota"; a busy machine is slower
    assert refused == 0
    assert share < 3
    rates = {limit: row for limit, *row in map(str.split, ran.text('print("limit').splitlines()[1:])}
    assert rates["100"] == ["95", "77", "33"]  # "fits well", "a third of it"
    assert rates["130"][:2] == ["124", "100"]  # "to fill it", and "quick answers bring 429s"
    batches, elapsed, *_, accepted, refused = ran.numbers("for _ in range(20)")
    assert (batches, accepted + refused) == (20, 40)
    assert elapsed < 20  # twenty pauses of a second there were not
    assert refused > 0
    peak, accepted, refused = ran.numbers("small.url, 20, limit=20")
    assert peak > 10
    assert (accepted, refused) == (10, 10)
    assert ran.kernel.value("server.stats().refused") == 0  # the panel's run


CLAIMS = {
    "00": claims_of_00,
    "01": claims_of_01,
    "02": claims_of_02,
    "03": claims_of_03,
    "04": claims_of_04,
}


# ---- a script pasted whole

PASTED = """
import asyncio

import httpx
import nest_asyncio

nest_asyncio.apply()

client = httpx.AsyncClient()
semaphore = asyncio.Semaphore(3)


async def make_one_request(url, num):
    async with semaphore:
        return await client.get(url, headers={"Content-Type": "application/json"})


async def make_many_requests(url, count):
    tasks = [asyncio.create_task(make_one_request(url, num)) for num in range(count)]
    return await asyncio.gather(*tasks)


if __name__ == "__main__":
    responses = asyncio.run(make_many_requests(URL, 12))
    print(len(responses), {response.status_code for response in responses})
"""


def test_script_pasted_whole_runs_twice_and_so_do_the_cells_behind_it() -> None:
    """`enable_nested_run`: module-level client and semaphore, a nested run, and no queued cell is lost."""
    set_up = """
from inflight_lab import PracticeServer, enable_nested_run
server = PracticeServer(latency=0.2).start()
URL = server.url
enable_nested_run()
"""
    cells = [
        set_up,
        PASTED,
        PASTED,
        "print('behind it')",
        "print(await make_one_request(URL, 1))",
        "print(1)",
    ]
    with kernel() as fresh:
        runs = fresh.run_all(cells, within=RUN_ALL)
        assert [(run.status, run.error) for run in runs] == [("ok", "")] * len(cells)
        assert [run.text.strip() for run in runs[1:]] == [
            "12 {200}",
            "12 {200}",
            "behind it",
            "<Response [200 OK]>",
            "1",
        ]
        assert fresh.value("server.stats().peak_in_flight") == 3
