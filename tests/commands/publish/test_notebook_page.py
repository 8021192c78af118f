"""What becomes of a notebook on its way to a page: what is run, what is kept, and what
stands around it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbclient.output_widget import OutputWidget
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from inflight_lab.commands.publish import beside
from inflight_lab.commands.publish.notebook_page import as_html
from tests.commands.publish.parsed import links, parsed, texts
from tests.support.notebooks.made_pages import pages_of
from tests.support.notebooks.notebook_tools import NOTEBOOKS

INTERACTIVE = """
import ipywidgets
ipywidgets.interactive(lambda rate: print("the rate is", rate), rate=(1, 3))
"""
PREDICT = """
from inflight_lab.lesson.exercises.prediction import Predict
Predict("How many are refused?", "none", "some")
"""
PANEL = """
from inflight_lab import LivePlot, Panel, PracticeServer
from inflight_lab.runners import naive
runners = {"Ada": naive.make_many_requests, "Ben": naive.make_many_requests}
panel = Panel(runners, server=PracticeServer())
panel
"""
PLOT = """
server = PracticeServer(latency=0.01).start()
plot = LivePlot(server)  # 7 % of it
plot
"""
RUN_IT = "with plot:\n    await naive.make_many_requests(server.url, 3)"
CELLS = {
    "title": "# Two\n\n**9 % of 9 s.**\n\n[code](../src/inflight_lab/runners/paced.py)",
    "interactive": INTERACTIVE,
    "predict": PREDICT,
    "panel": PANEL,
    "plot": PLOT,
    "run": RUN_IT,
}


class Made(NamedTuple):
    """The page of a notebook with these cells."""

    html: str
    printed: str
    sent: list[OutputWidget]

    def cell(self, name: str) -> str:
        """The part of the page that one of them takes."""
        *_, begin = self.html.partition(f'id="cell-id={name}"')
        return begin.partition('id="cell-id=')[0]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The page, of a notebook that has run once for all tests."""
    folder = tmp_path_factory.mktemp("page")
    title, *code = CELLS.items()
    cells = [new_markdown_cell(title[1], id=title[0])]
    cells += [new_code_cell(source, id=name) for name, source in code]
    nbformat.write(new_notebook(cells=cells), folder / "two.ipynb")
    sent: list[OutputWidget] = []
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(OutputWidget, "send", lambda widget, *_: sent.append(widget))
        (page,) = pages_of([folder / "two.ipynb"], folder, live=lambda *_: "")
    assert (folder / "runners" / "paced.py").exists()
    return Made(page.read_text(encoding="utf-8"), printed.getvalue(), sent)


def test_what_sliders_print_is_on_the_page(made: Made) -> None:
    """An `interactive` leaves its text, and nothing is sent that can make nbclient miss
    the cell's reply.
    """
    assert made.cell("interactive").count("<pre>the rate is 2") == 1
    assert "interactive(children" not in made.html
    assert not made.sent


def test_a_prediction_can_be_made_on_the_page(made: Made) -> None:
    """By a button for each choice, which the question names and of which one is
    pressed; the answer stands below.
    """
    (group,) = parsed(made.cell("predict")).select("fieldset")
    assert "How many are refused?" in texts(group, "legend")[0]
    assert texts(group, "label") == ["none", "some"]
    radios = group.select("label > input[type=radio]")
    assert len(radios) == 2
    assert len({radio["name"] for radio in radios}) == 1


def test_a_number_stays_with_its_unit(made: Made) -> None:
    """No line ends between them, and code that is copied keeps its spaces."""
    assert "9&nbsp;% of 9&nbsp;s" in made.cell("title")
    assert "7 %" in re.sub("<[^>]*>", "", made.cell("plot"))


def test_a_page_says_what_nobody_ran_and_has_the_code_beside_it(made: Made) -> None:
    """It says that nothing is sent, shows what would happen in a panel that nobody
    ran, and leads to the code.
    """
    assert "nothing is sent" in made.html
    assert "what you see is computed" in made.cell("panel")
    assert 'href="runners/paced.py"' in made.html
    assert made.printed == "two.html\n"


def test_a_run_leaves_a_player_and_few_kilobytes(made: Made) -> None:
    """The picture that was empty when it was displayed is the run's at the end; what
    plays it stands once beside all pages.
    """
    plot = made.cell("plot")
    assert "Nothing was sent here." not in plot
    (picture,) = re.findall(r"<img [^>]*>", plot)
    assert "3 answered" in picture
    assert plot.count("<inflight-run ") == 1
    assert len(plot.replace(picture, "")) < 6_000


