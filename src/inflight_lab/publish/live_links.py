"""The *Open this live* links from a page to the running notebook."""

from html import escape

from inflight_lab.publish.series import files

LAB = "live/lab/index.html"
"""JupyterLab in the site, beside the pages."""
INSTALL = '<a href="index.html#install">how to install it</a>'


def address_in_site(notebook: str) -> str:
    """Where the site has this notebook running."""
    return f"{LAB}?path=notebooks/{notebook}.ipynb"


def to_the_site(notebook: str, words: str = "Open this live") -> str:
    """A link to the browser build beside the page; "" if the notebook is not in it."""
    if not is_of_the_series(notebook):
        return ""
    return f'<a href="{escape(address_in_site(notebook))}">{escape(words)}</a>'


def to_a_command(notebook: str, words: str = "Open this live") -> str:
    """The command that opens it, for a site without the browser build; "" likewise."""
    if not is_of_the_series(notebook):
        return ""
    command = f"<code>{escape(command_for(notebook))}</code>"
    return f"{escape(words)}: {command} ({INSTALL})"


def command_for(notebook: str) -> str:
    """What opens this notebook, in a clone, after the README's first command."""
    number, _, _ = notebook.partition("_")
    return f"uv run inflight-lab --open {number}"


def is_of_the_series(notebook: str) -> bool:
    """Whether the browser build and the command have it."""
    return f"notebooks/{notebook}.ipynb" in files()
