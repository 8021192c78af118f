"""What a recipe or a rung looks like as one script."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from inflight_lab.recipes import RECIPES
from inflight_lab.recipes import bundle as bundling
from inflight_lab.recipes.bundle import EXPLAINED_IN, OWN_PART_ENDS, bundle
from inflight_lab.recipes.source import SourceFile, read
from inflight_lab.recipes.two_files import two_files
from inflight_lab.runners import RUNGS
from tests.support.browser import ROOT

MODULES = [
    *(f"recipes.{name}" for name in RECIPES),
    *(f"runners.{name}" for name in RUNGS),
]


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Each recipe and each rung as a script in a folder; recipes as two files too."""
    folder = tmp_path_factory.mktemp("scripts")
    for module in MODULES:
        room, name = module.split(".")
        path = folder / room / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(bundle(module), encoding="utf-8")
    (folder / "two_files").mkdir()
    for name in RECIPES:
        two_files(name, folder / "two_files" / f"{name}.py").write()
    return folder


def run(*command: object) -> str:
    """What a tool prints; the test fails if the tool finds something."""
    ran = subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_ruff_has_nothing_to_say(scripts: Path) -> None:
    """Each script is formatted, its imports are sorted, and it uses all of them."""
    beside = f"src = [{str(scripts / 'two_files')!r}]"
    config = ("--config", ROOT / "pyproject.toml", "--config", beside)
    run("ruff", "format", "--check", *config, scripts)
    run("ruff", "check", *config, "--extend-ignore=ASYNC110,N818", scripts)


@pytest.mark.parametrize("room", ["recipes", "runners", "two_files"])
def test_each_script_type_checks_by_itself(room: str, scripts: Path) -> None:
    """Strictly, where this package is not: tqdm has no types, dask not all of them, and
    tiktoken is not there.
    """
    config = scripts / "mypy.ini"
    dask = "untyped_calls_exclude = distributed\n"
    tqdm = "[mypy-tiktoken.*,tqdm.*]\nignore_missing_imports = true\n"
    config.write_text(f"[mypy]\n{dask}{tqdm}")
    options = ("--strict", "--config-file", config, "--cache-dir", scripts / "cache")
    printed = run("mypy", *options, scripts / room)
    assert "Success: no issues found" in printed


@pytest.mark.parametrize("room", ["recipes", "runners", "two_files"])
def test_nothing_of_the_package_is_left(room: str, scripts: Path) -> None:
    """Scripts can be imported where the package cannot, and do not name it."""
    paths = list((scripts / room).iterdir())
    assert all("inflight_lab" not in path.read_text("utf-8") for path in paths)
    names = ", ".join(path.stem for path in paths)
    without = f"import sys; sys.modules['inflight_lab'] = None; import {names}"
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", without],
        cwd=scripts / room,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_begins_with_its_own_code(name: str) -> None:
    """First its settings and its job, as they stand in its file; then the rest."""
    own = (ROOT / f"src/inflight_lab/recipes/{name}.py").read_text("utf-8")
    settings = own.index("# Change these")
    start = own.index('if __name__ == "__main__":')
    job = own[settings:start].rstrip()
    code = bundle(f"recipes.{name}")
    before, _, after = code.partition(job)
    assert after
    _docstring, *imports = ast.parse(before).body
    assert all(isinstance(node, ast.Import | ast.ImportFrom) for node in imports)
    assert code.endswith(own[start:])


SHARED = (
    "address",
    "api",
    "client",
    "headers",
    "pages",
    "progress",
    "report",
    "results_file",
)
SLIDE = 15  # lines


@pytest.mark.parametrize("name", [*RECIPES, *SHARED])
def test_a_function_of_a_recipe_is_short(name: str) -> None:
    """It can be read at a glance, and has one job."""
    source = (ROOT / f"src/inflight_lab/recipes/{name}.py").read_text("utf-8")
    long = [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and lines_of_code(node) > SLIDE
    ]
    assert long == []


