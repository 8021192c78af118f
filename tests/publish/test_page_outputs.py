"""What a page shows of the outputs of a cell, and of a notebook."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import unescape

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from inflight_lab.plot.plain_picture import PANEL, RECORDING, STARTED
from inflight_lab.publish.notebook_page import as_html
from inflight_lab.publish.page_outputs import WIDGET, for_a_page
from inflight_lab.runs.columns import to_recording
from inflight_lab.runs.events import Stats
from inflight_lab.runs.run import Level, Run, no_levels
from inflight_lab.runs.terms import QuotaPolicy, Terms
from tests.support.notebook_tools import NOTEBOOKS, load


def picture_of(*names: str, started: int = 1) -> NotebookNode:
    """The output of a widget whose runs were recorded; its picture is in bold."""
    run = Run(
        levels=no_levels() | {"limit": [Level(0, 3), Level(0.5, 9)]},
        terms=[Terms(QuotaPolicy("sliding-window", 40), latency=0.3)],
        counts=Stats(started=90, accepted=90),
        now=1.0,
    )
    data = {
        "text/html": f"<b>{' '.join(names)}</b>",
        RECORDING: to_recording(dict.fromkeys(names, run)),
    }
    metadata = {STARTED: started, PANEL: {"sliders": ["count"], "strip": "rate"}}
    return new_output("display_data", data=data, metadata=metadata)


def widget(**data: str) -> NotebookNode:
    """The output of a widget, with what else it brings."""
    return new_output("display_data", data={WIDGET: {"model_id": "one"}} | data)


def shown(*outputs: NotebookNode, simulate: Sequence[str] = ()) -> list[str]:
    """The HTML of what a page shows of a cell with them."""
    metadata = {"inflight_lab": {"simulate": list(simulate)}}
    cell = new_code_cell(outputs=list(outputs), metadata=metadata)
    return [output.data["text/html"] for output in for_a_page(cell)]


def test_the_runs_of_a_widget_are_one_player() -> None:
    """They have one clock, and one picture for those who cannot play them; another
    widget has its own.
    """
    side_by_side, alone = shown(widget(), picture_of("Ada", "Ben"), picture_of("Cy"))
    assert side_by_side.startswith("<inflight-run>")
    assert "<b>Ada Ben</b>" in side_by_side
    assert side_by_side.count("application/json") == 1
    assert "<b>Cy</b>" in alone


def test_a_panel_can_be_simulated_with_its_own_settings() -> None:
    """One can move what the panel lets one move, its strip shows the same, and the
    lanes are called what the text calls them; the picture is there without JavaScript.
    """
    (html,) = shown(picture_of("Ada", "Ben"), simulate=["pause", "paced"])
    assert "<b>Ada Ben</b>" in html
    settings = json.loads(unescape(re.findall('data-settings="([^"]+)"', html)[0]))
    assert settings["runners"] == ["pause", "paced"]
    assert (settings["names"], settings["sliders"]) == (["Ada", "Ben"], ["count"])
    assert settings["strip"] == "rate"
    assert (settings["count"], settings["limit"], settings["latency"]) == (90, 3, 0.3)
    assert settings["quota"]["rate"] == 40


def test_a_panel_that_nobody_ran_says_that_it_is_computed() -> None:
    """What would happen is better than an empty frame, and is no recording."""
    (html,) = shown(picture_of("Ada", started=0))
    assert "<inflight-run>" in html
    assert "computed" in html


def test_a_plot_without_requests_is_a_line_of_text() -> None:
    """An empty picture would only take room; the line says why there is none."""
    empty = new_output(
        "display_data", data={"text/html": "<img>"}, metadata={STARTED: 0}
    )
    assert shown(widget(), empty) == ["<p>Nothing was sent here.</p>"]


def test_another_widget_is_the_html_that_it_brings() -> None:
    """Without any it is left out: its bare text says nothing to a reader."""
    bare = widget(**{"text/plain": "IntSlider(value=3)"})
    assert shown(bare, widget(**{"text/html": "<pre>code</pre>"})) == [
        "<pre>code</pre>"
    ]


def test_other_outputs_stay() -> None:
    """What a cell printed, and tables, are there for every reader; not what is left of
    a progress bar that wiped itself.
    """
    printed = new_output("stream", text="30 answers\n")
    wiped = new_output("stream", name="stderr", text="     \r")
    cell = new_code_cell(outputs=[wiped, printed])
    assert for_a_page(cell) == [printed]


def test_the_notebooks_ask_for_what_there_is() -> None:
    """A page can simulate these runners alone, and knows no other wish."""
    wishes = [
        cell.metadata.get("inflight_lab", {})
        for path in NOTEBOOKS
        for cell in load(path).cells
    ]
    assert {name for wish in wishes for name in wish} == {"simulate", "shows"}
    asked = {runner for wish in wishes for runner in wish.get("simulate", [])}
    assert asked <= {"naive", "semaphore", "pause", "paced"}


def live(name: str, words: str) -> str:
    """A link that says where it leads."""
    return f'<a href="{name}-live">{words}</a>'


def page(*cells: NotebookNode) -> str:
    """The page of a notebook with these cells."""
    return as_html(new_notebook(cells=list(cells)), "03_some", live=live)


def test_a_page_says_where_it_can_be_tried() -> None:
    """Once below its title, however many players it has, and below each exercise, whose
    solution only the notebook can check.
    """
    exercise = new_code_cell("check", id="code-exercise-one")
    player = new_code_cell("panel", id="code-panel", outputs=[picture_of("Ada")])
    html = page(new_markdown_cell("# Title"), exercise, player)
    links = re.findall(r'<a href="03_some-live">([^<]+)</a>', html)
    assert links == ["Open this live", "Open live to check yours"]


def test_a_page_says_first_what_it_does_not_do() -> None:
    """Only a page with players speaks of them; one with nothing but text loads
    nothing.
    """
    text = page(new_markdown_cell("# Title"))
    printed = page(new_code_cell("1 + 1"))
    played = page(new_code_cell("panel", outputs=[picture_of("Ada")]))
    pages = (text, printed, played)
    assert ["Nothing runs on this page" in each for each in pages] == [
        False,
        True,
        False,
    ]
    assert [each.count("nothing is sent") for each in pages] == [0, 0, 1]
    assert [each.count('src="stage.js"') for each in pages] == [0, 1, 1]


def test_links_lead_from_page_to_page() -> None:
    """A link to a notebook, or to a passage in it, leads to its page; one to the code
    leads to the files beside the pages.
    """
    targets = (
        "06_pace.ipynb",
        "glossary.ipynb#cell-id=rung",
        "../src/inflight_lab/runners/paced.py",
    )
    text = " ".join(f"[a]({target})" for target in targets)
    links = re.findall(r'<a href="([^"]+)">a</a>', page(new_markdown_cell(text)))
    assert links == ["06_pace.html", "glossary.html#cell-id=rung", "runners/paced.py"]


def test_what_is_folded_stays_folded() -> None:
    """An answer is read when somebody opens it: not before the question is asked."""
    text = "<details>\n<summary>Answer</summary>\n\nAbout *forty*.\n\n</details>"
    html = page(new_markdown_cell(text))
    folded = re.search("<summary>Answer</summary>(.*?)</details>", html, re.DOTALL)
    assert folded
    assert "forty" in folded[1]


def test_the_links_stand_first_and_the_note_below_the_title() -> None:
    """A page begins with where one is, then what it is about; not with small print."""
    cells = [new_markdown_cell("# Title"), new_code_cell("1 + 1")]
    document = new_notebook(cells=cells)
    html = as_html(document, "03_some", live=live)
    order = [
        html.index(each) for each in ("index.html", "<h1", "Nothing runs", "1</span>")
    ]
    assert order == sorted(order)


def links_at_the_top(document: NotebookNode, names: Sequence[str]) -> list[str]:
    """The links above the title, each with its words, of a page among others."""
    html = as_html(document, "03_some", live=live, names=names)
    top = html[html.index("<nav") : html.index("</nav>")]
    return re.findall(r"<a href=.*?</a>", top)


@pytest.mark.parametrize(
    ("name", "leads"),
    [
        ("03_limit_with_a_semaphore", ["Next: 04 Pause at the limit"]),
        ("08_take_it_home", ["Next: Prepare for a real API"]),
        ("15_change_the_script", []),
        ("compare_limiters", ["Back: 09 Judge a limiter"]),
        ("glossary", []),
    ],
)
def test_each_page_leads_where_its_end_does(name: str, leads: list[str]) -> None:
    """To all notebooks, and to the next; not once more to the map, nor to a notebook
    that has no page.
    """
    pages = sorted(NOTEBOOKS[0].parent.glob("*.ipynb"))
    (document,) = [load(page) for page in pages if page.stem == name]
    home, *others = links_at_the_top(document, [page.stem for page in pages])
    assert home == '<a href="index.html">inflight-lab: all notebooks</a>'
    assert [re.sub("<.*?>", "", link) for link in others] == leads
    assert links_at_the_top(document, []) == [home]


def test_the_links_at_the_top_are_those_that_one_reads_at_the_end() -> None:
    """Where the paragraph goes over two lines, too; each leads to the same place in a
    page, and code is written as words.
    """
    text = """Some words.
