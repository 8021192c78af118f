"""Reads the file of a notebook, or says in one line why that cannot be done."""

from pathlib import Path
from typing import Any


class BadNotebookError(RuntimeError):
    """A notebook cannot become a page.  The text says which and why, in one line."""


def read_notebook(path: Path) -> Any:
    """The notebook in ``path``, in a format in which each cell has an id.

    Raises `BadNotebookError` if the file is not a notebook, and ``OSError`` if it
    cannot be read at all.
    """
    import nbformat

    try:
        document = nbformat.read(path, as_version=4)
    except OSError:
        raise
    except Exception as error:  # they have no type in common: a list has no cells, ...
        raise BadNotebookError(
            f"{path.name} is not a notebook: {first_line(str(error))}"
        ) from error
    return nbformat.v4.upgrade(
        document, from_version=4, from_minor=document.nbformat_minor
    )


def first_line(text: str) -> str:
    """The first line of an error's text; empty if it has none."""
    return next(iter(text.splitlines()), "")