def test_what_stands_beside_the_pages_is_small_and_no_module(tmp_path: Path) -> None:
    """Browsers load no module for a page that was opened as a file."""
    beside.write(tmp_path)
    script = (tmp_path / "stage.js").read_text(encoding="utf-8")
    assert not re.search(r"^(import|export)\b", script, re.M)
    assert len(script) < 90_000
    assert "type=" not in beside.HEAD


TEXT = new_markdown_cell("Go on.")
PLAYS = new_output("display_data", data={"text/html": "<inflight-run></inflight-run>"})


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
    player = new_code_cell("panel", id="code-panel", outputs=[PLAYS])
    html = page(new_markdown_cell("# Title"), exercise, player)
    to_live = texts(parsed(html), "a[href='03_some-live']")
    assert to_live == ["Open this live", "Open live to check yours"]


def test_a_page_says_first_what_it_does_not_do() -> None:
    """Only a page with players speaks of them; one with nothing but text loads
    nothing.
    """
    text = page(new_markdown_cell("# Title"))
    printed = page(new_code_cell("1 + 1"))
    played = page(new_code_cell("panel", outputs=[PLAYS]))
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
    found = links(parsed(page(new_markdown_cell(text))))
    assert [target for target, words in found if words == "a"] == [
        "06_pace.html",
        "glossary.html#cell-id=rung",
        "runners/paced.py",
    ]


def test_what_answers_a_prediction_is_folded() -> None:
    """The code stays in sight, because the reader predicts what it does; what it showed
    and the cells that explain it are opened by whoever has predicted.
    """
    answers = {"inflight_lab": {"answers": True}}
    printed = new_output("stream", text="forty")
    ran = new_code_cell("how_many()", outputs=[printed], metadata=answers)
    hidden = answers | {"jupyter": {"source_hidden": True}}
    compared = new_code_cell("compare_it()", outputs=[printed], metadata=hidden)
    why = new_markdown_cell("Because of this.", metadata=answers)
    question = new_markdown_cell("**Predict**: how many?")
    html = page(question, ran, compared, why, TEXT)
    (folded,) = texts(parsed(html), "details.answer")
    assert folded.count("forty") == 2
    assert "compare_it" not in html  # it only judges the prediction
    assert "Because of this" in folded
    assert "how_many" not in folded
    assert html.count("how_many") == 1
    assert html.index("how_many") < html.index("forty")
    assert "Go on" not in folded


def test_an_exercise_can_be_tried_where_nothing_is_typed(tmp_path: Path) -> None:
    """A page has changes to choose from, each with what it makes of the cell, and with
    a hint of its own where it has one.
    """
    changes = [["a = 1", "a = 2", "Is 2 <b 3?"], ["a = 1", "a = '<'"]]
    exercise = new_code_cell(
        "from inflight_lab.lesson.exercises.verdict import NOT_YET, Verdict\n"
        "a = 1\nVerdict(NOT_YET, f'got {a}.\\nWhy?')",
        id="code-exercise-one",
        metadata={"inflight_lab": {"tries": changes}},
    )
    cells = [new_markdown_cell("# Try"), exercise, TEXT]
    nbformat.write(new_notebook(cells=cells), tmp_path / "some.ipynb")
    (path,) = pages_of([tmp_path / "some.ipynb"], tmp_path, live=live)
    (tries,) = parsed(path.read_text(encoding="utf-8")).select("details.tries")
    assert texts(tries, ".gi") == ["+ a = 2", "+ a = '<'"]
    said = "\n".join(texts(tries, ".said"))
    found = re.findall(r"[Gg]ot (.)\.\n(.*)", said)
    assert found == [("2", "Is 2 <b 3?"), ("<", "Why?")]
    assert texts(tries, "label") == ["Change 1", "Change 2"]
    assert len(tries.select("input[name=code-exercise-one]")) == 2


@pytest.mark.parametrize(
    ("name", "leads"),
    [
        ("00_start_here", ["Next: 01"]),
        ("03_limit_with_a_semaphore", ["Previous: 02", "Next: 04"]),
        ("15_change_the_script", ["Previous: 14"]),
        ("glossary", []),
    ],
)
def test_each_page_leads_to_its_neighbours(name: str, leads: list[str]) -> None:
    """To all notebooks, to the one before and to the next, but to none that has no
    page.
    """
    names = [path.stem for path in sorted(NOTEBOOKS[0].parent.glob("*.ipynb"))]
    home, *others = links_at_the_top(name, names)
    assert home == ("index.html", "All notebooks")
    assert [words for _, words in others] == leads
    for target, words in others:
        assert target.startswith(words[-2:])
        assert target.removesuffix(".html") in names
    assert links_at_the_top(name, []) == [home]


