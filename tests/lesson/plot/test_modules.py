"""The modules of a page as one text, which is all that a page needs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from inflight_lab.lesson.panel.panel import PAGE as PANEL
from inflight_lab.lesson.plot.modules import PAGE, joined, without_comments
from inflight_lab.lesson.plot.recorded_runs import player_html
from inflight_lab.lesson.runs.run import Run
from tests.support.columns import from_recording
from tests.support.deno import OFFLINE, deno

SCRIPT = re.compile(r'<script type="application/json">(.*?)</script>', re.DOTALL)


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


@pytest.mark.parametrize(
    "line",
    [
        'import * as all from "./other.js";',
        'import "./other.js";',
        'import { b } from "./other.js"',
        "export { b };",
        "export const [b, c] = [1, 2];",
    ],
)
def test_another_form_of_import_or_export_is_named(tmp_path: Path, line: str) -> None:
    """Or it would fail in a browser, where nobody looks."""
    entry = write(tmp_path, entry=f"{line}\n", other="export const b = 1;\n")
    with pytest.raises(ValueError, match=re.escape(line)):
        joined(entry)


def test_what_only_people_read_is_left_out() -> None:
    """Comments and margins are; an address stays whole."""
    code = (
        "/** Says\n * it. */\n// Why.\nfunction f(/** @type {URL} */ at) {\n"
        '  return at ?? "http://a//b"; // one\n}\n'
    )
    bare = 'function f( at) {return at ?? "http://a//b";}\n'
    assert without_comments(code) == bare


@pytest.mark.parametrize("entry", [PANEL / "panel.js", PAGE / "live_plot.js"])
def test_no_text_of_a_script_goes_over_several_lines(entry: Path) -> None:
    """Or it would lose its ends of lines; code in a text may."""
    lines = [line.strip() for line in joined(entry).splitlines()]
    unclosed = [line for line in lines if line.count("`") % 2]
    texts = [line for line in unclosed if not line.endswith("${")]
    assert [line for line in texts if not line.startswith("}")] == []


def test_a_page_is_given_the_runs_and_their_picture() -> None:
    """No name ends the script; a run that has not begun is refused."""
    runs = {"</script><b>": Run(now=0.5)}
    html = player_html(runs, "<img>")
    assert html.startswith('<inflight-run>\n<div class="ifl-still"><img>')
    (text,) = SCRIPT.findall(html)
    assert from_recording(json.loads(text)) == runs
    with pytest.raises(ValueError, match="no run to record"):
        player_html({"": Run()}, "")