def lines_of_code(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function's body, without its docstring."""
    code = node.body[1:] if ast.get_docstring(node) else node.body
    if not code:
        return 0
    assert node.end_lineno is not None
    return node.end_lineno - code[0].lineno + 1


@pytest.mark.parametrize("name", RECIPES)
def test_a_comment_says_where_the_readers_part_ends(name: str) -> None:
    """Right below the recipe's own code, it lists what follows, by the notebooks."""
    own = (ROOT / f"src/inflight_lab/recipes/{name}.py").read_text("utf-8")
    job, _, _ = own.partition('\n\n\nif __name__ == "__main__":')
    last = job.splitlines()[-1]
    _, _, rest = bundle(f"recipes.{name}").partition(f"{last}\n\n\n{OWN_PART_ENDS}\n")
    listed, _, following = rest.partition("\n\n\n")
    lines = listed.replace("\n#     ", " ").splitlines()
    assert 1 <= len(lines) <= 4
    titles = ", ".join(line.partition(": ")[2] for line in lines).split(", ")
    assert sorted(titles) == sorted(
        re.findall(r"^# (.+?): .*\n# The notebook", following, re.M)
    )


def test_a_rung_that_imports_nothing_is_its_lesson() -> None:
    """Not a letter differs."""
    source = (ROOT / "src/inflight_lab/runners/semaphore.py").read_text("utf-8")
    lesson, _, _ = source.partition("\n# The lesson ends here.")
    assert bundle("runners.semaphore") == lesson.rstrip() + "\n"


def test_each_notebook_that_explains_something_is_there() -> None:
    """The comments in the scripts point to notebooks of the series."""
    for notebook in EXPLAINED_IN.values():
        assert (ROOT / f"notebooks/{notebook}.ipynb").is_file()


def test_what_only_budgets_uses_is_explained_with_it() -> None:
    """Its files send the reader to notebook 13; those that earlier rungs use too are
    explained before.
    """
    earlier = [f"runners.{name}" for name in RUNGS if name != "budgets"]
    only_budgets = modules_used("runners.budgets").difference(
        *(modules_used(module) for module in earlier)
    )
    assert "runners.shares" in only_budgets
    assert {EXPLAINED_IN.get(module) for module in only_budgets} == {
        "13_keep_two_budgets"
    }


def modules_used(module: str) -> set[str]:
    """A module of the package, and all that it imports from there."""
    used = {module}
    for imported in read(module).imports.values():
        if imported.package == "inflight_lab":
            used |= modules_used(imported.module.removeprefix("inflight_lab."))
    return used


# ---- With files of the tests' own


RECIPE = '''"""A recipe."""

import json

from inflight_lab.runners.lesson import Pacer

# Change this line.
URL = "https://api.example.com"  # the address


async def main() -> list[str]:
    """Do it."""
    return [json.dumps(Pacer)]


if __name__ == "__main__":
    main()
'''
LESSON = '''"""Lesson: what it is about."""

import json
import time
import uuid

from inflight_lab.runners.clock import now

# How often.
OFTEN = 3
"""Times a day."""
UNUSED = uuid.uuid4()


def unreachable() -> None:
    return UNUSED


class Pacer:
    """Paces."""

    # A comment inside.
    often = OFTEN  # a comment beside

    def wait(self) -> float:
        return now() + helper(time.time())


# A comment above.
def helper(value):
    return value  # the last comment


# The lesson ends here.  Below, the package attaches its checks.
from inflight_lab.arguments import checked
'''
CLOCK = '''"""Clock: the time."""

import time


def now() -> float:
    return time.time()
'''
EXPECTED = '''"""A recipe."""

from __future__ import annotations

import json
import time

# Change this line.
URL = "https://api.example.com"  # the address


async def main() -> list[str]:
    """Do it."""
    return [json.dumps(Pacer)]


# Below is what it uses.  You need not read it.  It is explained in:
# 08_survive_failures: Lesson, Clock


# Lesson: what it is about.
# The notebook 08_survive_failures explains it.

# How often.
OFTEN = 3
"""Times a day."""


class Pacer:
    """Paces."""

    # A comment inside.
    often = OFTEN  # a comment beside

    def wait(self) -> float:
        return now() + helper(time.time())


# A comment above.
def helper(value):
    return value  # the last comment


# Clock: the time.
# The notebook 08_survive_failures explains it.


def now() -> float:
    return time.time()


if __name__ == "__main__":
    main()
'''


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Files of a package, by module; a test may change them."""
    house = {"recipes.job": RECIPE, "runners.lesson": LESSON, "runners.clock": CLOCK}
    read = functools.cache(lambda module: SourceFile(house[module]))
    monkeypatch.setattr(bundling, "read", read)
    return house


def test_only_what_is_reachable_is_taken_as_written(house: dict[str, str]) -> None:
    """Comments and docstrings stay; definitions and imports that nothing uses go."""
    assert bundle("recipes.job") == EXPECTED


def test_a_blank_line_stands_below_each_heading(house: dict[str, str]) -> None:
    """Above it are two, even if what stood above in its file is not taken."""
    house["runners.lesson"] = house["runners.lesson"].replace(
        "# How often.", "LEFT_OUT = 1\n# How often."
    )
    house["recipes.job"] = house["recipes.job"].replace(
        "Pacer)]\n", 'Pacer)]\n\n\nLAST = 1\n"""The last."""\n'
    )
    house["runners.clock"] += '\n\nEPOCH = 0\n"""The first moment."""\n'
    house["runners.clock"] = house["runners.clock"].replace("time()", "time() - EPOCH")
    script = bundle("recipes.job")
    assert "explains it.\n\n# How often.\n" in script
    assert '"""Times a day."""\n' in script
    for heading in ("# Lesson: what it is about.", "# Clock: the time."):
        above, _, _ = script.partition(heading)
        assert above.endswith("\n\n\n")


def test_a_cells_last_line_awaits(house: dict[str, str]) -> None:
    """In a notebook the loop runs already."""
    script = bundle("recipes.job")
    cell = script.partition("if __name__")[0] + "results = await main()\n"
    assert bundle("recipes.job", notebook=True) == cell


def test_a_base_class_comes_first(house: dict[str, str]) -> None:
    """What is used as soon as the script is read stands above its use."""
    house["runners.clock"] += "\n\nclass Clock:\n    pass\n"
    house["runners.lesson"] = (
        '"""Lesson: more."""\n\n'
        "from inflight_lab.runners.clock import Clock\n\n\n"
        "class Pacer(Clock):\n    pass\n"
    )
    script = bundle("recipes.job")
    assert script.index("async def main") < script.index("class Clock")
    assert script.index("class Clock") < script.index("class Pacer")


def test_what_two_files_define_in_the_same_words_is_taken_once(
    house: dict[str, str],
) -> None:
    """Each rung has the alias ``LockableLimiter``, and a recipe may use several."""
    alias = "# How often.\nOFTEN = 3\n"
    house["runners.clock"] += f"\n\n{alias}"
    time = "return time.time()"
    house["runners.clock"] = house["runners.clock"].replace(time, f"{time} + OFTEN")
    assert bundle("recipes.job").count(alias) == 1


class Misfit(NamedTuple):
    """A file that cannot be bundled: what is replaced in it by what, and the error."""

    module: str
    old: str
    new: str
    message: str


MISFITS = {
    "a name with two meanings": Misfit(
        "recipes.job",
        "URL = ",
        "OFTEN = ",
        "OFTEN has two meanings: inflight_lab.recipes.job, "
        "and inflight_lab.runners.lesson",
    ),
    "a name that is imported elsewhere": Misfit(
        "recipes.job",
        "import json\n",
        "import json\nfrom datetime import time\n",
        "time has two meanings: ",
    ),
    "another name": Misfit(
        "recipes.job",
        "import Pacer",
        "import Pacer as P",
        "this cannot be bundled: from inflight_lab.runners.lesson import Pacer as P",
    ),
    "a module": Misfit(
        "recipes.job",
        "from inflight_lab.runners.lesson import Pacer",
        "import inflight_lab.runners.lesson as Pacer",
        "this cannot be bundled: ",
    ),
    "a name that is not there": Misfit(
        "runners.lesson",
        "class Pacer",
        "class Racer",
        "import what a file defines, not: "
        "from inflight_lab.runners.lesson import Pacer",
    ),
    "an import within a function": Misfit(
        "runners.clock",
        "    return",
        "    from inflight_lab.runners import lesson\n    return",
        "only imports at the top are bundled, not: from inflight_lab.runners import",
    ),
}


@pytest.mark.parametrize("misfit", MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_into_one_file(misfit: Misfit, house: dict[str, str]) -> None:
    """It is an error that says what does not fit, and never a script that fails."""
    source = house[misfit.module]
    assert misfit.old in source
    house[misfit.module] = source.replace(misfit.old, misfit.new)
    if "datetime" in misfit.new:
        house[misfit.module] = house[misfit.module].replace("Pacer)", "time(Pacer))")
    with pytest.raises(ValueError, match=f"^{re.escape(misfit.message)}"):
        bundle("recipes.job")
