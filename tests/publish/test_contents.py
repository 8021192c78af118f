"""What is said of a notebook where several are listed."""

from __future__ import annotations

from pathlib import Path

import nbformat

from inflight_lab.publish.contents import entries_of
from tests.support.notebook_tools import GLOSSARY, notebook


def test_an_entry_has_number_title_and_outcome() -> None:
    """As they stand at the top of the notebook; the glossary has no number."""
    entries = entries_of([notebook("02"), GLOSSARY])
    assert list(entries) == ["02_send_many_at_once", "glossary"]
    assert entries["02_send_many_at_once"] == (
        "02_send_many_at_once.html",
        "02 Send many at once",
        "You send 200 requests at once. The connection pool holds back half of them,"
        " the API refuses the other half, and gather loses what you got."
        " Then you keep every outcome.",
    )
    assert entries["glossary"][1:] == (
        "Glossary",
        "The terms of the series, in plain words.",
    )


def test_a_notebook_without_a_title_is_listed_by_its_name(tmp_path: Path) -> None:
    """In a folder of somebody's own a notebook may be empty, or begin with code or with
    plain text.
    """
    beginnings = {
        "code": [nbformat.v4.new_code_cell("1 < 2")],
        "empty": [],
        "text": [nbformat.v4.new_markdown_cell("Some <b>text</b>")],
        "title": [
            nbformat.v4.new_markdown_cell("# `a < b`\n\nSee [here](x.ipynb). And more.")
        ],
    }
    for name, cells in beginnings.items():
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells), tmp_path / f"{name}.ipynb"
        )
    entries = entries_of(sorted(tmp_path.glob("*.ipynb")))
    assert [entry[1:] for entry in entries.values()] == [
        ("code", ""),
        ("empty", ""),
        ("text", ""),
        ("a < b", "See here."),
    ]