**Next**: [the
`Pacer`](b.ipynb#cell-id=pacer), or
[another](c.ipynb).

See [the first](a.ipynb) as well."""
    document = new_notebook(cells=[new_markdown_cell(text)])
    _home, *links = links_at_the_top(document, ["a", "b", "c"])
    assert links == [
        '<a href="b.html#cell-id=pacer">Next: the Pacer</a>',
        '<a href="c.html">Or: another</a>',
    ]


def test_a_page_lists_its_sections_below_the_title() -> None:
    """On a long page one sees what there is, and gets to it by a link."""
    cells = [new_markdown_cell("# Title"), new_markdown_cell("## Why `await`?")]
    html = page(*cells, new_markdown_cell("## Summary"))
    (contents,) = re.findall('<nav class="contents".*?</nav>', html)
    links = re.findall(r'<a href="#([^"]+)">(.+?)</a>', contents)
    assert [title for _, title in links] == ["Why <code>await</code>?", "Summary"]
    assert all(f'<h2 id="{section}">' in html for section, _ in links)
    assert html.index("<h1") < html.index(contents)


TABLE = "# Wait\n\n## How *long*\n\n| API | waits |\n|---|---|\n| `a` | 3 s |"


def test_a_table_says_what_each_cell_is_about() -> None:
    """It has headers of its columns and rows, and whoever comes to it with the Tab key
    hears the name of its section.
    """
    html = page(new_markdown_cell("## First\n\nNo table."), new_markdown_cell(TABLE))
    *_, heading = re.findall(r'<h2 id="([^"]+)"', html)
    frame = (
        f'<div class="scrolls" tabindex="0" role="group" aria-labelledby="{heading}">'
    )
    (rows,) = re.findall(rf"{frame}<table>(.*?)</table></div>", html, re.S)
    assert re.findall(r'<th scope="col">(.*?)</th>', rows) == ["API", "waits"]
    assert re.findall(r'<th scope="row">(.*?)</th>', rows) == ["<code>a</code>"]
    assert re.findall("<td>(.*?)</td>", rows) == ["3 s"]


def test_code_breaks_only_between_its_parts() -> None:
    """On a phone, in tables and in text: `asyncio.Lock` at its dot, and never within a
    word.
    """
    code = "`asyncio.Lock(max_size=1.5)`"
    html = page(new_markdown_cell(f"{code}\n\n{TABLE.replace('`a`', code)}"))
    assert html.count("asyncio.<wbr>Lock(<wbr>max_<wbr>size=1.<wbr>5)") == 2


def test_a_diff_says_in_colour_what_is_added_and_removed() -> None:
    """The page has a colour for what Pygments found, and the signs stay."""
    html = page(new_markdown_cell("```diff\n-old()\n+new()\n```"))
    for name, line in (("gd", "-old()"), ("gi", "+new()")):
        assert f'<span class="{name}">{line}</span>' in html
        assert f".highlight .{name} {{" in html


def test_a_tab_shows_the_title_of_its_page() -> None:
    """Not the name of a file; a page without a title has nothing else."""
    assert "<title>Wait - inflight-lab</title>" in page(new_markdown_cell(TABLE))
    assert "<title>03_some</title>" in page(new_markdown_cell("no title"))


def test_a_page_says_where_it_comes_from() -> None:
    """Somebody who is sent one page knows the package and may pass it on."""
    footer = re.search(r"<footer>(.*?)</footer>", page(new_markdown_cell("# Title")))
    assert footer
    assert re.match(r"inflight-lab \d+\.\d+.* CC BY 4\.0", footer[1])