def links_at_the_top(name: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Where the links above the title lead, and their words, of a page among others."""
    document = new_notebook(cells=[new_markdown_cell("# Title")])
    html = as_html(document, name, live=live, names=names)
    return links(parsed(html), "nav:first-of-type a")


def test_a_page_lists_its_sections_below_the_title() -> None:
    """On a long page one sees what there is, and gets to it by a link."""
    cells = [new_markdown_cell("# Title"), new_markdown_cell("## Why `await`?")]
    html = page(*cells, new_markdown_cell("## Summary"))
    assert links(parsed(html), ":has(> h1) + nav.contents a") == [
        (f"#{section['id']}", section.get_text()) for section in parsed(html)("h2")
    ]


def test_a_page_that_lists_its_sections_itself_has_no_second_list() -> None:
    """As the glossary does, by letters."""
    title = new_markdown_cell("# Terms\n\n[A](some.ipynb#cell-id=letter-a)")
    document = new_notebook(cells=[title, new_markdown_cell("## A")])
    assert "On this page" in as_html(document, "other", live=live)
    assert "On this page" not in as_html(document, "some", live=live)


TABLE = "# Wait\n\n## How *long*\n\n| API | waits |\n|---|---|\n| `a` | 3 s |"


def test_a_table_says_what_each_cell_is_about() -> None:
    """It has headers of its columns and rows, and whoever comes to it with the Tab key
    hears the name of its section.
    """
    html = page(new_markdown_cell("## First\n\nNo table."), new_markdown_cell(TABLE))
    *_, heading = parsed(html)("h2")
    (table,) = parsed(html).select(".scrolls[tabindex='0'][role=group] > table")
    for each in (table, table.parent):
        assert each
        assert each["aria-labelledby"] == heading["id"]
    assert texts(table, "th[scope=col]") == ["API", "waits"]
    assert texts(table, "th[scope=row] > code") == ["a"]
    assert texts(table, "td") == ["3\N{NO-BREAK SPACE}s"]


def test_a_line_in_italics_above_a_table_is_its_caption() -> None:
    """It is read with the table, not before it; other lines stay as they are."""
    table = TABLE.partition("\n\n| ")[2]
    html = page(new_markdown_cell(f"*A drawing.*\n\nText.\n\n*Waits*\n\n| {table}"))
    assert "<table><caption>Waits</caption>" in html
    assert html.count("<em>") == 1


def test_code_breaks_only_between_its_parts() -> None:
    """On a phone, in tables and in text: `asyncio.Lock` at its dot, and never within a
    word or a number; an option keeps its two hyphens in the line of its name.
    """
    code = "`asyncio.Lock(max_size=1.5)`"
    html = page(new_markdown_cell(f"{code}\n\n{TABLE.replace('`a`', code)}"))
    assert html.count("asyncio.<wbr>Lock(<wbr>max_<wbr>size=1.5)") == 2
    html = page(new_markdown_cell("`--output script.py`, or `" + "x " * 20 + "`"))
    assert "<code>--output script.<wbr>py</code>" in html
    assert '<code class="long">x x' in html


def test_a_diff_says_in_colour_what_is_added_and_removed() -> None:
    """The page has a colour for what Pygments found, and the signs stay."""
    html = page(new_markdown_cell("```diff\n-old()\n+new()\n```"))
    for name, line in (("gd", "-old()"), ("gi", "+new()")):
        assert f'<span class="{name}">{line}</span>' in html
        assert f".highlight .{name} {{" in html


def test_a_run_is_named_by_its_section() -> None:
    """Whoever hears the page knows which of several buttons Play it is."""
    html = page(new_markdown_cell("## First run"), new_code_cell("a", outputs=[PLAYS]))
    (heading,) = parsed(html)("h2")
    (run,) = parsed(html).select("inflight-run[role=group]")
    assert run["aria-labelledby"] == heading["id"]


def test_a_tab_shows_the_title_of_its_page() -> None:
    """Not the name of a file; a page without a title has nothing else."""
    for text, title in ((TABLE, "Wait - inflight-lab"), ("no title", "03_some")):
        assert texts(parsed(page(new_markdown_cell(text))), "title") == [title]


def test_a_page_says_where_it_comes_from() -> None:
    """Somebody who is sent one page knows the package and may pass it on."""
    (footer,) = texts(parsed(page(new_markdown_cell("# Title"))), "footer")
    assert re.match(r"inflight-lab \d+\.\d+.* CC BY 4\.0", footer)
