"""The plot's JavaScript modules, joined to one."""

from __future__ import annotations

from pathlib import Path

import pytest

from inflight_lab.plot.modules import joined
from tests.support.deno import OFFLINE, deno


def write(folder: Path, **modules: str) -> Path:
    """Write modules by name, and return the path of ``entry.js``."""
    for name, text in modules.items():
        (folder / f"{name}.js").write_text(text)
    return folder / "entry.js"


def test_modules_become_one_and_keep_their_own_names(tmp_path: Path) -> None:
    """Each is called once, its private names stay private, and the entry's default
    export is the whole's.
    """
    entry = write(
        tmp_path,
        counter="const START = 5;\n"
        "export let calls = [START];\n"
        "export const START_TWICE = 2 * START;\n",
        greeting='import { calls } from "./counter.js";\n'
        'const START = "hello ";\n'
        "export function greet(name) {\n"
        "  calls.push(name);\n"
        "  return START + name;\n"
        "}\n",
        entry='import { calls, START_TWICE as twice } from "./counter.js";\n'
        'import {\n  greet,\n} from "./greeting.js";\n'
        'export default [greet("you"), twice, calls];\n',
    )
    whole = tmp_path / "whole.js"
    whole.write_text(joined(entry))
    run = "import found from './whole.js'; console.log(JSON.stringify(found));"
    (tmp_path / "main.js").write_text(run)
    assert (
        deno("run", *OFFLINE, tmp_path / "main.js").stdout
        == '["hello you",10,[5,"you"]]\n'
    )


def test_modules_that_import_each_other_are_refused(tmp_path: Path) -> None:
    """The error names the way around the circle."""
    entry = write(
        tmp_path,
        one='import { two } from "./two.js";\nexport const one = 1;\n',
        two='import { one } from "./one.js";\nexport const two = 2;\n',
        entry='import { one } from "./one.js";\n',
    )
    with pytest.raises(
        ValueError, match=r"circle: entry\.js -> one\.js -> two\.js -> one\.js"
    ):
        joined(entry)


def test_an_import_of_nothing_is_refused(tmp_path: Path) -> None:
    """A name that the other module does not export, or not in a way that is understood,
    is missed at once.
    """
    entry = write(
        tmp_path,
        other="export const one = 1,\n  two = 2;\n",
        entry='import { one, two } from "./other.js";\n',
    )
    with pytest.raises(
        ValueError, match=r"entry\.js imports two, which other\.js does not export"
    ):
        joined(entry)
